"""Converts alert rules, analysis templates and SLOs that a team has to checklist files with signals."""
