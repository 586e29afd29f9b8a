"""Moments and durations as a report says them; total over every stamp that a journal can hold."""

from datetime import UTC, datetime
from math import isfinite

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.numbers import offset


class When(msgspec.Struct, frozen=True):
    """A moment: session seconds, Unix seconds, and how many seconds the holds before it took off the T-clock."""

    at: float
    wall: float
    held_s: float = 0.0


class Stretch(msgspec.Struct, frozen=True):
    """Something that lasted: what, from when, until when (None: it still did at the end), by whom and why."""

    what: str
    start: When
    end: When | None = None
    by: str = ""
    reason: str = ""


def when(session: Session, stamp: Stamp) -> When:
    """Return a moment of a session; the holds are those up to it."""
    running = stamp.at - session.held_since.at if session.held_since else 0.0
    return When(stamp.at, stamp.wall, session.held_s + max(running, 0.0))


def utc(wall: float, shape: str = "%H:%M:%S") -> str:
    """Return Unix seconds as a time in UTC; those no calendar holds as seconds."""
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


def lasted(seconds: float) -> str:
    """Return a duration in at most two units: `45 s`, `12 min 40 s`, `3 h 05 min`, `2 d 4 h`."""
    if not isfinite(seconds):
        return "?"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s" if whole % 60 else f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60:02d} min" if whole % 3_600 >= 60 else f"{whole // 3_600} h"
    return f"{whole // 86_400} d {whole % 86_400 // 3_600} h"


class Axis(msgspec.Struct, frozen=True):
    """What T± counts from: the planned start as it was last set, or the session's first fact (Unix seconds)."""

    zero: float
    planned: bool

    def t(self, moment: When) -> str:
        """Return a moment as T±; holds do not count."""
        return offset(moment.wall - self.zero - moment.held_s)
