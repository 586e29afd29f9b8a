"""The files that people write, turned into values of the core: located errors, variables, defaults."""
