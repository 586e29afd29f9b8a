"""A pod as the API describes it, and its log."""
