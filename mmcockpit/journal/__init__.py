"""The session journal: the append-only file of all facts, how it is written, read, checked and found again."""
