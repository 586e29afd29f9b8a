"""Reads whole lines of a journal file, forwards and from its end, in bounded memory."""

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from mmcockpit.journal.codec import MAX_LINE

_FEED = b"\n"
_BLOCK = 64 * 1024


class LastLine(NamedTuple):
    """The last whole line: its offset, its bytes without the line feed, and the offset of the next line."""

    start: int
    line: bytes
    end: int


def whole_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines from the file's current position, without line feeds; None for one longer than MAX_LINE.

    Stops before a last line without a line feed and leaves the file positioned at its start.
    """
    while line := file.readline(MAX_LINE + 1):
        if line.endswith(_FEED):
            yield line[:-1]
        elif len(line) <= MAX_LINE or not _skip_line(file):
            file.seek(-len(line), os.SEEK_CUR)
            return
        else:
            yield None


def last_line(descriptor: int, size: int) -> LastLine:
    """Return the last whole line among the first `size` bytes; an empty one at 0 if there is none."""
    end = _after_feed(descriptor, size)
    if end == 0:
        return LastLine(0, b"", 0)
    start = _after_feed(descriptor, end - 1)
    return LastLine(start, os.pread(descriptor, end - 1 - start, start), end)


def first_line(descriptor: int) -> bytes:
    """Return the first line without its line feed, at most MAX_LINE bytes; empty if there is none."""
    content = bytearray()
    while len(content) < MAX_LINE and (block := os.pread(descriptor, _BLOCK, len(content))):
        content += block
        if _FEED in block:
            return bytes(content[: content.index(_FEED)])
    return b""


def _skip_line(file: BinaryIO) -> bool:
    """Skip to the next line feed; False, with the file position unchanged, if there is none."""
    here = file.tell()
    while part := file.readline(_BLOCK):
        if part.endswith(_FEED):
            return True
    file.seek(here)
    return False


def _after_feed(descriptor: int, end: int) -> int:
    """Return the offset after the last line feed before `end`, or 0."""
    while end > 0:
        start = max(0, end - _BLOCK)
        place = os.pread(descriptor, end - start, start).rfind(_FEED)
        if place >= 0:
            return start + place + 1
        end = start
    return 0
