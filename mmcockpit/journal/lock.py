"""An exclusive lock on a journal while a process writes it, and a lock file beside it that names the holder."""

import fcntl
import os
import platform
from contextlib import suppress
from pathlib import Path

import msgspec

from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError, open_ours, open_to_read, sidecar


class Holder(msgspec.Struct, frozen=True):
    """The process and operator that hold a journal's lock."""

    pid: int
    operator: str
    host: str

    def __str__(self) -> str:
        """Return the holder as `ana on edge-1 (process 4711)`."""
        operator, host = plain(self.operator, 64) or "an operator", plain(self.host, 64) or "an unknown host"
        return f"{operator} on {host} (process {self.pid})"


class Locked(SessionError):
    """Raised if another process is writing this journal; `holder` is that process, if known."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = str(holder) if holder else "another process"
        super().__init__(f"{path}: {who} runs this session; `mmcockpit watch` shows it")
        self.holder = holder


def acquire(descriptor: int, path: Path, operator: str, host: str = "") -> None:
    """Take the journal's lock for this process and record the holder; raises Locked, or OSError.

    The lock ends with the descriptor, also when the process is killed; a lock file without the lock has no meaning.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(path, _noted(path)) from None
    note = msgspec.json.encode(Holder(os.getpid(), plain(operator, 64), plain(host or platform.node(), 64)))
    # A full disk or a damaged lock file must not prevent resuming: the lock is valid without the file.
    with suppress(OSError, SessionError):
        beside = open_ours(sidecar(path, "lock"), create=True, append=False)
        try:
            os.ftruncate(beside, 0)
            os.write(beside, note)
        finally:
            os.close(beside)


def release(path: Path) -> None:
    """Remove the lock file, shortly before the descriptor is closed."""
    with suppress(OSError):
        sidecar(path, "lock").unlink(missing_ok=True)


def holder(path: Path) -> Holder | None:
    """Return the process that is writing this journal, or None.

    The lock itself is only tried if the lock file names a process that may be alive, and then briefly as a shared lock.
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
