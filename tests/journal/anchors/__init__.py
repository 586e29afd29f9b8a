"""Signatures of the head of a journal."""
