"""Facts and numbers as text, the same on the screen, in the log and in the report."""
