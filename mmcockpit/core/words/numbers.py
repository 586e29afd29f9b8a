"""Numbers as text, with their unit."""

import math
import re

from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration

_PLURAL = re.compile(r"\b(?!series\b|[a-z]?i?ops\b|[a-z]?bps\b)[a-z]{3,}(?<![sui])s\b")
"""A plural in lower case of four letters or more; not `ms`, `iops`, `series`, `status` or `basis`."""


def digits(value: float, places: int = 3) -> str:
    """Return a number with up to `places` significant digits, more only before the point; no exponent below 1e15."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 10 ** (places - 1):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.2e}"
    if abs(value) < 1e-6:
        return "0"
    shown = f"{value:.{places}g}"
    if "e" in shown:
        shown = f"{value:.6f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def compact(value: float) -> str:
    """Return a number in at most 7 characters, for an axis: `0.25`, `30k`, `1.2M`."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            size = 1e3 if letter == "k" else size
            return f"{digits(value / size)}{letter}" if abs(value) < 1e16 else f"{value:.0e}"
    return digits(value)


def number(value: float, unit: str = "", saturates_at: float | None = None) -> str:
    """Return a value with its unit: `6.1%`, `212 ms`, `1.2 GiB`, `14.4x`, `>=5000 ms`."""
    if not math.isfinite(value):
        return "?"
    prefix = ">=" if saturates_at is not None and value >= saturates_at else ""
    match unit:
        case "ratio":
            return f"{prefix}{_percent(value)}%"
        case "%":
            return f"{prefix}{_percent(value / 100)}%"
        case "bytes" | "B":
            return prefix + _bytes(value)
        case "x":
            return f"{prefix}{_factor(value)}x"
        case "s" | "seconds" if abs(value) >= 120:
            return prefix + duration(value)
        case "":
            return prefix + digits(value)
    shown = digits(value)
    return f"{prefix}{shown} {plain(singular(unit) if shown == '1' else unit, 20)}"


def singular(phrase: str) -> str:
    """Return a phrase with its first plural as a singular: `day left`, `log line`, `entry`; abbreviations stay."""
    head, of, rest = phrase.partition(" of ")
    return f"{_PLURAL.sub(lambda match: _one(match[0]), head, count=1)}{of}{rest}"


def _one(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith(("sses", "xes", "shes", "tches", "rches", "nches")) else noun[:-1]


def _factor(value: float) -> str:
    return digits(round(value, 1)) if abs(value) >= 1 else digits(value, 2)


def speed_words(speed: float) -> str:
    """Return a speed as text: `1/4x`, `1x`, `64x`."""
    return f"1/{1 / speed:.0f}x" if speed < 1 else f"{speed:.0f}x"


def _percent(value: float) -> str:
    percent = value * 100
    return f"{percent:.2f}".rstrip("0").rstrip(".") if abs(percent) < 1 else f"{percent:.1f}".removesuffix(".0")


def _bytes(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{digits(value)} {unit}"
        value /= 1024
    return f"{digits(value)} TiB"
