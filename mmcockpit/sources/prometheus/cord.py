"""A connection that any thread can close; imported with the client of Prometheus."""

import socket
from contextlib import suppress
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class Cord:
    """A second handle to the connection in use, valid in every phase: TLS replaces the first one."""

    def __init__(self) -> None:
        self.pulled = False
        self._socket: socket.socket | None = None

    def hold(self, connected: socket.socket) -> None:
        self.drop()
        self._socket = connected.dup()
        if self.pulled:
            self.pull()

    def pull(self) -> None:
        self.pulled = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Held:
    """A mixin for urllib3's connections: registers each new one with the cord."""

    cord: Cord

    def _new_conn(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.cord.hold(connected)
        return connected


def pools(cord: Cord) -> dict[str, Any]:
    """Return urllib3's connection pool classes by scheme, with connections registered in the cord."""
    plain = type("HeldConnection", (_Held, HTTPConnection), {"cord": cord})
    tls = type("HeldTlsConnection", (_Held, HTTPSConnection), {"cord": cord})
    return {
        "http": type("HeldPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("HeldTlsPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
