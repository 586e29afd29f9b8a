"""Shared by all sources: the contract of a source, secrets, deadlines, HTTP endpoints, child processes."""
