"""What may be done with an item now."""
