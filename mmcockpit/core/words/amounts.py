"""Single values as text: yes and no, numbers with their unit, times, counts with their noun."""

import re
from datetime import datetime, timedelta
from typing import Any

from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.numbers import number

LONGEST_TEXT = 48
"""Maximum characters of one text that are shown."""
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}|(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{28}(?![0-9a-f])")
"""A digest, or a commit of Git."""
_SHORT_DIGEST = 12
_CAPITALISED = {"True": "yes", "False": "no", "None": "none"}
"""Texts such as the status of a condition of Kubernetes."""


def scalar(value: Any, unit: str = "", at_most: int = LONGEST_TEXT) -> str:
    """Return a single value as short text: `yes`, `5.6%`, `3m`; a dash for None."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return age(value) if unit == "age" else number(value, unit)
        case timedelta():
            return age(value.total_seconds())
        case datetime():
            # Systems write 0 for what has not happened.
            return f"{value:%Y-%m-%d %H:%M:%SZ}" if value.timestamp() else "never"
    if unit == "digest":
        return plain(str(value)).rpartition(":")[2][:_SHORT_DIGEST]
    text = str(value)
    return _CAPITALISED.get(text) or plain(_DIGEST.sub(r"\1\2…", text), at_most)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 item`, `2 items`."""
    return f"{count} {one}" if count == 1 else f"{count} {many or f'{one}s'}"
