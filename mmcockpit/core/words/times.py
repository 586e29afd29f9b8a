"""Moments of the wall clock as text; every number that a journal can hold has a text."""

from datetime import UTC, datetime


def utc(wall: float, shape: str = "%H:%M:%S") -> str:
    """Return Unix seconds as a time in UTC; as plain seconds if they are outside the calendar."""
    try:
        return datetime.fromtimestamp(wall, UTC).strftime(shape)
    except (OverflowError, ValueError, OSError):
        return f"{wall:.0f} s"


def day(wall: float) -> str:
    """Return the day of Unix seconds: `2026-12-06`."""
    return utc(wall, "%Y-%m-%d")


def full(wall: float) -> str:
    """Return Unix seconds in full: `2026-12-06 02:12:40Z`."""
    return utc(wall, "%Y-%m-%d %H:%M:%SZ")


def minute(wall: float) -> str:
    """Return Unix seconds as hours and minutes: `02:12`."""
    return utc(wall, "%H:%M")
