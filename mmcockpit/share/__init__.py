"""A session with several seats: over a Unix socket on one machine, over PostgreSQL on several."""
