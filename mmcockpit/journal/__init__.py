"""The session journal, the append-only file of all facts: writes, reads, verifies and finds journals."""
