"""Procedures as written, in a checklist and in the cockpit file on top of it, resolved to those of the core."""
