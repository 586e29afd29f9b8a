"""Sane and broken spellings of every Kubernetes signal of the shipped checklist, for the real API and controllers."""
