"""The handover of a session: its page, its times."""
