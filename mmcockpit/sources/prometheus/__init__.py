"""Prometheus: queries, ranges, targets and rules."""
