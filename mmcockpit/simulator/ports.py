"""Loopback ports, each given to one process at a time, also before anything listens on it and while it is down."""

import fcntl
import functools
import os
import random
import socket
import tempfile
import threading
from collections.abc import Iterator

HOST = "127.0.0.1"
# Below the ephemeral ports of Linux and macOS: no outgoing connection can take the port of a server that is down for a
# while, nor connect to itself there.
PORTS = range(15_000, 30_000)

_ours: set[int] = set()
_choosing = threading.Lock()


def reserve(port: int) -> bool:
    """Keep a port for this process until it ends; False if this or another process of ours has it already."""
    with _choosing:
        if port in _ours:
            return False
        try:
            # The kernel gives the lock back when the process ends, however it ends.
            fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        _ours.add(port)
        return True


def bound(port: int | None = None) -> socket.socket:
    """Return a socket bound to a port of loopback, not listening: a client is refused. OSError if the port is taken."""
    for wanted in [port] if port else _candidates():
        found = socket.socket()
        # Connections of an earlier server on the port may linger after its end.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, wanted))
        except OSError:
            found.close()
            continue
        return found
    raise OSError(f"no free port on {HOST} between {PORTS.start} and {PORTS.stop}")


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on, and that no other process of ours will take."""
    with bound() as probe:
        port: int = probe.getsockname()[1]
        return port


def _candidates() -> Iterator[int]:
    return filter(reserve, random.SystemRandom().sample(PORTS, len(PORTS)))


@functools.cache
def _locks() -> int:
    """Return the descriptor of a file of which a port's number is the byte to lock. It is never closed."""
    path = os.path.join(tempfile.gettempdir(), f"mmcockpit-ports-{os.getuid()}")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
