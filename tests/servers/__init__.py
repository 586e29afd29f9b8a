"""Servers that only tests need, and what tests share."""
