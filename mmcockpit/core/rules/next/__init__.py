"""The rules of NEXT, by what they are about."""
