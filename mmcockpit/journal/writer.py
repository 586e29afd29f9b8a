"""Appends facts to a journal: one write for each, no partial lines, and on the disk before it is shown anywhere."""

import errno
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mmcockpit.core.facts.event import DURABLE, Event
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal import lock
from mmcockpit.journal.codec import ROOT, UnreadableLine, base_of, decode, encode, link
from mmcockpit.journal.files import (
    SessionError,
    compressed,
    next_part,
    open_new,
    open_ours,
    private_folder,
    safe_folder,
    sidecar,
    stored,
    sync_folder,
)
from mmcockpit.journal.lines import first_line, last_line
from mmcockpit.journal.lock import Locked

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["Locked", "Lost", "Writer"]

_WRITTEN_TO = "was written to"
_sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class Lost(FileNotFoundError):
    """Raised once the journal is no longer the file that was written: truncated, edited, moved or replaced."""


class Writer:
    """The only process that appends to a journal, made by `create` or `open`; close it, or let the process die.

    `repaired` describes in one line what `open` had to cut off, empty if nothing. `head` is the link of the last line.
    `lost` is what another program did to the file: nothing more is written to it, and `successor` continues.
    """

    def __init__(self, path: Path, descriptor: int, operator: str = "", host: str = "") -> None:
        self.path = path
        self.repaired = ""
        self.lost = ""
        self.head = ROOT
        self._holder = (operator, host)
        self._digest = sha256()
        self._modified = os.fstat(descriptor).st_mtime_ns
        self._descriptor = descriptor
        self._base: int | None = None
        self._size = 0
        self._unclean = False
        self._dirty = False

    @classmethod
    def create(cls, path: Path, operator: str = "", host: str = "") -> Self:
        """Start a new journal in a private folder.

        Raises SessionError if the file exists or the folder is not safe, Locked, or OSError.
        """
        private_folder(path.parent)
        if compressed(path).exists():
            raise SessionError(f"{path}: the file exists already; `mmcockpit resume {path}` continues it")
        with ExitStack() as undo:
            descriptor = open_new(path)
            undo.callback(os.close, descriptor)
            lock.acquire(descriptor, path, operator, host)
            sync_folder(path.parent)
            undo.pop_all()
        return cls(path, descriptor, operator, host)

    @classmethod
    def open(cls, path: Path, operator: str = "", host: str = "") -> Self:
        """Continue a journal; a torn last line is cut off and kept in the `.torn` file beside it.

        A compressed journal is decompressed first.

        Raises SessionError for a file that is not an ordinary one of this user or has no readable first line, Locked,
        or OSError.
        """
        safe_folder(path.parent)
        if stored(path) != path:
            # Imported here: few sessions are resumed after their end.
            from mmcockpit.journal.archive import take_out

            take_out(path)
        with ExitStack() as undo:
            descriptor = open_ours(path)
            undo.callback(os.close, descriptor)
            lock.acquire(descriptor, path, operator, host)
            undo.callback(lock.release, path)
            if os.fstat(descriptor).st_nlink == 0:
                raise SessionError(f"{path}: was compressed just now; `mmcockpit resume {path}` decompresses it")
            writer = cls(path, descriptor, operator, host)
            writer._continue()
            undo.pop_all()
        return writer

    @property
    def size(self) -> int:
        """Bytes of whole lines in the journal."""
        return self._size

    @property
    def digest(self) -> bytes:
        """SHA-256 of all whole lines."""
        return self._digest.digest()

    def append(self, event: Event) -> None:
        """Write one fact; on return it is in the file, and on the disk if its kind is DURABLE.

        Raises OSError if it could not be written: then the file is restored to its previous end, at the latest before
        the next append. Raises Unwritable for a fact that JSON cannot represent.
        """
        line = encode(event, self.head, self._base)
        self._check()
        self._clear_away()
        try:
            self._unclean = True
            written = os.write(self._descriptor, line)
            if written < len(line):
                # After a partial write, a second write would fail too: the disk or a quota is full.
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            if type(event.body) in DURABLE:
                os.fsync(self._descriptor)
                self._dirty = False
            else:
                self._dirty = True
            self._written(len(line))
        except OSError:
            with suppress(OSError):
                self._clear_away()
            raise
        self._unclean = False
        self._size += len(line)
        self._digest.update(line)
        self.head = link(line[:-1])
        if self._base is None:
            self._base = base_of(event.stamp)

    def flush(self) -> None:
        """Sync written facts to the disk, if any are not there yet; raises OSError."""
        self._check()
        if self._dirty:
            _sync_data(self._descriptor)
            self._dirty = False

    def close(self) -> None:
        """Flush, and release the journal and its lock; raises OSError if the last facts could not be written."""
        if self._descriptor < 0:
            return
        try:
            if self.lost or (self._dirty and self._what_happened() not in ("", _WRITTEN_TO)):
                self._check()
            self._clear_away()
            if self._dirty:
                _sync_data(self._descriptor)
        finally:
            self._let_go()

    def discard(self) -> None:
        """Remove a journal that contains no fact, with the folder that was made for it."""
        self._let_go()
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()

    def successor(self, opening: Event) -> "Writer":
        """Release a lost journal, and return a new one beside it that begins with this fact.

        Raises SessionError or OSError if it cannot be created; then everything is as before.
        """
        path = next_part(self.path)
        after = Writer.create(path, *self._holder)
        try:
            after.append(opening)
        except OSError:
            after.discard()
            raise
        self._let_go()
        return after

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            lock.release(self.path)
            os.close(self._descriptor)
            self._descriptor = -1

    def _check(self) -> None:
        """Raise Lost if the file differs from what was written to it."""
        if not self.lost:
            self.lost = self._what_happened()
        if self.lost:
            raise Lost(errno.ENOENT, f"the journal {self.lost} by another program", str(self.path))

    def _what_happened(self) -> str:
        mine = os.fstat(self._descriptor)
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return "was removed or moved"
        if not os.path.samestat(mine, there):
            return "was replaced"
        if mine.st_size < self._size:
            return "was truncated"
        if self._unclean:
            return ""
        if mine.st_size > self._size:
            return _WRITTEN_TO
        if mine.st_mtime_ns != self._modified:
            if not self._same():
                return "was edited"
            self._modified = mine.st_mtime_ns
        return ""

    def _same(self) -> bool:
        """Return whether the file still contains what was written; a change of its date alone does not count."""
        return _digest(self._descriptor, self._size).digest() == self._digest.digest()

    def _written(self, count: int) -> None:
        """Record the state of the file after a write, and detect changes by another program."""
        status = os.fstat(self._descriptor)
        if status.st_size != self._size + count:
            self.lost = "was truncated" if status.st_size < self._size + count else _WRITTEN_TO
            self._check()
        self._modified = status.st_mtime_ns

    def _clear_away(self) -> None:
        """Cut off what a failed append may have left after the last whole line."""
        if self._unclean and not self.lost:
            os.ftruncate(self._descriptor, self._size)
            self._unclean = False
            self._modified = os.fstat(self._descriptor).st_mtime_ns

    def _continue(self) -> None:
        """Find the position to continue at, and repair a torn end."""
        size = os.fstat(self._descriptor).st_size
        last = last_line(self._descriptor, size)
        self._size = last.end
        if last.end:
            self.head = link(last.line)
            self._base = self._read_base()
        if size > last.end:
            self._keep_torn(last.end, size)
        self._digest = _digest(self._descriptor, self._size)
        self._modified = os.fstat(self._descriptor).st_mtime_ns

    def _read_base(self) -> int:
        try:
            return base_of(decode(first_line(self._descriptor)).stamp)
        except UnreadableLine as error:
            raise SessionError(
                f"{self.path}:1: the first line is damaged ({error}), so the session cannot continue; "
                "`mmcockpit log` shows what is readable, `mmcockpit run` starts another session"
            ) from error

    def _keep_torn(self, start: int, end: int) -> None:
        kept = sidecar(self.path, "torn")
        self.repaired = f"the last line was incomplete; moved to {kept.name}: {counted(end - start, 'byte')}"
        try:
            _copy(self._descriptor, start, end, kept)
        except (OSError, SessionError) as error:
            self.repaired = (
                f"the last line was incomplete; removed and not saved ({error}): {counted(end - start, 'byte')}"
            )
        os.ftruncate(self._descriptor, start)
        os.fsync(self._descriptor)


def _digest(descriptor: int, size: int) -> "_Hash":
    """Return the running hash of the first bytes of a file."""
    digest, place = sha256(), 0
    while place < size and (block := os.pread(descriptor, min(size - place, 1 << 20), place)):
        digest.update(block)
        place += len(block)
    return digest


def _copy(source: int, start: int, end: int, path: Path) -> None:
    """Append the bytes from start to end and a line feed to a private file, and sync it to the disk."""
    target = open_ours(path, create=True)
    try:
        while start < end and (block := os.pread(source, min(end - start, 1 << 20), start)):
            start += os.write(target, block)
        os.write(target, b"\n")
        os.fsync(target)
    finally:
        os.close(target)
