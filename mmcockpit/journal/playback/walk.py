"""Reads the facts of a journal file from a place."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from mmcockpit.core.facts.event import Event
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.playback.cache import JournalPosition


def walk(
    file: BinaryIO, start: JournalPosition, event_of: Callable[[bytes | None], Event | None]
) -> Iterator[tuple[Event, JournalPosition]]:
    """Yield every fact from a place on, decoded by `event_of`, and the place after it."""
    offset, seq, at = start
    file.seek(offset)
    for line in whole_lines(file):
        offset = file.tell() if line is None else offset + len(line) + 1
        event = event_of(line)
        if event is not None:
            if event.seq > seq:
                seq, at = event.seq, max(at, event.stamp.at)
            yield event, JournalPosition(offset, seq, at)
