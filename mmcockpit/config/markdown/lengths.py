"""Lengths of time as people write them."""

import re

_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b\.?", re.IGNORECASE
)
_ABOUT = re.compile(
    r"(?:[~≈<≤\u23f1\u23f2\ufe0f]|(?:est(?:imated)?|approx(?:imately)?|about|around|takes|ca|max|up to|at most"
    r"|less than|under|within|no more than)\b\.?:?|\s)*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:max(?:imum)?|total|in total|each|approx(?:imately)?|or so|tops|or less|est(?:imated)?)\.?$", re.IGNORECASE
)
_MINUTES = re.compile(r"(?<=\d)\s*['\u2032]$")
"""The sign of minutes: `20'`."""
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
"""A length such as `PT1H30M`."""
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORDS = {
    **{word: str(n) for n, word in enumerate(_NUMBERS, start=1)},
    "a quarter of an": "0.25",
    "quarter of an": "0.25",
    "half an": "0.5",
    "half a": "0.5",
    "an": "1",
    "a": "1",
    "a couple of": "2",
    "fifteen": "15",
    "twenty": "20",
    "thirty": "30",
    "forty-five": "45",
    "sixty": "60",
}
_WORD = re.compile(rf"^(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?=\s)", re.IGNORECASE)
_RANGE = re.compile(r"\d+(?:[.,]\d+)?\s*(?:[-\u2013\u2014]|to)\s*(?=\d)")
_HOURS = re.compile(r"(\d{1,3})\s*h\s*([0-5]?\d)$", re.IGNORECASE)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def length_s(text: str) -> float:
    """Return the seconds of a length such as `20 min`, `~1h 30m`, `half an hour` or `PT20M`; else 0.

    Of a range it is the longer.
    """
    rest = _MINUTES.sub(" min", _AFTER.sub("", _ABOUT.sub("", text.strip(), count=1)))
    iso = _ISO.fullmatch(rest)
    if iso is not None and any(iso.groups()):
        return sum(float(part or 0) * unit for part, unit in zip(iso.groups(), (86_400, 3600, 60, 1), strict=True))
    rest = _RANGE.sub("", _WORD.sub(lambda word: _WORDS[word[0].lower()], rest), count=1)
    rest = _HOURS.sub(r"\1h \2m", rest)
    parts = list(_AMOUNT.finditer(rest))
    if not parts or _AMOUNT.sub("", rest).strip(" +,and"):
        return 0.0
    return sum(float(part[1].replace(",", ".")) * _UNITS[part[2][0].lower()] for part in parts)
