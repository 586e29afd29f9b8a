"""Facts of the session itself as signals."""
