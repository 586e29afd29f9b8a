"""Whole pages for people without a screen."""
