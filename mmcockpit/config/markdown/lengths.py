"""Lengths of time as people write them."""

import re

_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b\.?", re.IGNORECASE
)
_ABOUT = re.compile(
    r"(?:[~≈]|(?:est(?:imated)?|approx(?:imately)?|about|around|takes|ca|max|up to)\b\.?|\s)*", re.IGNORECASE
)
_RANGE = re.compile(r"\d+(?:[.,]\d+)?\s*(?:[-\u2013\u2014]|to)\s*(?=\d)")
_HOURS = re.compile(r"(\d{1,3})\s*h\s*([0-5]?\d)$", re.IGNORECASE)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def length_s(text: str) -> float:
    """Return the seconds of a length such as `20 min`, `1.5 hours` or `~1h 30m`, of a range the longer; else 0."""
    rest = _RANGE.sub("", _ABOUT.sub("", text.strip(), count=1), count=1)
    rest = _HOURS.sub(r"\1h \2m", rest)
    parts = list(_AMOUNT.finditer(rest))
    if not parts or _AMOUNT.sub("", rest).strip(" +,and"):
        return 0.0
    return sum(float(part[1].replace(",", ".")) * _UNITS[part[2][0].lower()] for part in parts)
