"""Sharing a session: what a driver starts for it, and where a seat finds it."""
