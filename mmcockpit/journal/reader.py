"""Reads the facts of a journal, hostile or damaged as it may be: what can be read is yielded, the rest reported."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from mmcockpit.core.event import SCHEMA, Event, Unread
from mmcockpit.journal.codec import MAX_LINE, Unreadable, base_of, decode
from mmcockpit.journal.files import open_to_read, stored
from mmcockpit.journal.lines import whole_lines

_COMPRESSED = b"\x28\xb5\x2f\xfd"
"""What a zstd frame begins with."""

_BUFFER = 256 * 1024


class Problem(NamedTuple):
    """Something wrong with a journal, and the number of its line."""

    line: int
    what: str


Reporter = Callable[[Problem], None]

Progress = Callable[[float], None]
"""Hears from time to time which share of a journal has been read."""

TOLD_EVERY = 8_192
"""Lines between two times."""


def unreported(problem: Problem) -> None:
    """Drop the problem: for callers to whom what is readable is all that matters."""


def untold(share: float) -> None:
    """Drop how far the reading is."""


def read(path: Path, report: Reporter = unreported, progress: Progress = untold) -> Iterator[Event]:
    """Yield the facts of a journal; damaged lines are reported and skipped. Raises SessionError, or OSError."""
    with open_journal(path, linked=False) as file:
        decoding = Decoding(report)
        yield from decoding.events(file, progress)
        if (torn := left(file)) > 0:
            report(torn_line(decoding.line + 1, torn))


def open_journal(path: Path, *, linked: bool = True) -> BinaryIO:
    """Return the plain bytes of a journal, compressed or not, as a buffered file; raises SessionError.

    Whoever looks at no links is quicker without: unless `linked`, any may stand in the lines of a compressed one.
    """
    descriptor = open_to_read(stored(path))
    if os.pread(descriptor, 4, 0) == _COMPRESSED:
        # Imported here: most journals are read without it.
        from mmcockpit.journal.frames import Frames

        return io.BufferedReader(Frames(descriptor, path, linked), _BUFFER)
    return os.fdopen(descriptor, "rb", _BUFFER)


def opening(file: BinaryIO) -> bytes:
    """Return the first line of an open journal without its line feed, and stay there; empty where there is none."""
    file.seek(0)
    line = file.readline(MAX_LINE + 1)
    return line[:-1] if line.endswith(b"\n") else b""


def left(file: BinaryIO) -> int:
    """Return how many bytes follow where the file stands, and stay there."""
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end - here


def torn_line(line: int, size: int) -> Problem:
    """Return the problem of a last line without its end."""
    return Problem(
        line, f"torn: {size} bytes without an end, never confirmed to anybody; `mmcockpit resume` repairs it"
    )


class Decoding:
    """Turns the lines of one journal into facts.

    `line` is the number of the line last read, `base` the wall clock at session second 0 (ms) as the first line says.
    """

    def __init__(self, report: Reporter) -> None:
        self.line = 0
        self.base: int | None = None
        self._report = report

    def events(self, file: BinaryIO, progress: Progress = untold) -> Iterator[Event]:
        """Yield the facts from where the file stands to its last whole line."""
        size = file.tell() + left(file)
        for line in whole_lines(file):
            if self.line % TOLD_EVERY == TOLD_EVERY - 1:
                progress(file.tell() / size)
            if (event := self.event(line)) is not None:
                yield event

    def event(self, line: bytes | None) -> Event | None:
        """Return the fact of the next line (None: too long a line), or None after reporting why there is none."""
        self.line += 1
        try:
            if line is None:
                raise Unreadable(f"longer than {MAX_LINE} bytes")
            event = decode(line, self.base)
        except Unreadable as error:
            self.base = self.base or 0
            self._report(Problem(self.line, str(error)))
            return None
        if self.base is None:
            self.base = base_of(event.stamp)
            self._check_opening(event)
        return event

    def _check_opening(self, event: Event) -> None:
        if isinstance(event.body, Unread) and event.body.kind == "Opened":
            self._report(Problem(self.line, _why_not_opened(event.body.text)))


class _Schema(msgspec.Struct):
    schema: int = SCHEMA


def _why_not_opened(text: str) -> str:
    try:
        schema = msgspec.json.decode(text, type=_Schema).schema
    except (ValueError, RecursionError):
        schema = SCHEMA
    if schema > SCHEMA:
        return f"written by a later mmcockpit (schema {schema}; this one reads up to {SCHEMA}): upgrade to read it"
    return "the opening fact is damaged, so that nothing says what the session was about"
