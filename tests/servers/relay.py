"""A relay on loopback that counts requests: how often a client writes after the server's last reply."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from mmcockpit.simulator.servers.process import HOST, free_port

CHUNK = 65_536


class Relay:
    """Forwards connections to a port of this machine; `turns` is how many requests went through.

    It knows no protocol: a turn is what a client writes after a reply, or first. Every request of HTTP/1, Redis and
    PostgreSQL is one turn; a login and a TLS handshake are turns, too.
    """

    def __init__(self, target: int) -> None:
        self.port, self.target = free_port(), target
        self.connections = self.turns = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._listening = socket.create_server((HOST, self.port))
        threading.Thread(target=self._accept, name="relay", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((HOST, self.target), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self.connections += 1
            _Exchange(self, client, server)

    def count(self) -> None:
        """Count one turn."""
        with self._lock:
            self.turns += 1


class _Exchange:
    """One connection in both directions; it is closed once both have ended."""

    def __init__(self, relay: Relay, client: socket.socket, server: socket.socket) -> None:
        self._relay, self._replied = relay, True
        self._ends = (client, server)
        self._open = threading.Semaphore(1)
        for ends in ((client, server, False), (server, client, True)):
            threading.Thread(target=self._pump, args=ends, name="relay", daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, reply: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if not reply and self._replied:
                    self._relay.count()
                self._replied = reply
                target.sendall(data)
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        if not self._open.acquire(blocking=False):
            for end in self._ends:
                end.close()
