"""Renders values as lines of text: pure functions without Textual widgets."""
