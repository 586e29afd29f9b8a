"""Reads the facts of a journal that may be hostile or damaged: yields what is readable, and reports the rest."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from mmcockpit.core.facts.event import SCHEMA, Event, Observed, Opened, Unread
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.codec import MAX_LINE, ROOT, UnreadableLine, base_of, decode, link, prev_of, schema_of
from mmcockpit.journal.files import SessionError, open_to_read, parts, stored
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.versions import Versions

_COMPRESSED = b"\x28\xb5\x2f\xfd"
"""The first bytes of a zstd frame."""

_BUFFER = 256 * 1024


class Problem(NamedTuple):
    """A problem in a journal, and the number of its line."""

    line: int
    what: str


def not_opened(path: Path, problems: Sequence[Problem]) -> SessionError:
    """Return the error for a journal of which no readable line opens the session."""
    first = problems[0] if problems else Problem(1, "the opening fact is missing")
    return SessionError(f"{path}:{first.line}: {first.what}; `mmcockpit log {path}` shows what is readable")


Reporter = Callable[[Problem], None]

Progress = Callable[[float], None]
"""Called from time to time with the fraction of a journal that has been read."""

PROGRESS_EVERY = 8_192
"""Lines between two progress reports."""


def ignore_problem(problem: Problem) -> None:
    """Ignore the problem: for callers that need only what is readable."""


def no_progress(share: float) -> None:
    """Ignore the progress."""


def read(path: Path, report: Reporter = ignore_problem, progress: Progress = no_progress) -> Iterator[Event]:
    """Yield the facts of a session; damaged lines are reported and skipped. Raises SessionError, or OSError.

    If the journal continues another one, the earlier facts come first: those that the earlier journals still hold up to
    the recorded head, else those that the recorded state contains.
    """
    events = read_one(path, report, progress)
    for event in events:
        if isinstance(event.body, Opened) and event.body.continues is not None:
            yield from _before(path, event, event.body)
        yield event


def _before(path: Path, event: Event, opened: Opened) -> Iterator[Event]:
    """Yield the facts before a journal that continues another one."""
    before = opened.continues
    assert before is not None, "only a journal that continues another one is asked for"
    reached = 0
    earlier = path.with_name(Path(before.file).name)
    if earlier != path and lines_up_to(earlier, before.head):
        for fact in _first(read(earlier), before.seq):
            reached = max(reached, fact.seq)
            yield fact
    if reached < before.seq:
        # Imported here: it knows the whole state, and few journals continue another one.
        from mmcockpit.core.state.carried import carried_events

        carried = carried_events(opened, reached)
        if not reached:
            start = carried[0] if carried else event
            yield Event(0, start.stamp, msgspec.structs.replace(opened, continues=None))
        yield from (fact for fact in carried if not isinstance(fact.body, Opened) or fact.body.continues is not None)


def _first(events: Iterator[Event], last_seq: int) -> Iterator[Event]:
    return (event for event in events if event.seq <= last_seq)


def lines_up_to(path: Path, head: str) -> int:
    """Return how many lines of a journal lead to this head without a break; 0 if the head is not in it."""
    reached = ROOT
    try:
        with open_journal(path) as file:
            for number, line in enumerate(whole_lines(file), 1):
                if line is None or prev_of(line) != reached:
                    return 0
                reached = link(line)
                if reached == head:
                    return number
    except (OSError, SessionError):
        return 0
    return 0


def read_one(path: Path, report: Reporter = ignore_problem, progress: Progress = no_progress) -> Iterator[Event]:
    """Yield the facts of one journal file, without those of earlier journals."""
    with open_journal(path, linked=False) as file:
        decoding = Decoding(path, report)
        yield from decoding.events(file, progress)
        if (torn := left(file)) > 0:
            report(torn_line(decoding.line + 1, torn))
        if (unknown := decoding.unknown()) is not None:
            report(unknown)


def open_journal(path: Path, *, linked: bool = True) -> BinaryIO:
    """Return the plain bytes of a journal, compressed or not, as a buffered file; raises SessionError.

    Unless `linked`, the links in the lines of a compressed journal are undefined: faster for callers that do not use
    them.
    """
    descriptor = open_to_read(stored(path))
    if os.pread(descriptor, 4, 0) == _COMPRESSED:
        # Imported here: most journals are not compressed.
        from mmcockpit.journal.frames import Frames

        return io.BufferedReader(Frames(descriptor, path, linked), _BUFFER)
    return os.fdopen(descriptor, "rb", _BUFFER)


def opening(file: BinaryIO) -> bytes:
    """Return the first line of an open journal without its line feed, and stay after it; empty if there is none."""
    file.seek(0)
    line = file.readline(MAX_LINE + 1)
    return line[:-1] if line.endswith(b"\n") else b""


def is_empty(path: Path) -> bool:
    """Return whether a journal has no whole line, or only zeros: a session, or a part of one, that never began."""
    try:
        with open_journal(path) as file:
            return not opening(file).strip(b"\0")
    except (OSError, SessionError):
        return False


def begun_parts(journal: Path) -> list[Path]:
    """Return the journals of a session in order, without later ones that never began: a crash leaves those."""
    first, *later = parts(journal)
    return [first, *(path for path in later if not is_empty(path))]


def left(file: BinaryIO) -> int:
    """Return the number of bytes after the file's current position, which stays the same."""
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end - here


def torn_line(line: int, size: int) -> Problem:
    """Return the problem for a last line without its end."""
    return Problem(
        line,
        f"torn: {counted(size, 'byte')} without a line end, never shown as recorded; "
        "`mmcockpit resume` removes the line",
    )


class Decoding:
    """Decodes the lines of one journal into facts; raises LaterVersion for one of a later major version.

    `line` is the number of the line last read. From the first line: `base` is the wall clock at session second 0 (ms),
    `schema` the major version of the facts. `versions` counts what this version does not know.
    """

    def __init__(self, path: Path, report: Reporter) -> None:
        self.line = 0
        self.base: int | None = None
        self.schema = SCHEMA
        self.versions = Versions()
        self._path = path
        self._report = report

    def events(self, file: BinaryIO, progress: Progress = no_progress) -> Iterator[Event]:
        """Yield the facts from the file's current position to its last whole line."""
        size = file.tell() + left(file)
        for line in whole_lines(file):
            if self.line % PROGRESS_EVERY == PROGRESS_EVERY - 1:
                progress(file.tell() / size)
            if (event := self.event(line)) is not None:
                yield event

    def event(self, line: bytes | None) -> Event | None:
        """Return the fact of the next line (None: it is too long); None after reporting why it is not readable."""
        self.line += 1
        try:
            if line is None:
                raise UnreadableLine(f"longer than {MAX_LINE} bytes")
            event = decode(line, self.base, self.schema)
        except UnreadableLine as error:
            self.base = self.base or 0
            self._report(Problem(self.line, str(error)))
            return None
        if type(event.body) is not Observed or event.unknown:
            self.versions.take(event, self._path)
        if self.base is None:
            self.begin(event)
        return event

    def unknown(self) -> Problem | None:
        """Return the message for unknown facts and fields so far; None if there are none."""
        return Problem(self.line, self.versions.note) if self.versions.count else None

    def begin(self, event: Event) -> None:
        """Take the first fact, from which lines after it are decoded."""
        self.base = base_of(event.stamp)
        self.schema = schema_of(event)
        if isinstance(event.body, Unread) and event.body.kind == "Opened" and not self.versions.later:
            self._report(Problem(self.line, "the opening fact is damaged"))
