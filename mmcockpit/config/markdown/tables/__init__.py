"""Tables of a Markdown file: what their columns mean, and their rows as tasks."""
