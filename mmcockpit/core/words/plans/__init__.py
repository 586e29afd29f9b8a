"""The plans of a session as text: its time and its work."""
