"""The sentences of the report: its first paragraph, findings and decisions."""
