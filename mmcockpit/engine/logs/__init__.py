"""Logs that operators read."""
