"""Replays a journal: seeks to any time of it, and plays it as a feed."""
