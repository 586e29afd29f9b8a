"""Values as text: yes and no, numbers with the unit of their field, names of the entries of a list."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.numbers import number

LONGEST_TEXT = 48
NAMES = 3
"""Maximum characters of one text, and maximum names of a list, that are shown."""

_BYTES = (
    *("used_memory", "used_memory_rss", "used_memory_peak", "maxmemory", "bytes"),
    *("shared_buffers", "effective_cache_size", "work_mem"),
)
_ENDINGS = (("_bytes", "bytes"), ("_ms", "ms"), ("_seconds", "s"), ("_s", "s"))
_UNITS = {
    **dict.fromkeys(_BYTES, "bytes"),
    "share": "ratio",
    "ttl": "s",
    "authoritative_ttl": "s",
}
_WORDS = {
    "observed": "status up to date",
    "able": "able to scale",
    "limited": "held at its limit",
    "without_value": "metrics without a value",
    "without_limits": "containers without limits",
    "writable_root": "writable root filesystems",
    "undigested": "pods without an image ID",
    "unselected": "pods not selected",
    "unpinned": "images without a digest",
    "previous": "earlier revisions",
    "differing": "differing answers",
    "covered": "covered pods",
    "agree": "resolvers agree",
    "verified": "chain verified",
}
"""Texts for fields whose own name is not clear without its context."""
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def amount(value: Any, unit: str = "") -> str:
    """Return a value as short text: `yes`, `5.6%`, `3 (a, b, c)`; a dash for None."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return number(value, unit)
        case timedelta():
            return age(value.total_seconds())
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%SZ}"
        case list() | dict():
            names = first_names(value)
            return f"{len(value)} ({names})" if names else counted(len(value), "entry", "entries")
    return plain(_DIGEST.sub(r"\1…", str(value)), LONGEST_TEXT)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 item`, `2 items`."""
    return f"{count} {one}" if count == 1 else f"{count} {many or f'{one}s'}"


def unit_of(field: str) -> str:
    """Return the unit that a field's name implies: `max_lag_s` is in seconds."""
    return next((unit for ending, unit in _ENDINGS if field.endswith(ending)), _UNITS.get(field, ""))


def field_words(field: str) -> str:
    """Return the name of a field as text, without its unit: `max_lag_s` is `max lag`."""
    if field in _WORDS:
        return _WORDS[field]
    if field.isupper():
        return plain(field, LONGEST_TEXT)
    ending = next((ending for ending, _ in _ENDINGS if field.endswith(ending)), "")
    words = _CAMEL.sub(" ", field.removesuffix(ending) if ending != field else field).replace("_", " ").split()
    return plain(" ".join(word[:1].lower() + word[1:] for word in words), LONGEST_TEXT)


def element_name(part: Any) -> str:
    """Return the name of a list entry: a text, an object's name, a series' labels; empty if it has none."""
    match part:
        case str() | int() | float():
            return amount(part)
        case {"name": str(name)} | {"metadata": {"name": str(name)}}:
            return plain(name, LONGEST_TEXT)
        case {"labels": dict(labels)}:
            return plain(" ".join(map(str, labels.values())), LONGEST_TEXT)
        case {"type": str(name)}:
            return plain(name, LONGEST_TEXT)
        case {"matchers": list(matchers), "by": str(by)}:
            return plain(f"{' '.join(map(str, matchers))} by {by}", LONGEST_TEXT)
    return ""


def first_names(parts: Sequence[Any] | Mapping[str, Any], at_most: int = NAMES) -> str:
    """Return the first names of a list, or of the keys of a mapping: `a, b, c and 4 more`."""
    return joined_names([element_name(part) for part in list(parts)[:at_most]], len(parts))


def joined_names(names: Sequence[str], total: int) -> str:
    """Return names with how many more there are of a total; empty if one has no name."""
    if not names or not all(names):
        return ""
    more = f" and {total - len(names)} more" if total > len(names) else ""
    return f"{', '.join(names)}{more}"
