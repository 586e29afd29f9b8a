"""Servers that stop running, and go on: with all the processes that they started."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from mmcockpit.simulator.servers.process import Server


def freeze(server: Server) -> None:
    """Keep a server and its children from running: connections stay open, and nothing answers."""
    _send(server, signal.SIGSTOP)


def thaw(server: Server) -> None:
    """Let them go on."""
    _send(server, signal.SIGCONT)


def _send(server: Server, what: signal.Signals) -> None:
    for pid in _family(server.pid) if server.pid else ():
        os.kill(pid, what)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))
