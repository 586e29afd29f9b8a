"""Who writes a journal: an exclusive lock on the journal itself, and beside it the name of whoever holds it."""

import fcntl
import os
import platform
from contextlib import suppress
from pathlib import Path

import msgspec

from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError, open_ours, open_to_read, sidecar


class Holder(msgspec.Struct, frozen=True):
    """Who holds a journal's lock."""

    pid: int
    operator: str
    host: str

    def __str__(self) -> str:
        """Return the holder as `ana on edge-1 (process 4711)`."""
        return f"{plain(self.operator, 64) or 'somebody'} on {plain(self.host, 64) or 'some host'} (process {self.pid})"


class Locked(SessionError):
    """Raised when somebody else writes this journal; `holder` says who, where that is known."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = str(holder) if holder else "another process"
        super().__init__(f"{path}: {who} is running this session; `mmcockpit watch` follows it from here")
        self.holder = holder


def acquire(descriptor: int, path: Path, operator: str, host: str = "") -> None:
    """Take the journal's lock for this process and write down who has it; raises Locked, or OSError.

    The lock ends with the descriptor, also when the process is killed: a note of the holder without it means nothing.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(path, _noted(path)) from None
    note = msgspec.json.encode(Holder(os.getpid(), plain(operator, 64), plain(host or platform.node(), 64)))
    # Neither a full disk nor a spoilt note must keep anybody from resuming: the lock holds without the note.
    with suppress(OSError, SessionError):
        beside = open_ours(sidecar(path, "lock"), create=True, append=False)
        try:
            os.ftruncate(beside, 0)
            os.write(beside, note)
        finally:
            os.close(beside)


def release(path: Path) -> None:
    """Take away the note of the holder, shortly before the descriptor is closed."""
    with suppress(OSError):
        sidecar(path, "lock").unlink(missing_ok=True)


def holder(path: Path) -> Holder | None:
    """Return who is writing this journal, or None.

    The lock itself is only tried where a note names a process that may be alive, and then as a reader for a moment.
    """
    noted = _noted(path)
    if noted is None or (noted.host == plain(platform.node(), 64) and not _alive(noted.pid)):
        return None
    try:
        descriptor = open_to_read(path)
    except SessionError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return noted
    finally:
        os.close(descriptor)
    return None


def _noted(path: Path) -> Holder | None:
    try:
        descriptor = open_to_read(sidecar(path, "lock"))
    except SessionError:
        return None
    try:
        return msgspec.json.decode(os.read(descriptor, 4096), type=Holder)
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
