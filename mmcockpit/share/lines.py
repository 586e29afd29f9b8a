"""The lines of a session's journal by number, as the bytes that are in the local file: never decoded, never written."""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mmcockpit.journal.codec import MAX_LINE, ROOT, link, prev_of
from mmcockpit.journal.files import parts
from mmcockpit.journal.reader import open_journal

PIECE = 256 * 1024
"""Bytes of lines that are read at once; more only for one longer line."""

_SCANNED = 64 * 1024
"""Bytes below which a number is searched line by line."""

_MOST_PLACES = 512
"""Places in the files that are remembered, so that readers in step read on without a search."""

_NUMBER = 24
"""Bytes of a line in which its number is."""


class Lines(NamedTuple):
    """Consecutive lines of one journal file: `data` are their bytes, each line with its line feed.

    `first` and `last` are the numbers of the first and the last fact; numbers ascend, and are missing where facts could
    not be written. `prev` is the link in the first line, ROOT in the first line of a file; `head` the link of the last.
    """

    first: int
    last: int
    prev: str
    head: str
    data: bytes

    @property
    def opens(self) -> bool:
        """Whether these lines begin a file: the session's journal, or one that continues it with its whole state."""
        return self.prev == ROOT


def lines_of(data: bytes) -> Lines:
    """Return whole lines with their numbers and links; ValueError if the first or last one is not a journal's line."""
    found = _lines(data)
    if found is None:
        raise ValueError("not lines of a journal")
    return found


class JournalLines:
    """Reads the journal of a session by number, across the files that it continues in; close it after use.

    `current` is the file that the driver writes to now. Reads only whole lines. Raises SessionError, or OSError.
    """

    def __init__(self, current: Callable[[], Path]) -> None:
        self._current = current
        self._files: OrderedDict[Path, BinaryIO] = OrderedDict()
        self._places: OrderedDict[int, tuple[Path, int]] = OrderedDict()

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._places.clear()

    def opening(self) -> Lines | None:
        """Return the beginning of the current file, from which the whole state can be folded; None if it is empty."""
        return self._read(self._current(), 0)

    def after(self, number: int) -> Lines | None:
        """Return the next lines after a fact, at most PIECE bytes; None if there are none yet."""
        path, place = self._place(number)
        lines = self._read(path, place)
        while lines is None and path != self._current():
            journals = self._journals()
            if path not in journals or path == journals[-1]:
                return None
            path, place = journals[journals.index(path) + 1], 0
            lines = self._read(path, place)
        return lines

    def head_at(self, number: int) -> str | None:
        """Return the link of the line of this fact; None if no line has this number."""
        path, place = self._place(number - 1)
        journals = self._journals()
        for journal in journals[journals.index(path) :]:
            file = self._file(journal)
            file.seek(0, os.SEEK_END)
            file.seek(place if journal == path else 0)
            line = file.readline(MAX_LINE + 1)
            if line.endswith(b"\n"):
                return link(line[:-1]) if number_of(line) == number else None
        return None

    def _journals(self) -> list[Path]:
        current = self._current()
        journals = parts(current)
        return journals[: journals.index(current) + 1] if current in journals else [current]

    def _place(self, number: int) -> tuple[Path, int]:
        """Return the file and the offset of the first line with a higher number, or the end of the last file."""
        known = self._places.get(number)
        if known is not None:
            return known
        journals = self._journals()
        for path in reversed(journals):
            file = self._file(path)
            if path == journals[0] or _first_number(file) <= number + 1:
                return path, _offset_after(file, number)
        raise AssertionError("a session has a first journal")

    def _read(self, path: Path, place: int) -> Lines | None:
        file = self._file(path)
        # Seek to the end and back, to drop buffered bytes of a torn line that the writer has replaced since.
        file.seek(0, os.SEEK_END)
        file.seek(place)
        data = file.read(PIECE)
        if b"\n" not in data and len(data) == PIECE:
            data += file.readline(MAX_LINE)
        data = data[: data.rfind(b"\n") + 1]
        lines = _lines(data)
        if lines is not None:
            self._places[lines.last] = path, place + len(data)
            if len(self._places) > _MOST_PLACES:
                self._places.popitem(last=False)
        return lines

    def _file(self, path: Path) -> BinaryIO:
        if path not in self._files:
            self._files[path] = open_journal(path)
            if len(self._files) > 8:
                self._files.popitem(last=False)[1].close()
        return self._files[path]


def _lines(data: bytes) -> Lines | None:
    """Return these whole lines; None if there are none. A damaged line has the number of the readable one before it."""
    if not data:
        return None
    first, _, _ = data.partition(b"\n")
    last = data[data.rfind(b"\n", 0, -1) + 1 : -1]
    numbers = number_of(first), number_of(last)
    if None in numbers:
        every = [number for line in data.split(b"\n") if (number := number_of(line)) is not None]
        if not every:
            return None
        numbers = every[0], every[-1]
    return Lines(numbers[0] or 0, numbers[1] or 0, prev_of(first), link(last), data)


def number_of(line: bytes) -> int | None:
    """Return the number of a line's fact; None if the line is damaged."""
    start, comma, _ = line[:_NUMBER].partition(b",")
    return int(start[1:]) if comma and start[:1] == b"[" and start[1:].isdigit() else None


def _first_number(file: BinaryIO) -> int:
    file.seek(0)
    return number_of(file.readline(_NUMBER)) or 0


def _offset_after(file: BinaryIO, number: int) -> int:
    """Return the offset of the first line with a higher number, by bisection: numbers ascend."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while high - low > _SCANNED:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(MAX_LINE + 1)
        start, found = _next_numbered(file, high)
        if found is None or found > number:
            high = middle
        else:
            low = start
    file.seek(low)
    place = low
    while True:
        _, found = _next_numbered(file, None)
        if found is None or found > number:
            return place
        place = file.tell()


def _next_numbered(file: BinaryIO, end: int | None) -> tuple[int, int | None]:
    """Read on to the next line with a number, before `end`; return its offset and number, or the last offset read."""
    while True:
        start = file.tell()
        if end is not None and start >= end:
            return start, None
        line = file.readline(MAX_LINE + 1)
        if not line.endswith(b"\n"):
            return start, None
        found = number_of(line)
        if found is not None:
            return start, found
