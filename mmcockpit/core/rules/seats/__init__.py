"""Rules about seats: who sits at one, what it may do, and which approvals are valid."""
