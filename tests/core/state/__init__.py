"""The folded state of a session, part by part."""
