"""Alertmanager: alerts, silences, routing."""
