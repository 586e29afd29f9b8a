"""Reads the files that people write and resolves them into values of the core: located errors, variables, defaults."""
