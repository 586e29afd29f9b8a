"""Completion in shells: the script that a shell loads, and the names that it requests at each Tab."""
