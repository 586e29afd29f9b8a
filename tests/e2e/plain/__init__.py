"""The plain text mode: commands through a pipe, lines out."""
