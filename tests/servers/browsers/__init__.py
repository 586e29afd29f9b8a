"""A real browser: single pages of files, and pages that a test drives."""
