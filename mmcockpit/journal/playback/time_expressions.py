"""Parses time expressions: a time within a session as people write it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf
from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import clock, is_duration, seconds
from mmcockpit.journal.files import SessionError

DAY_S = 86_400.0

CLOCK_SETS = 8
"""How often the wall clock may have been set for its times to be found."""

FORMS = "T+12m40s, 00:12:40, 760s, 50%, #418 or 2026-12-06T02:12:40Z"

_COLONS = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)")


class Whole(NamedTuple):
    """The session that a time expression refers to: its first and last stamp, and the number of its last fact.

    `t0` returns its T0 (Unix seconds), `numbered` the session seconds of the fact with a number; None if there is none.
    `wall_at` returns the wall clock (Unix seconds) at session seconds. All are called only when needed.
    """

    first: Stamp
    last: Stamp
    last_seq: int
    t0: Callable[[], float | None]
    numbered: Callable[[int], float | None]
    wall_at: Callable[[float], float]


class PlaceInSession(NamedTuple):
    """A time within a session, in session seconds; `note` is set if the expression means a time outside of it."""

    at: float
    note: str = ""


def parse_at(text: str, whole: Whole) -> PlaceInSession:
    """Return the place that a time expression means, clamped to the session.

    `T+12m40s` and `T-5m` are relative to t0 (without one, to the start), `00:12:40` and `760s` to the start; `50%` is a
    fraction of the session; `#418` a fact's number; `14:03:22Z` and `2026-12-06T02:12:40Z` are clock times in UTC.
    Raises SessionError.
    """
    start, end = whole.first, whole.last
    word = text.strip()
    at = (
        _from_t0(word, whole)
        if word[:2].upper() in ("T+", "T-")
        else _numbered(word, whole)
        if word.startswith("#")
        else _share(word, start, end)
        if word.endswith("%")
        else _clock_time(word, whole)
        if word.upper().endswith("Z") or "-" in word[1:]
        else _plus(start.at, _duration(word))
    )
    if at is None:
        raise SessionError(f"{plain(text, 40)!r} is not a time of a session; write {FORMS}")
    if start.at <= at <= end.at:
        return PlaceInSession(at)
    outside = ("after", "end", end) if at > end.at else ("before", "start", start)
    return PlaceInSession(outside[2].at, _outside(plain(word, 40), *outside, whole))


def _outside(word: str, side: str, name: str, edge: Stamp, whole: Whole) -> str:
    when = f"{datetime.fromtimestamp(edge.wall, UTC):%H:%M:%S}Z"
    more = f", #{whole.last_seq}, {clock(edge.at - whole.first.at)} from its start" if side == "after" else ""
    return f"{word} is {side} the {name} of the session ({when}{more}): showing the {name}"


def _plus(at: float, seconds: float | None) -> float | None:
    return None if seconds is None else at + seconds


def _duration(word: str) -> float | None:
    """Return the seconds of `12m40s`, `00:12:40` or `760`."""
    if colons := _COLONS.fullmatch(word):
        return int(colons[1] or 0) * 3_600 + int(colons[2]) * 60 + float(colons[3])
    if is_duration(word):
        return seconds(word)
    return float(word) if re.fullmatch(r"\d{1,9}(?:\.\d{1,3})?", word) else None


def _from_t0(word: str, whole: Whole) -> float | None:
    seconds = _duration(word[2:])
    if seconds is None:
        return None
    t0 = whole.t0()
    after_s = seconds if word[1] == "+" else -seconds
    return whole.first.at + after_s if t0 is None else _at_wall(t0 + after_s, whole)


def _share(word: str, start: Stamp, end: Stamp) -> float | None:
    if not re.fullmatch(r"-?\d{1,9}(?:\.\d{1,3})?%", word):
        return None
    return start.at + (end.at - start.at) * float(word[:-1]) / 100


def _numbered(word: str, whole: Whole) -> float | None:
    if not re.fullmatch(r"#\d{1,15}", word):
        return None
    if word == "#0":
        return -inf
    at = whole.numbered(int(word[1:]))
    return inf if at is None else at


def _clock_time(word: str, whole: Whole) -> float | None:
    """Return the session seconds of a clock time; a time without a date is the one in the session, or nearest to it."""
    start = whole.first
    began = datetime.fromtimestamp(start.wall, UTC)
    if colons := _COLONS.fullmatch(word.upper().removesuffix("Z")):
        hours, minutes, seconds = int(colons[1] or 0), int(colons[2]), float(colons[3])
        moment = began.replace(hour=0, minute=0, second=0, microsecond=0)
        moment += timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if moment < began:
            moment += timedelta(days=1)
        after_s = moment.timestamp() - whole.last.wall
        if after_s > 0 and began.timestamp() - (moment.timestamp() - DAY_S) < after_s:
            moment -= timedelta(days=1)
    else:
        try:
            moment = datetime.fromisoformat(word)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
    return _at_wall(moment.timestamp(), whole)


def _at_wall(wall: float, whole: Whole) -> float:
    """Return the session seconds at which the wall clock showed a time; before or after the session if it never did.

    The first time counts if the clock was set back and showed it again.
    """
    by_edge = [_near(wall, whole, edge) for edge in (whole.first, whole.last)]
    return next((at for at in by_edge if whole.first.at <= at <= whole.last.at), by_edge[0])


def _near(wall: float, whole: Whole, edge: Stamp) -> float:
    at = edge.at + wall - edge.wall
    for _ in range(CLOCK_SETS):
        missing = wall - whole.wall_at(at)
        if abs(missing) < 0.001:
            break
        at += missing
    return round(at, 3)
