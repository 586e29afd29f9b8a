"""Whether the procedures of the session can run."""
