"""Kubernetes source: objects and their state, one file per topic."""
