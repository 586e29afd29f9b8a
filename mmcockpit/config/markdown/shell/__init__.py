"""Commands of Markdown files: what can run without a shell, and what is shown only."""
