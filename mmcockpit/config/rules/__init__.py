"""The rules of files: the expressions in them, and the rules for a rollback."""
