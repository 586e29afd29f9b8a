"""The plans of a session: its time and its work."""
