"""The local journal of a shared session: takes what the store has, and sets apart what the store does not have."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import msgspec

from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal import lock
from mmcockpit.journal.codec import ROOT, UnreadableLine, decode, link
from mmcockpit.journal.files import (
    SessionError,
    next_part,
    open_new,
    open_ours,
    open_to_read,
    parts,
    private_folder,
    stored,
    sync_folder,
)
from mmcockpit.journal.lines import last_line, whole_lines
from mmcockpit.journal.reader import open_journal, read
from mmcockpit.journal.writer import Writer
from mmcockpit.share.lines import JournalLines, Lines, lines_of


class StoredLines(Protocol):
    """The lines of one session in the store."""

    async def end(self) -> tuple[int, str]:
        """Return the number and the link of the last line; (0, ROOT) before the first."""
        ...

    async def after(self, number: int) -> Lines | None:
        """Return lines from the first one with a higher number on; None at the end."""
        ...


class StoreDiffers(SessionError):
    """Raised for lines of the store that do not continue the chain."""


class BroughtUp(msgspec.Struct, frozen=True):
    """The local journal as it is in the store: its last file, the number and the link of its last line.

    `apart` is the file with the facts that the store does not have; `count` is how many those are.
    """

    path: Path
    last: int
    head: str
    apart: Path | None = None
    count: int = 0


async def bring_up(path: Path, store: StoredLines, progress: Callable[[int], None] = lambda number: None) -> BroughtUp:
    """Make the journal at `path` and its later parts the same as the store's; other facts go to a file of their own.

    `progress` gets the number of the last fact so far. Raises Locked if a process is writing the journal, StoreDiffers,
    SessionError or OSError, and what `store` raises; then the journal is shorter than the store's, but a part of it.
    """
    private_folder(path.parent)
    path = _last_begun(path)
    apart, count = None, 0
    if stored(path).exists():
        # Opening it for writing decompresses it, cuts off a torn last line and holds the lock.
        with closing(Writer.open(path, "mmcockpit")):
            common = await common_point(path, store)
            if common < _end(path)[0]:
                apart, count = set_apart(path, common)
        path = next((one for one in reversed(parts(path)) if stored(one).exists()), path)
    with closing(_Target(path)) as target:
        while (lines := await store.after(target.last)) is not None:
            target.take(lines)
            progress(target.last)
        target.sync()
        return BroughtUp(target.path, target.last, target.head, apart, count)


async def common_point(path: Path, store: StoredLines) -> int:
    """Return the number of the last fact that the journal and the store have in common; 0 if there is none."""
    last, head = await store.end()
    with closing(JournalLines(lambda: path)) as journal:
        low, high = 0, min(last, _end(path)[0])
        number = high
        while low < high:
            later = await store.after(number)
            there = head if later is None else before(later)
            if head_at(journal, path, number) == there:
                low = number
            else:
                high = number - 1
            number = (low + high + 1) // 2
        return low


def set_apart(path: Path, number: int) -> tuple[Path | None, int]:
    """Move the facts after a number from the journal to a file of their own beside it; its lock is held.

    That file is a journal that continues this one: `log` and `replay` read it. Return it, and the count of its facts.
    """
    session, tail = Session(), list[Event]()
    for event in read(path):
        if event.seq > number:
            tail.append(event)
        else:
            evolve(session, event)
    if not tail:
        return None, 0
    opening = carry(session)
    if opening is None or opening.continues is None or session.last is None:
        raise StoreDiffers(f"{path}: the store has another session of this name; move its folder away")
    with closing(JournalLines(lambda: path)) as journal:
        head = head_at(journal, path, number)
    because = "continues in the store without these facts"
    continues = msgspec.structs.replace(opening.continues, file=str(path.absolute()), head=head, because=because)
    apart = _free(path, number + 1)
    with closing(Writer.create(apart)) as writer:
        writer.append(Event(number, session.last, msgspec.structs.replace(opening, continues=continues)))
        for event in tail:
            writer.append(event)
    sync_folder(path.parent)
    _cut(path, number)
    return apart, len(tail)


def head_at(journal: JournalLines, path: Path, number: int) -> str:
    """Return the link of the last line up to a number, in the journal whose last file is `path`."""
    later = journal.after(number)
    return before(later) if later is not None else _end(path)[1]


def before(lines: Lines) -> str:
    """Return the link that these lines continue: where they begin a file, the head that it names."""
    if not lines.opens:
        return lines.prev
    try:
        body = decode(lines.data.partition(b"\n")[0]).body
    except UnreadableLine:
        return ROOT
    return body.continues.head if isinstance(body, Opened) and body.continues is not None else ROOT


class _Target:
    """The local file that takes the store's lines; a line that begins a file begins the next local one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last, self.head = _end(path) if path.exists() else (0, ROOT)
        self._descriptor = -1
        if path.exists():
            self._hold(open_ours(path))

    def take(self, lines: Lines) -> None:
        """Append lines that continue the chain; raises StoreDiffers."""
        if before(lines) != self.head or lines.first <= self.last:
            raise StoreDiffers(f"{self.path}: fact #{lines.first} of the store does not continue the local journal")
        if lines.opens:
            path = next_part(self.path) if self._descriptor >= 0 else self.path
            self.close()
            self.path = path
            self._hold(open_new(path))
            sync_folder(path.parent)
        view = memoryview(lines.data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self.last, self.head = lines.last, lines.head

    def sync(self) -> None:
        """Write everything to the disk."""
        if self._descriptor >= 0:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Release the file."""
        if self._descriptor >= 0:
            self.sync()
            lock.release(self.path)
            os.close(self._descriptor)
            self._descriptor = -1

    def _hold(self, descriptor: int) -> None:
        try:
            lock.acquire(descriptor, self.path, "mmcockpit")
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor


def _end(path: Path) -> tuple[int, str]:
    """Return the number and the link of a journal's last whole line; (0, ROOT) without one."""
    if stored(path) == path:
        with open(open_to_read(path), "rb") as file:
            line = last_line(file.fileno(), os.fstat(file.fileno()).st_size).line
    else:
        line = b""
        with open_journal(path) as plain:
            for each in whole_lines(plain):
                line = each or line
    return (lines_of(line + b"\n").last, link(line)) if line else (0, ROOT)


def _last_begun(path: Path) -> Path:
    """Return the last part of a journal; parts after it are removed that have no whole line.

    A process that was stopped while it began a part leaves such a file, after which the store's lines must not follow.
    """
    while stored(last := parts(path)[-1]).exists() and _end(last) == (0, ROOT):
        # Opening it for writing holds the lock.
        with closing(Writer.open(last, "mmcockpit")):
            last.unlink()
    return last


def _cut(path: Path, number: int) -> None:
    """Remove the lines after a number; files of the session that only have later ones are removed."""
    for journal in reversed(parts(path)):
        place = 0
        with open_journal(journal) as file:
            for line in whole_lines(file):
                if line is not None and _number(line) > number:
                    break
                place = file.tell()
        if place:
            os.truncate(journal, place)
            break
        journal.unlink()
    sync_folder(path.parent)


def _number(line: bytes) -> int:
    try:
        return lines_of(line + b"\n").first
    except ValueError:
        return 0


def _free(path: Path, number: int) -> Path:
    """Return a name for the file with the facts from a number on that is not in use."""
    names = (path.with_name(f"unsent-{number}{again}.jsonl") for again in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(name for name in names if not name.exists())
