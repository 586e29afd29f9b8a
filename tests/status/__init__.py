"""What the status page shows of a session."""
