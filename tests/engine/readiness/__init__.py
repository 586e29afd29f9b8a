"""Whether procedures can run, checked by a session."""
