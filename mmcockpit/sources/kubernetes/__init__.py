"""Kubernetes: what its objects mean, one file per topic."""
