"""The rules of the steps of procedures."""
