"""Secrets: replaced files, programs that print them, and what is struck out."""
