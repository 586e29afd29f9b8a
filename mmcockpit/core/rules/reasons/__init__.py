"""Reasons of an advice at a moment after it was recorded."""
