"""Notifications: which facts pop up as a message, such as refusals and troubles."""

from collections.abc import Iterable, Iterator

from mmcockpit.core.facts.event import BaselineRecorded, Event, Refused, Trouble
from mmcockpit.core.words.describe import notification
from mmcockpit.core.words.keys import Keys
from mmcockpit.ui.render.text import Role


def heard(events: Iterable[Event], keys: Keys) -> Iterator[tuple[str, Role]]:
    """Yield the message and its role for each of these facts that has one; `keys` are those that it may mention."""
    for event in events:
        if message := notification(event.body, keys):
            yield message, _role(event)


def _role(event: Event) -> Role:
    match event.body:
        case Refused():
            return "warn"
        case BaselineRecorded(missing=missing):
            return "warn" if missing else "text"
        case Trouble():
            return "fail"
    return "text"
