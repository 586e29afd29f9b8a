"""Follows a journal that another process writes, even if it is compressed, decompressed or continued meanwhile."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from mmcockpit.core.facts.event import Event
from mmcockpit.journal.files import SessionError, parts, stored
from mmcockpit.journal.reader import (
    Decoding,
    Problem,
    Progress,
    Reporter,
    ignore_problem,
    no_progress,
    open_journal,
    opening,
)
from mmcockpit.journal.versions import LaterVersion

_SAME = 4096
"""Bytes before the current position that must be equal if the journal continues in another file."""


class Tail:
    """Yields facts that are appended to a journal; close it after use. Raises SessionError, or OSError.

    The file stays open: one that was removed is read to its end. `lost` is the reason why reading stopped: the file
    became shorter, or another journal replaced it. If the session continues in another journal beside it, that one is
    read from then on; `path` is the journal that is read.
    """

    def __init__(self, path: Path, report: Reporter = ignore_problem) -> None:
        self.lost = ""
        self.path = path
        self._report = report
        self._decoding = Decoding(path, report)
        self._file = open_journal(path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def unknown(self) -> Problem | None:
        """The message for facts and fields that this version does not know; None if there are none."""
        return self._decoding.unknown()

    def events(self, progress: Progress = no_progress) -> Iterator[Event]:
        """Yield what was written since the last call; a torn last line is read again once it is complete."""
        if self.lost and not self._continues():
            return
        # Checked before the end is read: a process that moves a journal has written its last line before.
        there = self._elsewhere()
        yield from self._written(progress)
        if there is not None and self._goes_on_in(there):
            yield from self._written()
        if self._continues():
            yield from self._written()

    def _continues(self) -> bool:
        """Switch to the journal that continues this one, if it exists by now."""
        journals = parts(self.path)
        after = journals[-1]
        if after == self.path or self.path not in journals or not after.exists():
            return False
        try:
            there = open_journal(after)
        except (SessionError, OSError):
            return False
        if not opening(there):
            there.close()
            return False
        self._file.close()
        self._file, self._decoding = there, Decoding(after, self._report)
        self.path, self.lost = after, ""
        there.seek(0)
        return True

    def _written(self, progress: Progress = no_progress) -> Iterator[Event]:
        # Seek to the end and back, to drop buffered bytes of a torn line that the writer has replaced since.
        here = self._file.tell()
        if self._file.seek(0, os.SEEK_END) < here:
            self._lose("the journal was truncated while it was read")
            return
        self._file.seek(here)
        try:
            yield from self._decoding.events(self._file, progress)
        except LaterVersion as error:
            if self._decoding.line == 1:
                raise
            self._lose(str(error))

    def _elsewhere(self) -> BinaryIO | None:
        """Return the file that replaced the journal, opened; None if it is the same file, or there is none."""
        try:
            if os.path.samestat(os.stat(stored(self.path)), os.fstat(self._file.fileno())):
                return None
        except OSError:
            return None
        try:
            return open_journal(self.path)
        except (SessionError, OSError) as error:
            self._lose(str(error))
            return None

    def _goes_on_in(self, there: BinaryIO) -> bool:
        """Switch to another file if it is the same journal; else close it."""
        here = self._file.tell()
        if self.lost:
            there.close()
        elif opening(there) != opening(self._file) or _before(there, here) != _before(self._file, here):
            there.close()
            self._lose("the journal file was replaced")
        else:
            there.seek(here)
            self._file.close()
            self._file = there
        return not self.lost

    def _lose(self, why: str) -> None:
        self.lost = why
        self._report(Problem(self._decoding.line, why))


PATIENCE = 12
"""Number of waits after which a lost journal is given up; its driver continues in another one within a second."""


def follow(path: Path, wait: Callable[[], bool | None], report: Reporter = ignore_problem) -> Iterator[Event]:
    """Yield the facts of a journal that is being written; at its end `wait` blocks, or returns False to end.

    Raises SessionError, or OSError.
    """
    with closing(Tail(path, report)) as tail:
        yield from tail.events()
        patience = PATIENCE
        while patience and wait() is not False:
            patience = patience - 1 if tail.lost else PATIENCE
            yield from tail.events()


def _before(file: BinaryIO, place: int) -> bytes:
    """Return the last bytes before an offset; fewer if the file is shorter."""
    start = max(place - _SAME, 0)
    file.seek(start)
    return file.read(place - start)
