"""The status page: who may read it, what it shows, and how browsers draw it."""
