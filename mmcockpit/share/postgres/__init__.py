"""Shared sessions in PostgreSQL."""
