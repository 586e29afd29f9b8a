"""Tracks whether a server accepted a connection and responded, to tell a hung service from an unreachable one."""

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

LATE_S = 1.0
"""Seconds of delay from which a timeout is not evidence against the server: the cockpit itself was blocked."""
SHARE = 0.5
"""Least part of the timeout that a server must have had to respond before it counts as hung."""
_KEEPALIVE = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3))
"""Settings with which the kernel detects an unreachable peer: seconds of idle, seconds between probes, probes."""


@dataclass(slots=True)
class Wait:
    """How long a server has had to respond, in seconds of `perf_counter`; before anything is `sent`: None."""

    timeout: float
    began: float = field(default_factory=perf_counter)
    sent: float | None = None

    @property
    def fair(self) -> bool:
        """Whether the server had enough of the timeout, and the cockpit was not blocked meanwhile."""
        now = perf_counter()
        if self.sent is None or now - self.began > self.timeout + LATE_S:
            return False
        return now - self.sent >= self.timeout * SHARE


class LastContact:
    """How far one request came: httpx reports each stage to `trace`; after a redirect the last connection counts."""

    def __init__(self, timeout: float) -> None:
        self.wait = Wait(timeout)
        self.accepted = False
        self.answered = False
        self._line: socket.socket | None = None
        self._stream: Any = None

    @property
    def hung(self) -> bool:
        """Whether the server accepted the connection, was sent a request, and sent no byte of a response."""
        return self.accepted and self.wait.sent is not None and not self.answered

    async def trace(self, stage: str, info: dict[str, Any]) -> None:
        """Handle one stage of the request (the `trace` extension of httpx)."""
        match stage:
            case "connection.connect_tcp.started":
                self.close()
                self.accepted = self.answered = False
                self.wait.sent = None
            case "connection.connect_tcp.complete":
                self.accepted = True
                self._stream = info["return_value"]
                self._watch(self._stream)
                self._hold(self._stream)
            case "connection.start_tls.started" | "http11.send_request_headers.complete" if self.wait.sent is None:
                self.wait.sent = perf_counter()
            case "connection.start_tls.complete":
                self._watch(info["return_value"])

    def still_hung(self) -> bool:
        """Return whether the connection is still open without a response, even after the request timed out."""
        if not self.hung or self._line is None:
            return False
        try:
            self._line.recv(1)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    async def give_up(self) -> None:
        """Close the client's side of a request without response: httpcore leaves an interrupted handshake open."""
        if self.accepted and not self.answered and self._stream is not None:
            await self._stream.aclose()
        self._stream = None

    def close(self) -> None:
        """Close the second handle to the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _watch(self, stream: Any) -> None:
        read = stream.read

        async def watched(max_bytes: int, timeout: float | None = None) -> bytes:
            data: bytes = await read(max_bytes, timeout)
            self.answered = self.answered or bool(data)
            return data

        stream.read = watched

    def _hold(self, stream: Any) -> None:
        """Keep a second handle to the connection, which stays open when the client gives up."""
        with suppress(OSError):
            self._line = stream.get_extra_info("socket").dup()
            self._line.setblocking(False)
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE:
                if hasattr(socket, name):
                    self._line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
