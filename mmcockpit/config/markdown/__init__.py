"""Checklists that people already have as Markdown: lists, tables, roles, fields, steps and procedures."""
