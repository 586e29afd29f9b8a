"""Processes that stop running and continue, with all the processes that they started."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def freeze(pid: int) -> None:
    """Keep a process and its children from running: connections stay open, and nothing answers."""
    # The parent first: it must not start another child meanwhile.
    for member in family(pid):
        _send(member, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """Let them continue."""
    for member in [*family(pid)]:
        _send(member, signal.SIGCONT)


def end_without_parent(pids: Iterable[int], within_s: float) -> None:
    """Wait until these processes have noticed that their parent is dead, and ended; those that do not are left."""
    deadline = time.monotonic() + within_s
    for pid in pids:
        _send(pid, signal.SIGCONT)
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.005)


def family(pid: int) -> Iterator[int]:
    """Yield a process and all the processes that it and they started."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield from family(int(child))


def _send(pid: int, what: signal.Signals) -> None:
    # A child may end at any time; its parent then takes it off the list.
    with suppress(ProcessLookupError):
        os.kill(pid, what)
