"""Where in a journal a fact stands: a mark every 64 KiB, so that any line is found by reading little.

The index is a sidecar that may be missing, old or damaged at any time: what is still right in it is used, the rest is
made again. It is kept only in a folder that is private, never beside a journal that lies somewhere else.
"""

import os
import re
from bisect import bisect_right
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import msgspec

from mmcockpit.journal.codec import Unreadable, decode, link
from mmcockpit.journal.files import SessionError, open_new, open_to_read, sidecar
from mmcockpit.journal.lines import first_line, whole_lines
from mmcockpit.journal.reader import open_journal

STRIDE = 64 * 1024
"""Bytes of journal between two marks."""

_VERSION = 1
_MAX_INDEX = 64 * 1024 * 1024
_FRAME = re.compile(rb"\[(\d{1,16}),(-?\d{1,10}(?:\.\d{1,6})?),-?\d{1,16},\"")


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The start of a line, with the number and the session seconds of its fact."""

    offset: int
    seq: int
    at: float


class Index(msgspec.Struct, frozen=True):
    """Marks in order, over the first `size` bytes of the journal whose first line has the link `journal`."""

    journal: str
    size: int
    marks: tuple[Mark, ...] = ()
    version: int = _VERSION

    def before_seq(self, seq: int) -> int:
        """Return an offset at or before the fact with this number, and near it."""
        count = bisect_right(self.marks, seq, key=lambda mark: mark.seq)
        return self.marks[count - 1].offset if count > 0 else 0


def load(path: Path) -> Index:
    """Return the index of a journal as it is now, from the sidecar where that is right.

    Raises SessionError where the journal cannot be opened, or OSError.
    """
    descriptor = open_to_read(path)
    try:
        size = os.fstat(descriptor).st_size
        journal = link(first_line(descriptor))
        known = _saved(path)
        if known is None or not _still_right(known, journal, size, descriptor):
            known = Index(journal, 0)
        index = _extended(known, size, descriptor)
    finally:
        os.close(descriptor)
    if len(index.marks) > len(known.marks):
        _save(index, path)
    return index


def moment_of(path: Path, seq: int) -> float | None:
    """Return the session seconds of the first fact numbered `seq` or later; None behind the last one."""
    offset = load(path).before_seq(seq)
    with open_journal(path) as file:
        file.seek(offset)
        for line in whole_lines(file):
            with suppress(Unreadable):
                event = decode(line or b"", 0)
                if event.seq >= seq:
                    return event.stamp.at
    return None


def _extended(index: Index, size: int, descriptor: int) -> Index:
    marks = list(index.marks)
    start = marks[-1].offset // STRIDE * STRIDE + STRIDE if marks else STRIDE
    for place in range(start, size, STRIDE):
        mark = _mark_behind(descriptor, place)
        if mark is not None and (not marks or _follows(marks[-1], mark)):
            marks.append(mark)
    return msgspec.structs.replace(index, size=size, marks=tuple(marks))


def _mark_behind(descriptor: int, place: int) -> Mark | None:
    """Return the first line that starts within a stride from `place` and has a readable frame."""
    block = os.pread(descriptor, STRIDE, place - 1)
    start = block.find(b"\n") + 1
    while start:
        if frame := _FRAME.match(block, start):
            return Mark(place - 1 + start, int(frame[1]), float(frame[2]))
        start = block.find(b"\n", start) + 1
    return None


def _follows(mark: Mark, following: Mark) -> bool:
    return following.offset > mark.offset and following.seq > mark.seq and following.at >= mark.at


def _still_right(index: Index, journal: str, size: int, descriptor: int) -> bool:
    """Whether the index is of this journal, as far as its first line, its order and its last mark tell."""
    marks = index.marks
    return (
        index.version == _VERSION
        and index.journal == journal
        and index.size <= size
        and all(_follows(*pair) for pair in pairwise(marks))
        and (not marks or (0 < marks[-1].offset < size and marks[-1] == _mark_behind(descriptor, marks[-1].offset)))
    )


def _saved(path: Path) -> Index | None:
    try:
        descriptor = open_to_read(sidecar(path, "index"))
    except SessionError:
        return None
    try:
        return msgspec.json.decode(os.read(descriptor, _MAX_INDEX), type=Index)
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(descriptor)


def _save(index: Index, path: Path) -> None:
    """Put the sidecar in place at once, or not at all: it is only there to be quick."""
    if path.parent.stat().st_mode & 0o077:
        return
    target = sidecar(path, "index")
    made = target.with_name(f"{target.name}.{os.getpid()}")
    with suppress(OSError, SessionError):
        descriptor = open_new(made)
        try:
            os.write(descriptor, msgspec.json.encode(index))
        finally:
            os.close(descriptor)
        made.replace(target)
