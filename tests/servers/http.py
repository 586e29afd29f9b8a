"""A scriptable HTTP server: what it answers is set path by path, and every request is kept."""

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from mmcockpit.simulator.servers.process import HOST, free_port

CHUNK = b"x" * 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers.

    `delay_s` passes before the first byte. `truncated_to` sends the headers of the whole body, then so many bytes of
    it, and hangs up. `endless` ignores `body` and sends until the client has had enough.
    """

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    truncated_to: int | None = None
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; `path` is without its query, `target` with it."""

    method: str
    path: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class HttpServer:
    """A threaded server on loopback; with a TLS context it serves HTTPS.

    `answers` maps a path, or one with its query, to its answer and may change at any time; an unknown path is a 404, an
    address of more than `longest` characters a 414.
    """

    def __init__(self, *, port: int | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.port = port or free_port()
        self.tls = tls
        self.answers: dict[str, Answer] = {}
        self.longest = 60_000
        self.requests: list[Received] = []
        self._listening: _Listening | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.port

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    def count(self, path: str) -> int:
        """How many requests came for this path."""
        return sum(request.path == path for request in self.requests)

    def answer(self, request: Received) -> Answer:
        """Return what a request is answered with."""
        unknown = Answer(404, f"no answer is set for {request.path}\n")
        return self.answers.get(request.target) or self.answers.get(request.path, unknown)

    def start(self) -> Self:
        """Serve, on the same port as ever; the answers and the requests so far stay."""
        self._listening = _Listening(self)
        self._thread = threading.Thread(target=self._listening.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Refuse connections, cutting off those that are open."""
        if self._listening and self._thread:
            self._listening.hang_up()
            self._thread.join()
            self._listening = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Listening(ThreadingHTTPServer):
    """The life of an HttpServer between start and stop; it knows its connections, so that stop leaves no thread."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, owner: HttpServer) -> None:
        self.owner = owner
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        super().__init__(owner.address, _Conversation)

    def hang_up(self) -> None:
        self.closing.set()
        self.shutdown()
        for connection in list(self._connections):
            _cut(connection)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake belongs to the connection's thread: a client that stalls in it must not stall the others.
        if self.owner.tls:
            with self.owner.tls.wrap_socket(request.dup(), server_side=True) as secured:
                super().finish_request(secured, client_address)
        else:
            super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up or refuse a certificate are what these tests are about."""


class _Conversation(BaseHTTPRequestHandler):
    server: _Listening
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one go, so that a small answer is one packet.
    wbufsize = -1

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        received = Received(self.command, target.path, self.path, dict(self.headers.items()), body)
        self.server.owner.requests.append(received)
        answer = self.server.owner.answer(received)
        if len(self.path) > self.server.owner.longest:
            answer = Answer(414)
        if answer.delay_s and self.server.closing.wait(answer.delay_s):
            self.close_connection = True
            return
        if answer.endless:
            self._send_endless(answer)
        else:
            self._send(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self._send_headers(answer, {"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body if answer.truncated_to is None else body[: answer.truncated_to])
        if answer.truncated_to is not None:
            self.close_connection = True

    def _send_endless(self, answer: Answer) -> None:
        self._send_headers(answer, {"Connection": "close"})
        while not self.server.closing.is_set():
            self.wfile.write(CHUNK)

    def _send_headers(self, answer: Answer, framing: Mapping[str, str]) -> None:
        self.send_response(answer.status)
        for name, value in {**framing, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
