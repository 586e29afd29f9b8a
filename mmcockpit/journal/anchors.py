"""The anchors of a journal: which heads were signed, and whether the journal still has these heads."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mmcockpit.core.facts.anchors import Anchored, NotAnchored
from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.journal.codec import UnreadableLine, decode, link, schema_of
from mmcockpit.journal.files import stored
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.reader import open_journal

MOST_ANCHORS = 1_000
"""Most signatures of a session that are checked; it has one for each gate."""

_TAGS = (b',"Anchored",', b',"NotAnchored",')


class AnchorLine(NamedTuple):
    """A signature: its file and line, the fact, and the head that the journal has after the fact that was signed.

    `head` is empty if the journal has no such fact.
    """

    path: Path
    line: int
    fact: Anchored
    head: str

    @property
    def unchanged(self) -> bool:
        """Whether the journal still has the head that was signed."""
        return self.head == self.fact.head


class SessionAnchors(NamedTuple):
    """The anchors of all journals of a session, in order.

    `session` is its id, `first` and `last` are the numbers of its facts. `configured` is whether its cockpit file names
    a key, `more` the number of signatures beyond MOST_ANCHORS.
    """

    session: str
    first: int
    last: int
    configured: bool
    signed: tuple[AnchorLine, ...]
    failed: tuple[NotAnchored, ...]
    more: int


def anchors_of(paths: Sequence[Path]) -> SessionAnchors:
    """Read the anchors of a session from its journals, in order; SessionError, or OSError."""
    there = [path for path in paths if stored(path).exists()]
    session, first, last, configured = "", 0, 0, False
    signed: list[tuple[Path, int, Anchored]] = []
    failed: list[NotAnchored] = []
    for path in there:
        events, seq = _read(path)
        last = max(last, seq)
        for number, event in events:
            match event.body:
                case Opened() as opened:
                    session, first = session or opened.session, first or event.seq
                    configured = configured or opened.cockpit.anchor is not None
                case Anchored() as fact:
                    signed.append((path, number, fact))
                case NotAnchored() as fact:
                    failed.append(fact)
    kept = signed[:MOST_ANCHORS]
    heads = _heads(there, {fact.seq for _, _, fact in kept})
    lines = tuple(AnchorLine(path, number, fact, heads.get(fact.seq, "")) for path, number, fact in kept)
    return SessionAnchors(session, first, last, configured, lines, tuple(failed), len(signed) - len(kept))


def _read(path: Path) -> tuple[list[tuple[int, Event]], int]:
    """Return the opening fact and those about anchors, with the numbers of their lines; and the last fact's number."""
    events: list[tuple[int, Event]] = []
    schema, line = None, b""
    for number, line in _lines(path):
        if schema is not None and not any(tag in line for tag in _TAGS):
            continue
        try:
            event = decode(line, 0, schema) if schema is not None else decode(line)
        except UnreadableLine:
            continue
        schema = schema_of(event) if schema is None else schema
        events.append((number, event))
    return events, _seq(line)


def _heads(paths: Iterable[Path], numbers: set[int]) -> dict[int, str]:
    """Return the heads after the facts with these numbers; the last one of a number that is there twice."""
    heads: dict[int, str] = {}
    if numbers:
        for path in paths:
            heads.update((seq, link(line)) for _, line in _lines(path) if (seq := _seq(line)) in numbers)
    return heads


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with open_journal(path) as file:
        yield from ((number, line) for number, line in enumerate(whole_lines(file), 1) if line is not None)


def _seq(line: bytes) -> int:
    """Return the number of the fact in a line, 0 for a damaged one."""
    number = line[1:21].partition(b",")[0]
    return int(number) if number.isdigit() else 0
