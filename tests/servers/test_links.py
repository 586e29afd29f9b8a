"""A link delivers, delays, freezes in either direction, is cut, mended, and led elsewhere."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.process import HOST
from tests.servers.links import Link, Links
from tests.servers.wait import wait_until


class Echo:
    """A server that returns each line, with its own name before it; `heard` are all lines so far."""

    def __init__(self, name: bytes) -> None:
        self.name, self.heard = name, list[bytes]()
        self._server = socket.create_server((HOST, 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rwb", buffering=0) as lines:
            try:
                for line in lines:
                    self.heard.append(line)
                    lines.write(self.name + b" " + line)
            except OSError:
                return

    def close(self) -> None:
        """Stop accepting."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo(b"one")
    yield server
    server.close()


@pytest.fixture
def links() -> Iterator[Links]:
    with Links() as links:
        yield links


def client(link: Link) -> socket.socket:
    return socket.create_connection((HOST, link.port), timeout=10)


def reset(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_what_is_sent_arrives_later_by_the_delay(links: Links, echo: Echo) -> None:
    link = links.link(echo.port)
    with client(link) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100) == b"one hello\n"
        link.delay(0.2)
        began = time.monotonic()
        connection.sendall(b"late\n")
        assert connection.recv(100) == b"one late\n"
        assert time.monotonic() - began >= 0.4


def test_a_request_arrives_although_its_reply_is_frozen(links: Links, echo: Echo) -> None:
    link = links.link(echo.port)
    with client(link) as connection:
        connection.sendall(b"first\n")
        assert connection.recv(100) == b"one first\n"
        link.freeze(requests=False)
        connection.sendall(b"second\n")
        wait_until(lambda: b"second\n" in echo.heard, "the request arrives")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        link.mend()
        connection.settimeout(10)
        assert connection.recv(100) == b"one second\n"


def test_a_cut_link_resets_and_refuses_until_it_is_mended(links: Links, echo: Echo) -> None:
    link = links.link(echo.port)
    with client(link) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100)
        link.cut()
        assert reset(connection)
    with pytest.raises(ConnectionRefusedError):
        client(link)
    link.mend()
    with client(link) as connection:
        connection.sendall(b"again\n")
        assert connection.recv(100) == b"one again\n"


def test_a_link_leads_to_another_server(links: Links, echo: Echo) -> None:
    other = Echo(b"two")
    link = links.link(echo.port)
    with client(link) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100) == b"one hello\n"
        link.lead_to(other.port)
        assert reset(connection)
    with client(link) as connection:
        connection.sendall(b"hello\n")
        assert connection.recv(100) == b"two hello\n"
    other.close()
