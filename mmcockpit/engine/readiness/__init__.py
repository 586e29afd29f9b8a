"""Whether procedures can run: checks every step without changing anything, in a session and for `doctor`."""
