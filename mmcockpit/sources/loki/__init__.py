"""Loki: numbers and lines of logs."""
