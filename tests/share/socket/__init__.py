"""Seats of the same machine, on real sockets and with real users."""
