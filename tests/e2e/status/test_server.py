"""Who gets what over the wire: tokens, methods, hosts, limits, certificates."""

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from mmcockpit.cli import main
from mmcockpit.status import server as served
from mmcockpit.status.addresses import listener
from mmcockpit.status.latest import LatestBody
from mmcockpit.status.server import MOST_CONNECTIONS, MOST_HEADERS, MOST_READERS, StatusServer
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import Place
from tests.servers.wait import PATIENCE_S, wait_until

TOKEN = "a-token-of-this-test"


class RunningServer:
    """The server of a page in a thread, without a session: `latest` is what it streams."""

    def __init__(self) -> None:
        self.latest = LatestBody("<p>first</p>")
        where = listener("127.0.0.1:0", None, None)
        self.server = StatusServer(where, TOKEN, "<!doctype html>page", "default-src 'none'", self.latest)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        wait_until(lambda: self.port > 0, "the page is served")

    def publish(self, text: str) -> None:
        """Replace what is streamed."""
        self._loop.call_soon_threadsafe(self.latest.publish, text)

    def stop(self) -> None:
        """End the server."""
        assert self._task is not None
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self.server.serve(lambda port: setattr(self, "port", port)))
        self._loop.run_until_complete(asyncio.gather(self._task, return_exceptions=True))
        self._loop.close()

    def ask(self, request: str) -> str:
        """Send bytes; return the whole response."""
        with closing(self.connect()) as connection:
            connection.sendall(request.encode())
            response = b""
            with suppress(ConnectionResetError):
                while block := connection.recv(65536):
                    response += block
        return response.decode()

    def get(self, path: str = "/", *headers: str, method: str = "GET", host: str = "127.0.0.1") -> str:
        """Send a request; return the whole response."""
        return self.ask("\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}:{self.port}", *headers, "", ""]))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def read(self) -> "Reader":
        """Open a stream with the right token."""
        return Reader(self.connect(), self.port)


class Reader:
    """A reader of the stream: its socket, and what came so far."""

    def __init__(self, connection: socket.socket, port: int) -> None:
        self.connection = connection
        self.received = b""
        request = f"GET /stream HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        connection.sendall(request.encode())

    def until(self, text: str) -> str:
        """Read until a text came; return all that came."""
        while text.encode() not in self.received:
            block = self.connection.recv(1_048_576)
            assert block, "the server closed the stream"
            self.received += block
        return self.received.decode()


@pytest.fixture
def running() -> Iterator[RunningServer]:
    server = RunningServer()
    yield server
    server.stop()


def status(response: str) -> int:
    return int(response.split()[1])


def test_only_the_token_opens_the_stream_and_the_page_has_nothing_of_the_session(running: RunningServer) -> None:
    page = running.get("/?x=1")
    assert status(page) == 200
    assert page.endswith("page")
    assert "first" not in page
    for headers in (
        (),
        ("Authorization: Bearer wrong",),
        (f"Authorization: Basic {TOKEN}",),
        (f"Authorization: Bearer {TOKEN}x",),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer other"),
        (f"Cookie: token={TOKEN}",),
    ):
        refused = running.get("/stream", *headers)
        assert status(refused) == 401, headers
        assert "first" not in refused
    assert status(running.get(f"/stream?token={TOKEN}")) == 401
    reader = running.read()
    with closing(reader.connection):
        assert '"html":"<p>first</p>"' in reader.until("first")


