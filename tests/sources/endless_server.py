"""Servers that never come to an end: some say too much, some nothing more."""

import socket
import threading

from tests.sources.raw import Script


def pours(first: bytes, more: bytes) -> Script:
    """Read a request, answer `first`, then `more` again and again until the other side hangs up."""

    def script(connection: socket.socket, closing: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        while not closing.is_set():
            connection.sendall(more)

    return script


def starts(first: bytes) -> Script:
    """Read a request, answer `first`, and say nothing more until the end."""

    def script(connection: socket.socket, closing: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        closing.wait(60)

    return script
