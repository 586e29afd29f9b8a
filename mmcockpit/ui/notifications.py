"""Notifications: which facts pop up as a message, such as refusals and troubles."""

from collections.abc import Iterable, Iterator

from mmcockpit.core.facts.event import BaselineRecorded, Event, Refused, Trouble
from mmcockpit.core.words.keys import Keys
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.render.text import Role


def heard(events: Iterable[Event], keys: Keys) -> Iterator[tuple[str, Role]]:
    """Yield the message and its role for each of these facts that has one; `keys` are those that it may mention."""
    for event in events:
        match event.body:
            case Refused() as refused:
                yield f"refused: {refusal_words(refused.refusal, keys)}", "warn"
            case BaselineRecorded() as recorded:
                lacks = f"; no value for {', '.join(recorded.missing)}" if recorded.missing else ""
                yield f"baseline recorded: {len(recorded.values)} signals{lacks}", "warn" if lacks else "text"
            case Trouble() as trouble:
                yield f"trouble in {trouble.where}: {trouble.summary}", "fail"
            case _:
                pass
