"""Serves the status page: one page, one stream for readers with the token; nothing else, and no commands."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus

import h11
import msgspec

from mmcockpit.status.addresses import Listener
from mmcockpit.status.latest import LatestBody

MOST_READERS = 50
"""Readers at a time: each has a page open."""

MOST_CONNECTIONS = 200
"""Connections at a time, with those that have sent no request yet; further ones are closed."""

REQUEST_S = 10.0
"""Seconds that a connection has for its request."""

MOST_HEADERS, BLOCK = 16_384, 1_024
"""Bytes of a request's line and headers, and bytes that are read at a time."""

DRAIN_S = 10.0
"""Seconds after which a reader that takes nothing is dropped."""

BUFFER = 65_536
"""Bytes that the system may hold back for one reader."""

HEARTBEAT_S = 5.0
"""Seconds between two lines of a stream, also without a change."""

PAGE, STREAM = "/", "/stream"

_SAFE = (
    ("Cache-Control", "no-store"),
    ("Connection", "close"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


class StatusServer:
    """Answers the requests of readers until it is cancelled; `latest` is what it streams."""

    def __init__(self, listener: Listener, token: str, page: str, policy: str, latest: LatestBody) -> None:
        self._listener = listener
        self._authorization = f"Bearer {token}".encode()
        self._page, self._policy = page.encode(), policy
        self._latest = latest
        self._tasks: set[asyncio.Task[None]] = set()
        self.readers = 0
        """How many follow the stream now."""

    async def serve(self, started: Callable[[int], None]) -> None:
        """Listen, call `started` with the port, and serve; OSError if the address cannot be used."""
        server = await asyncio.start_server(
            self._connected,
            self._listener.host,
            self._listener.port,
            ssl=self._listener.tls,
            ssl_handshake_timeout=REQUEST_S if self._listener.tls else None,
        )
        try:
            started(server.sockets[0].getsockname()[1])
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await _Exchange(reader, writer).answer(self._respond)
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.CancelledError):
            # Cancelled only at the end of the server; Python 3.11 would print that as an error.
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _respond(self, request: h11.Request, exchange: "_Exchange") -> None:
        hosts = [value for name, value in request.headers if name == b"host"]
        if len(hosts) != 1 or not self._listener.accepts(hosts[0].decode("latin-1")):
            return await exchange.refuse(HTTPStatus.MISDIRECTED_REQUEST, "This page has another address.")
        if request.method != b"GET":
            return await exchange.refuse(HTTPStatus.METHOD_NOT_ALLOWED, "This page is read-only.", ("Allow", "GET"))
        match request.target.decode("latin-1").partition("?")[0]:
            case path if path == PAGE:
                headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", self._policy))
                return await exchange.whole(HTTPStatus.OK, self._page, *headers)
            case path if path == STREAM:
                return await self._stream(request, exchange)
        return await exchange.refuse(HTTPStatus.NOT_FOUND, "There is only one page here: /")

    async def _stream(self, request: h11.Request, exchange: "_Exchange") -> None:
        given = [value for name, value in request.headers if name == b"authorization"]
        if len(given) != 1 or not compare_digest(given[0], self._authorization):
            challenge = ("WWW-Authenticate", "Bearer")
            return await exchange.refuse(HTTPStatus.UNAUTHORIZED, "The token is missing or not valid.", challenge)
        if self.readers >= MOST_READERS:
            sentence = f"{MOST_READERS} people read this page already. It tries again by itself."
            return await exchange.refuse(HTTPStatus.SERVICE_UNAVAILABLE, sentence, ("Retry-After", "10"))
        self.readers += 1
        try:
            await exchange.stream(self._latest)
        finally:
            self.readers -= 1


class _Exchange:
    """One request and its response on a connection, which is closed afterwards."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADERS)
        # So that a reader that takes nothing is noticed, and holds little memory.
        writer.transport.set_write_buffer_limits(high=0)
        if (connection := writer.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)

    async def answer(self, respond: Callable[[h11.Request, "_Exchange"], Awaitable[None]]) -> None:
        """Read the request and respond to it; refuse what is not one."""
        try:
            async with asyncio.timeout(REQUEST_S):
                request = await self._request()
        except h11.RemoteProtocolError as error:
            return await self.refuse(HTTPStatus(error.error_status_hint), "This is not a request for a page.")
        if request is not None:
            await respond(request, self)

    async def _request(self) -> h11.Request | None:
        """Return the request; None if the connection was closed before."""
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            self._connection.receive_data(await self._reader.read(BLOCK))
        return event if isinstance(event, h11.Request) else None

    async def refuse(self, status: HTTPStatus, sentence: str, *headers: tuple[str, str]) -> None:
        """Respond with a status and one sentence."""
        await self.whole(status, f"{sentence}\n".encode(), ("Content-Type", "text/plain; charset=utf-8"), *headers)

    async def whole(self, status: HTTPStatus, content: bytes, *headers: tuple[str, str]) -> None:
        """Respond with all of the content at once."""
        sized = (*headers, ("Content-Length", str(len(content))))
        await self._send(_response(status, *sized), h11.Data(data=content), h11.EndOfMessage())

    async def stream(self, latest: LatestBody) -> None:
        """Send a JSON line with each new body, and an empty one now and then, until the reader leaves."""
        await self._send(_response(HTTPStatus.OK, ("Content-Type", "application/x-ndjson; charset=utf-8")))
        leaving, seen = asyncio.ensure_future(self._reader.read(1)), 0
        try:
            while not leaving.done():
                number, text = latest.number, latest.text
                line = msgspec.json.encode({"html": text}) if number > seen else b""
                await self._send(h11.Data(data=line + b"\n"))
                seen = number
                changed = asyncio.ensure_future(latest.after(seen))
                try:
                    await asyncio.wait({leaving, changed}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
        finally:
            leaving.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await leaving

    async def _send(self, *events: h11.Event) -> None:
        for event in events:
            self._writer.write(self._connection.send(event) or b"")
        async with asyncio.timeout(DRAIN_S):
            await self._writer.drain()


def _response(status: HTTPStatus, *headers: tuple[str, str]) -> h11.Response:
    return h11.Response(status_code=status.value, reason=status.phrase, headers=[*headers, *_SAFE])
