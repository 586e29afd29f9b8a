"""What follows from a state: verdicts, gates, the advice, limits."""
