"""The lines of the header."""
