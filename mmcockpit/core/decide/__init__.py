"""Decisions: commands become facts or are refused, and which facts follow from the passing of time."""
