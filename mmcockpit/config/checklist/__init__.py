"""Checklists as files: Markdown or YAML to values of the core, and back."""
