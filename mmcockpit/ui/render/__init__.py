"""Values to lines of text: pure functions without Textual widgets."""
