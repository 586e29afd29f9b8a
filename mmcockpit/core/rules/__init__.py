"""Results derived from a state: verdicts, gates, the advice, limits."""
