"""The actions about people: handovers."""
