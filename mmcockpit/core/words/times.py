"""Moments of the wall clock as text, and from text; every number that a journal can hold has a text."""

import re
from datetime import UTC, datetime

from mmcockpit.core.words.durations import is_duration, seconds

DAY_S = 86_400.0
_TIME = re.compile(r"^\s*([01]?\d|2[0-3]):([0-5]\d)\s*(?:Z|UTC)?\s*$", re.IGNORECASE)


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


def wall_time(text: str, now: float) -> float | None:
    """Return the Unix seconds of a duration from `now` on (`30m`) or of the next such time in UTC (`02:30`).

    None for any other text.
    """
    if is_duration(text):
        return now + seconds(text) if seconds(text) > 0 else None
    match = _TIME.match(text)
    if match is None:
        return None
    at = now // DAY_S * DAY_S + int(match[1]) * 3600.0 + int(match[2]) * 60.0
    return at if at > now else at + DAY_S
