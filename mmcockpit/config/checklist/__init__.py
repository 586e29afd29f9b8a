"""Checklists as files: reads Markdown and YAML into values of the core, and writes YAML."""
