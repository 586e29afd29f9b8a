"""What may happen: commands become facts or are refused, and what time changes by itself."""
