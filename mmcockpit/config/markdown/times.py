"""Planned times as people write them before the title of an item."""

import re

_ZONE = r"(?:\s?(?:UTC|GMT|Z|CES?T|[ECMP][SD]?T|[BIJ]ST|[AaPp]\.?[Mm]\.?|h|hrs|[+-]\d\d:?\d\d))?"
_CLOCK = rf"\d{{1,2}}:\d\d(?::\d\d)?{_ZONE}"
_DAY = r"\d{4}-\d\d-\d\d"
_RANGE = r"(?:\s?(?:[-\u2013\u2014]|to)\s?{0})?"
_OFFSET = (
    r"[Tt]\s?[-+\u2212\u00b1]\s?\d+(?::\d\d){0,2}(?:\s?(?:minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|seconds?|secs?|s))?"
    r"|[Tt]\s?[=-]?\s?0|D\s?[-+\u2212]\s?\d{1,3}|D-?[Dd]ay"
)
_SURE = rf"(?:{_OFFSET})(?!\w|:\d){_RANGE.format(f'(?:{_OFFSET})')}|{_DAY}(?:[ T]{_CLOCK})?(?!\w|:\d)"
"""A time that no title begins with by itself."""
_ANY = rf"(?:{_SURE}|{_CLOCK}(?!\w|:\d){_RANGE.format(_CLOCK)})"
_SEPARATED = r"\s*(?:[:|\u2013\u2014]\s*|-\s+)"
_STARTS = re.compile(
    rf"^\s*(?:(?P<open>\*{{1,3}}|_{{1,3}}|`)?[(\[]?(?P<any>{_ANY})(?P<colon>:)?[)\]]?(?P<colon2>:)?"
    rf"(?(open)(?P=open)|)(?:{_SEPARATED}|(?<=[)\]*_`:])\s+)|(?P<sure>{_SURE})\s+)(?=\S)"
)


def starting_time(title: str) -> tuple[str, str]:
    """Return the planned time before a title, and the title: `T-0:15 freeze`, `22:00 UTC - close`, `**T-5 min** mute`.

    A clock without a separator after it may be a part of the title: `22:00 UTC maintenance is announced`.
    """
    match = _STARTS.match(title)
    if match is None:
        return "", title
    return match["any"] or match["sure"], title[match.end() :]
