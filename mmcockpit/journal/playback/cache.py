"""Caches the timeline of a journal, which is slow to compute, for the next time the journal is opened.

It is in the user's own cache, never beside the journal, so that a journal from elsewhere cannot bring its own. It is
valid only for exactly the bytes it was made from; a damaged or outdated one is treated as missing.
"""

import hashlib
import os
import zlib
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import NamedTuple

import msgspec

from mmcockpit import __version__
from mmcockpit.core.facts.event import MINOR, SCHEMA
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.codec import link
from mmcockpit.journal.files import SessionError, open_ours, open_to_read, private_folder, stored
from mmcockpit.journal.reader import Problem, open_journal, opening

FILES_KEPT = 4
MOST_BYTES = 256 * 1024 * 1024
_BLOCK = 1 << 20
_CHECK = 4


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
    """A timeline: what was read so far (`lines`, `facts`, `end`), and everything derived from it.

    `marks` hold (place, number of logged facts before it), `logged` the places and lines of the logged facts.
    """

    version: str
    stored: Stored
    lines: int
    facts: int
    base: int
    end: JournalPosition
    last: Stamp
    problems: list[Problem]
    marks: list[tuple[JournalPosition, int]]
    logged: list[tuple[JournalPosition, bytes]]
    frames: list[bytes]
    columns: dict[str, bytes]


def version() -> str:
    """Return the version under which timelines are saved; one saved under another version is discarded."""
    return f"{__version__} {SCHEMA}.{MINOR} 4"


def measure(path: Path, size: int) -> Stored:
    """Return size and digest of the first bytes of a plain journal, or of a whole compressed one.

    Raises SessionError, or OSError."""
    digest = hashlib.sha256()
    descriptor = open_to_read(stored(path))
    if stored(path) != path:
        size = os.fstat(descriptor).st_size
    left = size
    try:
        while left > 0 and (block := os.read(descriptor, min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
    finally:
        os.close(descriptor)
    return Stored(size - left, digest.digest())


def load(path: Path, folder: Path | None = None) -> Saved | None:
    """Return the saved timeline of a journal; None if it was not made from exactly what the file begins with."""
    try:
        descriptor = open_ours(_place(path, folder), append=False)
    except (OSError, SessionError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    plain = memoryview(content)[_CHECK:]
    if len(content) > MOST_BYTES or _check(plain) != content[:_CHECK]:
        return None
    try:
        saved = msgspec.msgpack.decode(plain, type=Saved)
    except (ValueError, RecursionError):
        return None
    return saved if saved.version == version() and measure(path, saved.stored.size) == saved.stored else None


def save(saved: Saved, path: Path, folder: Path | None = None) -> None:
    """Save a timeline atomically or not at all, and keep only the latest FILES_KEPT."""
    content = msgspec.msgpack.encode(saved)
    if len(content) + _CHECK > MOST_BYTES:
        return
    with suppress(OSError, SessionError):
        target = _place(path, folder)
        private_folder(target.parent)
        with replacing(target) as file:
            file.write(_check(content))
            file.write(content)
        kept = sorted(target.parent.iterdir(), key=lambda entry: entry.stat().st_mtime_ns)
        for old in kept[:-FILES_KEPT]:
            old.unlink(missing_ok=True)


def forget(path: Path, folder: Path | None = None) -> None:
    """Delete the saved timeline, so that it is rebuilt."""
    with suppress(OSError, SessionError):
        _place(path, folder).unlink(missing_ok=True)


def _check(content: "bytes | memoryview") -> bytes:
    return zlib.crc32(content).to_bytes(_CHECK, "big")


def _place(path: Path, folder: Path | None) -> Path:
    # Imported here: only opening a timeline needs it.
    from platformdirs import user_cache_path

    with open_journal(path) as file:
        name = link(opening(file))
    return (folder or user_cache_path("mmcockpit") / "timelines") / f"{name}.timeline"
