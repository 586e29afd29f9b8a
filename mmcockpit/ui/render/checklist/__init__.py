"""The rows of the checklist: as a to-do list, and in the order of the document."""
