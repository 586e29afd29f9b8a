"""The sentences made from facts and numbers, the same on the screen, in the log and in the report."""
