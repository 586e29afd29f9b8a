"""Rules explained: which clauses of a rule do not hold for a value, and the rule itself as people read it."""
