"""Facts that are said aloud: what was refused, and what is broken."""

from collections.abc import Iterable, Iterator

from mmcockpit.core.event import Event, Refused, Trouble
from mmcockpit.ui.text import Role


def heard(events: Iterable[Event]) -> Iterator[tuple[str, Role]]:
    """Return what to say of these facts, and how."""
    for event in events:
        match event.body:
            case Refused() as refused:
                yield f"refused: {refused.because}", "warn"
            case Trouble() as trouble:
                yield f"trouble in {trouble.where}: {trouble.summary}", "fail"
            case _:
                pass
