"""Who is at the other end of a Unix socket: the kernel's own word (SO_PEERCRED), never what the peer sends."""

import pwd
import socket
import struct
from typing import NamedTuple

_CREDENTIALS = struct.Struct("3i")


class PeerUnknown(OSError):
    """Raised where the kernel does not identify the peer of a Unix socket."""


class Peer(NamedTuple):
    """A process as the kernel knows it: its id when it connected or began to listen, and the user it runs as."""

    pid: int
    uid: int
    login: str

    @property
    def identity(self) -> str:
        """The identity that facts record, such as `unix:ana`."""
        return f"unix:{self.login}"


def peer_of(connection: socket.socket) -> Peer:
    """Return the process at the other end; raises PeerUnknown, or OSError.

    Looks the login up in the user database, which may be a server: call it outside of the engine's loop.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        raise PeerUnknown("this system does not identify the peer of a Unix socket (SO_PEERCRED); Linux does")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(credentials)
    return Peer(pid, uid, login_of(uid))


def login_of(uid: int) -> str:
    """Return the login of a user; `uid-4711` for one without an entry in the user database."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
