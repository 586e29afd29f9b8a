"""Reads a closed, compressed journal as if it were the plain file.

The file consists of zstd frames, each of whole lines, followed by one skippable frame with the sizes of all of them,
for random access. A frame begins with `-` if the links between its lines are left out: they can be recomputed and would
not compress; its first and its last line keep theirs, so that a change inside is detected. Otherwise it begins with `=`
and holds its lines unchanged. Sizes are accepted only up to MAX_FRAME and MAX_JOURNAL.
"""

import io
import os
import struct
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from pathlib import Path
from typing import NamedTuple

import zstandard

from mmcockpit.journal.codec import MAX_LINE, link
from mmcockpit.journal.files import SessionError

FRAME = 64 * 1024
"""Bytes of the plain journal after which a frame ends at the next end of line."""

MAX_FRAME = MAX_LINE + 4 * FRAME
MAX_JOURNAL = 2 * 1024 * 1024 * 1024
MOST_RATIO = 256
"""Maximum compression ratio of a journal of more than FREE bytes: real ones reach about thirty."""

FREE = 16 * 1024 * 1024
_WINDOW = 1 << 27
MAGIC = zstandard.FRAME_HEADER

_SIZES = struct.Struct("<II")
_HEAD = struct.Struct("<II")
_TABLE_MAGIC = 0x184D2A5D
_FOOT = struct.Struct("<I8s")
_FOOT_MAGIC = b"mmcptbl1"
_BLOCK_HEAD, _RUN, _CHECKSUM = 3, 1, 4
"""Constants of zstd: bytes of a block's header, the block type that repeats one byte, bytes of a checksum."""

_NO_LINK = b'""]'
_ANY_LINK = b'"0000000000000000"]'
_LINKED = 20


class FrameTable(NamedTuple):
    """For every frame its offset and length in the file, and the end of its lines in the plain journal, in bytes."""

    offsets: list[int]
    stored: Sequence[int]
    ends: list[int]


def pack(lines: list[bytes], compressor: zstandard.ZstdCompressor) -> bytes:
    """Return lines, each with its line feed (optional for the last), as one frame."""
    plain = b"".join(lines)
    bare = b"-" + b"".join([lines[0], *map(_without_link, lines[1:-1]), *lines[1:][-1:]])
    return compressor.compress(bare if _linked(bare[1:]) == plain else b"=" + plain)


def unpack(stored: bytes, linked: bool = True) -> bytes:
    """Return the lines of a frame; raises ValueError or zstandard.ZstdError for one that `pack` did not make.

    Unless `linked`, the omitted links are filled with zeros instead, which takes a tenth of the time.
    """
    size = zstandard.frame_content_size(stored)
    if not 0 < size <= MAX_FRAME + 1:
        raise ValueError(f"a frame of {size} bytes")
    plain = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompress(stored, max_output_size=size)
    if len(plain) > FRAME + 1 and plain.count(b"\n", 0, -1):
        raise ValueError("a long frame of more than one line")
    if plain[:1] == b"=":
        return plain[1:]
    if plain[:1] != b"-":
        raise ValueError("a frame of another kind")
    return _linked(plain[1:]) if linked else plain[1:].replace(_NO_LINK + b"\n", _ANY_LINK + b"\n")


def table(sizes: list[tuple[int, int]]) -> bytes:
    """Return the table that follows the frames: for each its stored size and the size of its lines."""
    entries = b"".join(_SIZES.pack(*pair) for pair in sizes) + _FOOT.pack(len(sizes), _FOOT_MAGIC)
    return _HEAD.pack(_TABLE_MAGIC, len(entries)) + entries


