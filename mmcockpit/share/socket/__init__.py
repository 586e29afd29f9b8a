"""Seats of the same machine: a Unix socket, whose peers the kernel identifies."""
