"""Shared sessions under faults: real drivers, seats and PostgreSQL, random schedules, and what must hold after each."""
