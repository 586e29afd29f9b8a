"""The read-only status page of a session, for people who do not sit at a terminal."""