class Frames(io.RawIOBase):
    """A compressed journal as a plain byte stream; takes ownership of the descriptor.

    A damaged frame reads as one line that is not a fact, as long as the lines that were lost. Unless `linked`, the
    links in the lines are undefined. Raises SessionError for a file whose recorded sizes are too large.
    """

    def __init__(self, descriptor: int, path: Path, linked: bool = True) -> None:
        super().__init__()
        self._linked = linked
        self._descriptor = descriptor
        stored = os.fstat(descriptor).st_size
        self.places = _read_table(descriptor, stored) or _walk(descriptor, stored)
        self._place = 0
        self._held: tuple[int, bytes] = (-1, b"")
        if self.size > min(MAX_JOURNAL, max(FREE, MOST_RATIO * stored)):
            os.close(descriptor)
            raise SessionError(f"{path}: {stored} bytes that unpack to {self.size}: not the journal of a session")

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.places.ends)

    @property
    def size(self) -> int:
        """Size of the plain journal in bytes."""
        return self.places.ends[-1] if self.places.ends else 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the compressed file."""
        return self._descriptor

    def tell(self) -> int:
        """Return the position in the plain journal."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position in the plain journal."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        self._place = max(start + offset, 0)
        return self._place

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read into the buffer from one frame, and return the number of bytes read."""
        number = bisect_right(self.places.ends, self._place)
        if number == len(self):
            return 0
        start = self._place - (self.places.ends[number] - self._size(number))
        part = self._lines(number)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()

    def whole(self, number: int) -> bytes:
        """Return the lines of a frame; raises ValueError or zstandard.ZstdError for a damaged one."""
        stored = os.pread(self._descriptor, self.places.stored[number], self.places.offsets[number])
        lines = unpack(stored, self._linked)
        if len(lines) != self._size(number):
            raise ValueError("a frame of another size")
        return lines

    def _lines(self, number: int) -> bytes:
        if self._held[0] != number:
            try:
                lines = self.whole(number)
            except (ValueError, zstandard.ZstdError):
                # The last frame may have been cut short: without its end it has no line feed, like any torn line.
                end = b"" if number == len(self) - 1 else b"\n"
                lines = b"\xff" * (self._size(number) - len(end)) + end
            self._held = (number, lines)
        return self._held[1]

    def _size(self, number: int) -> int:
        ends = self.places.ends
        return ends[number] - (ends[number - 1] if number else 0)


def _without_link(line: bytes) -> bytes:
    return line[:-_LINKED] + _NO_LINK + b"\n"


def _linked(bare: bytes) -> bytes:
    """Return lines with the omitted links filled in."""
    lines: list[bytes] = []
    for line in io.BytesIO(bare):
        if lines and line.endswith(_NO_LINK + b"\n"):
            line = b'%b"%b"]\n' % (line[:-4], link(lines[-1][:-1]).encode("ascii"))
        lines.append(line)
    return b"".join(lines)


def _read_table(descriptor: int, stored: int) -> FrameTable | None:
    """Return the frames listed in the table, None if it is damaged."""
    foot = os.pread(descriptor, _FOOT.size, max(stored - _FOOT.size, 0))
    if len(foot) < _FOOT.size:
        return None
    count, magic = _FOOT.unpack(foot)
    length = count * _SIZES.size + _FOOT.size
    start = stored - length - _HEAD.size
    if magic != _FOOT_MAGIC or start < 0 or not count:
        return None
    content = os.pread(descriptor, length + _HEAD.size, start)
    if len(content) < length + _HEAD.size or _HEAD.unpack_from(content) != (_TABLE_MAGIC, length):
        return None
    # By columns for speed: a day has a thousand frames, and every seek reads this table.
    packed, sizes = zip(*_SIZES.iter_unpack(content[_HEAD.size : -_FOOT.size]), strict=True)
    right = min(packed) > 0 and min(sizes) > 0 and max(sizes) <= MAX_FRAME and max(map(sub, packed, sizes)) <= FRAME
    return _columns(packed, sizes) if right and sum(packed) == start else None


def _columns(packed: Sequence[int], sizes: Sequence[int]) -> FrameTable:
    """Return the table of consecutive frames, given their stored sizes and the sizes of their lines."""
    return FrameTable(list(accumulate(packed, initial=0)), packed, list(accumulate(sizes)))


def _walk(descriptor: int, stored: int) -> FrameTable:
    """Return the table by walking over consecutive frames; the rest after the last whole one is a damaged frame."""
    packed, sizes = [], []
    offset = 0
    while offset < stored:
        head = os.pread(descriptor, _HEAD.size, offset)
        if len(head) == _HEAD.size and _HEAD.unpack(head)[0] == _TABLE_MAGIC:
            break
        try:
            taken, size = _sizes(descriptor, offset)
        except (ValueError, zstandard.ZstdError):
            taken = size = stored - offset
        packed.append(taken)
        sizes.append(size)
        offset += taken
    return _columns(packed, sizes)


def _sizes(descriptor: int, offset: int) -> tuple[int, int]:
    """Return the stored size of the frame at an offset and the size of its lines; raises like `unpack`."""
    for length in (4 * FRAME, 2 * MAX_FRAME):
        block = os.pread(descriptor, length, offset)
        if not 0 < zstandard.frame_content_size(block) <= MAX_FRAME + 1:
            raise ValueError("a frame of another kind")
        packed = _packed_size(block)
        if packed <= len(block):
            return packed, len(unpack(block[:packed]))
    raise ValueError("a frame without an end")


def _packed_size(block: bytes) -> int:
    """Return the size of the frame that begins here, from the headers of its blocks, without decompressing."""
    place = zstandard.frame_header_size(block)
    while True:
        if place + _BLOCK_HEAD > len(block):
            return len(block) + 1
        head = int.from_bytes(block[place : place + _BLOCK_HEAD], "little")
        last, kind, size = head & 1, head >> 1 & 3, head >> 3
        place += _BLOCK_HEAD + (1 if kind == _RUN else size)
        if last:
            return place + (_CHECKSUM if zstandard.get_frame_parameters(block).has_checksum else 0)
