"""Loopback ports, each assigned only once, also before anything listens on it and while its server is down.

Processes that share the file named by the environment variable MMCOCKPIT_PORTS never get the same port.
"""

import fcntl
import functools
import os
import random
import socket
import threading
from collections.abc import Iterator

HOST = "127.0.0.1"
# Below the ephemeral ports of Linux and macOS: no outgoing connection can take the port of a server that is temporarily
# down, nor connect to itself there.
PORTS = range(15_000, 30_000)

STRIDE = 7919
"""Has no factor in common with the number of ports, so that every port is tried once."""

_ours: set[int] = set()
_choosing = threading.Lock()


def reserve(port: int) -> bool:
    """Reserve a port for this process until it ends; False if this process, or another with the same file, has it."""
    with _choosing:
        if port in _ours:
            return False
        locks = _locks()
        try:
            if locks is not None:
                # The kernel releases the lock when the process ends, however it ends.
                fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        _ours.add(port)
        return True


def bound(port: int | None = None) -> socket.socket:
    """Return a socket bound to a port of loopback, not listening: a client is refused. OSError if the port is taken."""
    for wanted in [port] if port else _candidates():
        listener = socket.socket()
        # Connections of an earlier server on the port may linger after its end.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, wanted))
        except OSError:
            listener.close()
            continue
        return listener
    raise OSError(f"no free port on {HOST} between {PORTS.start} and {PORTS.stop}")


def bound_datagrams(port: int | None = None) -> socket.socket:
    """Return a UDP socket bound to a port of loopback; datagrams wait in it. OSError if the port is taken."""
    for wanted in [port] if port else _candidates():
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        try:
            datagrams.bind((HOST, wanted))
        except OSError:
            datagrams.close()
            continue
        datagrams.setblocking(False)
        return datagrams
    raise OSError(f"no free UDP port on {HOST} between {PORTS.start} and {PORTS.stop}")


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on, and reserve it."""
    with bound() as probe:
        port: int = probe.getsockname()[1]
        return port


def _candidates() -> Iterator[int]:
    """Yield ports that are reserved now, beginning at a random one."""
    first = random.SystemRandom().randrange(len(PORTS))
    return filter(reserve, (PORTS[(first + n * STRIDE) % len(PORTS)] for n in range(len(PORTS))))


@functools.cache
def _locks() -> int | None:
    """Return the descriptor of the shared file, where a port's number is the byte to lock; it is never closed."""
    path = os.environ.get("MMCOCKPIT_PORTS")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600) if path else None
