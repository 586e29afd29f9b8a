"""Times as an operator types them."""

import re
from datetime import UTC, datetime

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.words.durations import is_duration, seconds

_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}))?Z?$"


def parse_time(text: str, now: Stamp) -> float | None:
    """Return a moment in Unix seconds: `now`, `+15m`, `02:00` (UTC, the nearest) or RFC 3339; None for other text."""
    text = text.strip()
    if text == "now":
        return now.wall
    if text[:1] in ("+", "-") and is_duration(text[1:]):
        return now.wall + (seconds(text[1:]) if text[0] == "+" else -seconds(text[1:]))
    if clock := re.match(_CLOCK, text):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour > 23 or minute > 59 or second > 59:
            return None
        midnight = now.wall - now.wall % 86_400
        moments = [midnight + day + hour * 3600 + minute * 60 + second for day in (-86_400, 0, 86_400)]
        return min(moments, key=lambda moment: abs(moment - now.wall))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
