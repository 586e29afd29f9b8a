"""Observers of a running session: each holds a lock file beside the journal, which the driver polls.

As with the journal's own lock, the file has no meaning without the lock, which ends with the process that holds it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import ObserverJoined, ObserverLeft
from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError, first_part, open_ours, open_to_read, sidecar
from mmcockpit.journal.lock import Holder

MOST = 32
"""Maximum number of observers that are shown; more may watch."""
UNNAMED = "unnamed observer"


class Presence:
    """An observer's lock file; raises SessionError, or OSError, if it cannot be created beside this journal."""

    def __init__(self, journal: Path, observer: str, host: str) -> None:
        self._path = sidecar(first_part(journal), f"observer.{os.getpid()}")
        temporary = self._path.with_suffix(f".{os.getpid()}~")
        self._descriptor = open_ours(temporary, create=True, append=False)
        os.write(self._descriptor, msgspec.json.encode(Holder(os.getpid(), plain(observer, 40), plain(host, 64))))
        # Renamed only once it is locked, so that the driver never finds it unlocked.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        temporary.replace(self._path)

    def end(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


class Observers:
    """The driver's list of observers; touches the driver's lock file to show observers that the driver is alive."""

    def __init__(self, journal: Path, current: Callable[[], Path] | None = None) -> None:
        self._journal = first_part(journal)
        self._current = current or (lambda: journal)
        self._known: dict[int, str] = {}

    def look(self) -> list[ObserverJoined | ObserverLeft]:
        """Return the observers that joined and left since the last call, and update the driver's heartbeat."""
        with suppress(OSError):
            os.utime(sidecar(self._current(), "lock"))
        here = dict(self._present())
        came = [ObserverJoined(name, process) for process, name in here.items() if process not in self._known]
        went = [ObserverLeft(name, process) for process, name in self._known.items() if process not in here]
        self._known = here
        return [*went, *came]

    def _present(self) -> Iterator[tuple[int, str]]:
        prefix = sidecar(self._journal, "observer.").name
        try:
            names = sorted(name for name in os.listdir(self._journal.parent) if name.startswith(prefix))
        except OSError:
            return
        for name in names[:MOST]:
            process = name.removeprefix(prefix)
            if process.isdecimal() and len(process) < 12:
                observer = _holder(self._journal.with_name(name))
                if observer:
                    yield int(process), observer


def _holder(path: Path) -> str:
    """Return the holder of this lock file; removes a file that is not locked."""
    try:
        descriptor = open_to_read(path)
    except SessionError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _noted(descriptor)
    finally:
        os.close(descriptor)
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return ""


def _noted(descriptor: int) -> str:
    with suppress(OSError, ValueError, RecursionError):
        return plain(msgspec.json.decode(os.read(descriptor, 4096), type=Holder).operator, 40) or UNNAMED
    return UNNAMED
