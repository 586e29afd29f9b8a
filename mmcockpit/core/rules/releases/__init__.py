"""Releases: what runs, what would replace it, and which revision is known to have been good."""
