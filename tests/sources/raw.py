"""A server on loopback that sends bytes instead of a protocol, for answers that no real server gives."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from mmcockpit.simulator.servers.process import HOST, free_port

Script = Callable[[socket.socket, threading.Event], None]


def says(data: bytes) -> Script:
    """Read a request, answer these bytes, hang up."""

    def script(connection: socket.socket, closing: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(data)

    return script


def tells(answers: Mapping[bytes, str]) -> Script:
    """Answer each command of Redis with the text of the first key that the request holds."""

    def script(connection: socket.socket, closing: threading.Event) -> None:
        while request := connection.recv(65_536):
            text = next(text for key, text in answers.items() if key in request).encode()
            connection.sendall(b"$%d\r\n%s\r\n" % (len(text), text))

    return script


def names_master(port: int, flags: str = "master") -> Script:
    """Answer as a sentinel that names a port of this machine as the master."""
    texts = [text.encode() for text in ("ip", HOST, "port", str(port), "flags", flags)]
    reply = b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)

    def script(connection: socket.socket, closing: threading.Event) -> None:
        while request := connection.recv(65_536):
            connection.sendall(b"+OK\r\n" if b"CKQUORUM" in request else reply)

    return script


def drips(data: bytes, first: bytes = b"", every_s: float = 0.02) -> Script:
    """Read a request, answer `first` at once, then these bytes one at a time, for ever."""

    def script(connection: socket.socket, closing: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        while True:
            for byte in data:
                if closing.wait(every_s):
                    return
                connection.sendall(bytes([byte]))

    return script


def silent(connection: socket.socket, closing: threading.Event) -> None:
    """Accept and say nothing until the end."""
    closing.wait(60)


class RawServer:
    """Runs the script for each connection in a thread of its own; the connection is closed when the script returns."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.port = free_port()
        self._closing = threading.Event()
        self._socket = socket.create_server((HOST, self.port))
        self._threads: list[threading.Thread] = [threading.Thread(target=self._accept)]
        self.open = 0
        self._counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.settimeout(30)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        self._count(1)
        with connection, suppress(OSError):
            self.script(connection, self._closing)
        self._count(-1)

    def _count(self, more: int) -> None:
        with self._counting:
            self.open += more
