"""Durations, ages and times relative to the planned start: as text, and from text."""

import re
from itertools import pairwise
from math import isfinite

_UNITS_S = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
PATTERN = r"^\s*(?=\d)" + "".join(rf"(?:(\d{{1,9}}(?:\.\d{{1,9}})?)\s*{unit}\s*)?" for unit in _UNITS_S) + r"$"
"""The pattern of a duration: numbers with a unit, the largest unit first."""

FORMS = "500ms, 5s, 2m, 1h 30m or 1d"
"""Examples of durations, for messages."""

_DURATION = re.compile(PATTERN)
_NAMES = {
    "w": ("w", "week", "weeks"),
    "d": ("d", "day", "days"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "ms": ("ms", "msec", "millisecond", "milliseconds", "millis"),
}
"""Other names of units, for messages about mistakes."""
_MANY_DAYS_S = 2 * 86_400
"""From this on, durations are in days: up to then hours are easier to compare."""


def seconds(text: str) -> float:
    """Return the seconds of a duration such as `90s`, `1h30m` or `1h 30m`; ValueError for any other text."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write {FORMS}{hint(text)}")
    return sum(float(number or 0) * size for number, size in zip(match.groups(), _UNITS_S.values(), strict=True))


def hint(text: str) -> str:
    """Return `; did you mean 5m?` for a duration in another notation, such as `5 min`, `5` or `PT5M`; else empty."""
    words = re.sub(r"\b(\d+),(\d+)", r"\1.\2", text.strip().removeprefix("PT"))
    if re.fullmatch(r"\d+(\.\d+)?", words):
        return f"; did you mean {words}s?"
    if not re.fullmatch(r"(\d+(\.\d+)?\s*[A-Za-z]+[\s,]*)+", words):
        return ""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", words)
    likely = " ".join(f"{number}{_unit(name)}" for number, name in parts)
    return f"; did you mean {likely}?" if is_duration(likely) else ""


def _unit(name: str) -> str:
    """Return the unit of a name such as `minutes` or `M`; `?` for any other one."""
    return next((unit for unit, names in _NAMES.items() if name.lower() in names), "?")


def is_duration(text: str) -> bool:
    """Return whether a text has the form of a duration."""
    return _DURATION.match(text) is not None


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `0.5s`, `50s`, `13m 20s`, `1h 5m`, `2d 4h`."""
    if not isfinite(seconds):
        return "?"
    if 0 < seconds < 10:
        return f"{round(seconds, 1):g}s"
    whole = max(0, round(seconds))
    units = ("d", "h", "m", "s") if whole >= _MANY_DAYS_S else ("h", "m", "s")
    for larger, smaller in pairwise(units):
        size, rest = int(_UNITS_S[larger]), int(_UNITS_S[smaller])
        if whole >= size:
            more = whole % size // rest
            return f"{whole // size}{larger}" + (f" {more}{smaller}" if more else "")
    return f"{whole}s"


def estimated(seconds: float) -> str:
    """Return an estimate, rounded up to minutes from two minutes on: `40s`, `12 min`."""
    return duration(seconds) if seconds < 120 else f"{-(-int(seconds) // 60)} min"


def age(seconds: float) -> str:
    """Return an age in at most six cells: `3s`, `2m`, `1h 5m`, `12h`, `3d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 36_000:
        return duration(whole - whole % 60)
    return f"{whole // 3600}h" if whole < _MANY_DAYS_S else f"{whole // 86_400}d"


def short_age(seconds: float) -> str:
    """Return an age in at most four cells, for columns: `3s`, `2m`, `95m`, `2h`, `3d`."""
    if 3600 <= seconds < 7200:
        return f"{int(seconds) // 60}m"
    return age(seconds if seconds < 7200 else seconds // 3600 * 3600)


def rough_age(seconds: float) -> str:
    """Return an age in at most four cells that changes rarely: `<10s`, `20s`, `3m`, `95m`.

    Every row of live data shows it, and what changes every second is painted every second.
    """
    if seconds < 10:
        return "<10s"
    return short_age(seconds if seconds >= 60 else seconds // 10 * 10)


def took(ms: float) -> str:
    """Return how long something took, from milliseconds: `0.4s`, `13m 20s`."""
    return duration(ms / 1000) if ms >= 60_000 else f"{ms / 1000:.1f}s"


def clock(seconds: float) -> str:
    """Return a position in a session, or seconds of the day: `00:12:40`."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def offset(seconds: float, with_seconds: bool = True) -> str:
    """Return a time relative to the planned start: `T+00:12:31`, `T-1d 02:00:00`."""
    sign, whole = ("-" if seconds < 0 else "+"), abs(int(seconds))
    days, rest = divmod(whole, 86_400)
    time = clock(rest) if with_seconds else clock(rest)[:5]
    return f"T{sign}{days}d {time}" if days else f"T{sign}{time}"