def test_a_reader_gets_each_new_body_and_not_the_same_one_again(running: RunningServer) -> None:
    reader = running.read()
    with closing(reader.connection):
        reader.until("first")
        running.publish("<p>first</p>")
        running.publish("<p>second \N{SNOWMAN}</p>")
        lines = [line for line in reader.until("second").splitlines() if line.startswith("{")]
    assert [json.loads(line)["html"] for line in lines] == ["<p>first</p>", "<p>second \N{SNOWMAN}</p>"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"])
def test_there_are_no_other_methods(running: RunningServer, method: str) -> None:
    for path in ("/", "/stream"):
        response = running.get(path, f"Authorization: Bearer {TOKEN}", method=method)
        assert status(response) == 405
        assert "\r\nAllow: GET\r\n" in response
        assert "Access-Control" not in response


def test_a_page_of_another_site_cannot_rebind_its_name_to_this_address(running: RunningServer) -> None:
    authorized = f"Authorization: Bearer {TOKEN}"
    for host in ("evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "0.0.0.0", "10.0.0.1"):
        assert status(running.get("/stream", authorized, host=host)) == 421, host
    assert status(running.get(host="localhost")) == 200
    assert status(running.ask("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n")) == 400
    assert status(running.ask("GET / HTTP/1.1\r\n\r\n")) == 400
    assert status(running.get("/etc/passwd")) == 404


def test_a_request_is_bounded_and_what_is_no_request_is_refused(running: RunningServer) -> None:
    long = f"X-Long: {'x' * 2 * MOST_HEADERS}"
    assert status(running.get("/", long)) == 431
    assert status(running.ask("\x16\x03\x01 hello\r\n\r\n")) == 400
    for header in (
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Content-Security-Policy: default-src",
    ):
        assert header in running.get()


def test_a_connection_without_a_request_is_closed(running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "REQUEST_S", 0.2)
    with closing(running.connect()) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert connection.recv(1) == b""


def test_the_51st_reader_gets_a_503_and_then_the_place_of_one_that_left(running: RunningServer) -> None:
    with ExitStack() as stack:
        readers = [running.read() for _ in range(MOST_READERS)]
        for reader in readers:
            stack.callback(reader.connection.close)
            reader.until("first")
        refused = running.get("/stream", f"Authorization: Bearer {TOKEN}")
        assert status(refused) == 503
        assert refused.endswith("50 people read this page already. It tries again by itself.\n")
        assert status(running.get()) == 200
        readers[0].connection.close()

        def taken() -> bool:
            with closing(running.connect()) as connection:
                Reader(connection, running.port)
                return status(connection.recv(65536).decode()) == 200

        wait_until(taken, "there is a place again")


def test_idle_connections_are_bounded(running: RunningServer) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS):
            stack.enter_context(closing(running.connect()))
        with closing(running.connect()) as more:
            assert more.recv(1) == b""
    wait_until(lambda: running.get().endswith("page"), "requests are answered again")


def test_a_reader_that_takes_nothing_is_dropped(running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "DRAIN_S", 2.0)
    with closing(socket.socket()) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(PATIENCE_S)
        slow.connect(("127.0.0.1", running.port))
        Reader(slow, running.port)
        other = running.read()
        with closing(other.connection):
            other.until("first")
            running.publish("x" * 1_000_000)
            other.until('xxx"}')

            wait_until(lambda: running.server.readers == 1, "the slow reader is dropped")
            running.publish("<p>last</p>")
            other.until("last")
        rest = b""
        while block := slow.recv(65536):
            rest += block
        assert b"first" in rest
        assert b'xxx"}' not in rest


@contextmanager
def certificate(folder: Path, *names: str) -> Iterator[tuple[Path, Path, ssl.SSLContext]]:
    """Issue a certificate; yield its file, its key's file, and what a client that trusts it needs."""
    authority = trustme.CA()
    issued = authority.issue_cert(*names)
    chain, key = folder / "page.crt", folder / "page.key"
    chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    yield chain, key, context


def test_another_address_needs_a_certificate_and_has_the_names_in_it(place: Place, tmp_path: Path) -> None:
    refused = place.call("status", "sample", "--serve", "0.0.0.0:0")
    assert refused.returncode == 1
    assert "0.0.0.0 is not loopback: give --certificate and --key" in refused.stderr
    with certificate(tmp_path, "status.example.org", "*.shop.example.org") as (chain, key, context):
        words = ("--certificate", os.fspath(chain), "--key", os.fspath(key))
        with HeadlessDriver(place, "status", "sample", "--serve", "0.0.0.0:0", *words) as server:
            link = server.says("#").split()[-1]
            found = re.fullmatch(r"https://status\.example\.org:(\d+)/#(\S{43})", link)
            assert found is not None, link
            for host, code in (("status.example.org", 200), ("eu.shop.example.org", 200), ("evil.test", 421)):
                with (
                    socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE_S) as plain,
                    context.wrap_socket(plain, server_hostname="status.example.org") as connection,
                ):
                    request = f"GET /stream HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {found[2]}\r\n\r\n"
                    connection.sendall(request.encode())
                    assert status(connection.recv(4096).decode()) == code
            assert server.ends(signal.SIGINT) == 0
            assert server.errors == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--serve", "127.0.0.1"), "write HOST:PORT, such as 127.0.0.1:8080"),
        (("--serve", "status.example.org:80"), "is not an IP address: write the address to listen on"),
        (("--serve", "127.0.0.1:0", "--key", "k.pem"), "--certificate and --key belong together: give both"),
        (("--serve", "127.0.0.1:0", "--key", "k.pem", "--certificate", "c.pem"), "both must be PEM files"),
        (("--serve", "127.0.0.1:0", "-o", "x.html"), "-o belongs to --once"),
        (("--once", "--key", "k.pem"), "--certificate and --key belong to --serve"),
        ((), "one of the arguments --serve --once is required"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_way_out(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    try:
        code = main(["status", "sample", *words])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    assert code in (1, 2)
    assert says in capsys.readouterr().err
