"""The targets of repeated phases."""
