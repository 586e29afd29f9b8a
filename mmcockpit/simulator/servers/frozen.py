"""Processes that stop running and continue, with all the processes that they started."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def freeze(pid: int) -> None:
    """Keep a process and its children from running: connections stay open, and nothing answers."""
    # The parent first: it must not start another child meanwhile.
    for member in _family(pid):
        _send(member, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """Let them continue."""
    for member in [*_family(pid)]:
        _send(member, signal.SIGCONT)


def _send(pid: int, what: signal.Signals) -> None:
    # A child may end at any time; its parent then takes it off the list.
    with suppress(ProcessLookupError):
        os.kill(pid, what)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield from _family(int(child))
