"""Caches the timeline of a journal, which is slow to compute, for the next time the journal is opened.

It is in the user's own cache, never beside the journal, so that a journal from elsewhere cannot bring its own. Each
part of it is valid only for exactly the bytes it was made from; a damaged or outdated one is treated as missing.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import takewhile
from math import inf
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import msgspec

from mmcockpit import __version__
from mmcockpit.core.facts.event import MINOR, SCHEMA
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.codec import link
from mmcockpit.journal.files import SessionError, open_ours, open_to_read, private_folder, stored
from mmcockpit.journal.reader import Problem, open_journal, opening

STRIDE = 512
"""Facts between two marks, and between two keyframes: chosen so that a day fits into 50 MB."""

SAVED_FROM = 20_000
"""Minimum number of facts for which a timeline is cached."""

MOST_LOGGED = 20_000
"""Most logged facts of a timeline: all facts but readings and backfills."""

FILES_KEPT = 4
MOST_BYTES = 256 * 1024 * 1024
OPENED, RECORDED = "timeline", "recording"
"""Kinds of files: of a journal that was opened, and of one that is or was being recorded, to which parts are added."""

_BLOCK = 1 << 20
_HEAD = struct.Struct(">II")
"""Checksum and size of a part."""


class JournalPosition(NamedTuple):
    """A position between two lines (bytes), with the highest number and the latest time of the facts before it."""

    offset: int = 0
    seq: int = -1
    at: float = -inf


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """The first bytes of a journal as stored on the disk: their number and their SHA-256."""

    size: int
    digest: bytes


class Saved(msgspec.Struct, frozen=True, array_like=True):
    """A part of a timeline: what was read so far (`lines`, `facts`, `end`), and what is derived from it.

    `before` is the number of facts before this part. `marks` hold (place, number of logged facts before it), `logged`
    the places and lines of the logged facts, `columns` the points of this part.
    """

    version: str
    stored: Stored
    lines: int
    before: int
    facts: int
    base: int
    end: JournalPosition
    last: Stamp
    problems: list[Problem]
    marks: list[tuple[JournalPosition, int]]
    logged: list[tuple[JournalPosition, bytes]]
    frames: list[bytes]
    columns: dict[str, bytes]


class _SavedPart(Saved, frozen=True, array_like=True):
    """A part as it is read: what is long is in the bytes that were read, until the parts are joined.

    Copies of each part would leave gaps of the size of all columns in the heap.
    """

    frames: list[memoryview]  # type: ignore[assignment]
    columns: dict[str, memoryview]  # type: ignore[assignment]


_saved = msgspec.msgpack.Decoder(_SavedPart)


def version() -> str:
    """Return the version under which timelines are saved; one saved under another version is discarded."""
    return f"{__version__} {SCHEMA}.{MINOR} 5"


def measure(path: Path, size: int) -> Stored:
    """Return size and digest of the first bytes of a plain journal, or of a whole compressed one.

    Raises SessionError, or OSError."""
    if stored(path) != path:
        size = stored(path).stat().st_size
    return Stored(size, digests(path, [size]).get(size, b""))


def digests(path: Path, sizes: Iterable[int]) -> dict[int, bytes]:
    """Return the digests of the first bytes of a journal as stored on the disk, up to each of the sizes that it has.

    A size that is less than the one before it gets none. Raises SessionError, or OSError."""
    digest, place, found = hashlib.sha256(), 0, dict[int, bytes]()
    descriptor = open_to_read(stored(path))
    try:
        for size in sizes:
            while place < size and (block := os.read(descriptor, min(size - place, _BLOCK))):
                digest.update(block)
                place += len(block)
            if place == size:
                found[size] = digest.digest()
    finally:
        os.close(descriptor)
    return found


def load(path: Path, folder: Path | None = None) -> Saved | None:
    """Return the saved timeline of a journal, as far as it was made from exactly what the file contains.

    None if there is none. Where there are two, that of a viewer and that of the recording session, the longer counts.
    """
    try:
        valid = [_valid(path, _place(path, folder, kind)) for kind in (OPENED, RECORDED)]
    except (OSError, SessionError):
        return None
    longest = max(valid, key=lambda parts: parts[-1].facts if parts else 0)
    return _joined(longest) if longest else None


def save(saved: Saved, path: Path, folder: Path | None = None, kind: str = OPENED) -> Path | None:
    """Save a timeline atomically or not at all, and keep only the latest FILES_KEPT; return the file."""
    content = packed(saved)
    if len(content) > MOST_BYTES:
        return None
    with suppress(OSError, SessionError):
        target = _place(path, folder, kind)
        private_folder(target.parent)
        with replacing(target) as file:
            file.write(content)
        kept = sorted(target.parent.iterdir(), key=lambda entry: entry.stat().st_mtime_ns)
        for old in kept[:-FILES_KEPT]:
            old.unlink(missing_ok=True)
        return target
    return None


def packed(part: Saved) -> bytes:
    """Return a part as bytes that can be appended to a file of the cache."""
    content = msgspec.msgpack.encode(part)
    return _HEAD.pack(zlib.crc32(content), len(content)) + content


def forget(path: Path, folder: Path | None = None) -> None:
    """Delete the saved timeline, so that it is rebuilt."""
    for kind in (OPENED, RECORDED):
        with suppress(OSError, SessionError):
            _place(path, folder, kind).unlink(missing_ok=True)


def _valid(path: Path, file: Path) -> list[_SavedPart]:
    """Return the consecutive parts in a file of the cache that were made from exactly what the journal contains.

    Raises SessionError, or OSError.
    """
    try:
        descriptor = open_ours(file, append=False)
    except (OSError, SessionError):
        return []
    with os.fdopen(descriptor, "rb") as source:
        content = memoryview(source.read(MOST_BYTES + 1))
    parts, sizes = list[_SavedPart](), SimpleQueue[int | None]()
    # The digest of a long journal takes as long as its parts, and leaves the interpreter to them.
    with ThreadPoolExecutor(1, "digest") as threads:
        right = threads.submit(digests, path, iter(sizes.get, None))
        try:
            for part in _parts(content):
                parts.append(part)
                sizes.put(part.stored.size)
        finally:
            sizes.put(None)
    return list(takewhile(lambda part: right.result().get(part.stored.size) == part.stored.digest, parts))


def _parts(content: memoryview) -> Iterator[_SavedPart]:
    """Yield the consecutive parts in a file of the cache up to the first that is damaged or of another version."""
    facts, place = 0, 0
    while place + _HEAD.size <= len(content) <= MOST_BYTES:
        check, size = _HEAD.unpack_from(content, place)
        plain = content[place + _HEAD.size : place + _HEAD.size + size]
        if len(plain) < size or zlib.crc32(plain) != check:
            break
        try:
            part = _saved.decode(plain)
        except (ValueError, RecursionError):
            break
        if part.version != version() or part.before != facts:
            break
        yield part
        facts = part.facts
        place += _HEAD.size + size


def _joined(parts: list[_SavedPart]) -> Saved:
    """Return consecutive parts as one, with copies of what they refer to."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    return msgspec.structs.replace(
        parts[-1],
        before=0,
        problems=[problem for part in parts for problem in part.problems],
        marks=[mark for part in parts for mark in part.marks],
        logged=[fact for part in parts for fact in part.logged],
        frames=[bytes(frame) for part in parts for frame in part.frames],
        columns={name: b"".join(part.columns.get(name, b"") for part in parts) for name in names},
    )


def _place(path: Path, folder: Path | None, kind: str) -> Path:
    # Imported here: only opening a timeline needs it.
    from platformdirs import user_cache_path

    with open_journal(path) as file:
        name = link(opening(file))
    return (folder or user_cache_path("mmcockpit") / "timelines") / f"{name}.{kind}"
