"""Redis connections by redis-py, which is imported with this module: bounded replies, no silent retries."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.deadline import cause
from mmcockpit.sources.common.library_modules import library_module
from mmcockpit.sources.redis.account import Address, RedisLogin

_PACKAGES = ("redis", "redis.asyncio")
_connections = library_module("redis.asyncio.connection", _PACKAGES)
if TYPE_CHECKING:
    from redis import exceptions
    from redis._parsers import _AsyncRESP2Parser
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.connection import Connection, SSLConnection
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
else:
    exceptions = library_module("redis.exceptions", _PACKAGES)
    _AsyncRESP2Parser = library_module("redis._parsers", _PACKAGES)._AsyncRESP2Parser
    Retry = library_module("redis.asyncio.retry", _PACKAGES).Retry
    NoBackoff = library_module("redis.backoff", _PACKAGES).NoBackoff
    BlockingConnectionPool = _connections.BlockingConnectionPool
    Connection, SSLConnection = _connections.Connection, _connections.SSLConnection

MAX_BYTES = 1024 * 1024
"""Most bytes of the reply to one command: CLUSTER NODES of some thousand nodes."""
MAX_ELEMENTS = 1000
"""Most elements of one reply: replies to our commands are texts and short lists."""
MAX_DEPTH = 8
"""Deepest nesting of lists."""
CONTAINERS = frozenset({"ACL", "CLIENT", "CLUSTER", "CONFIG", "SENTINEL"})
"""Commands whose first word alone is no permission."""
_COMMAND = re.compile(r"'([\w|-]+)' command")
CONNECTIONS = 2
"""Two, so that one slow reply does not block the other signals."""

_BY_CODE = {
    "NOAUTH": FaultKind.UNAUTHORISED,
    "WRONGPASS": FaultKind.UNAUTHORISED,
    "NOPERM": FaultKind.FORBIDDEN,
    "DENIED": FaultKind.FORBIDDEN,
    "LOADING": FaultKind.SERVER_ERROR,
    "CLUSTERDOWN": FaultKind.SERVER_ERROR,
    "MASTERDOWN": FaultKind.SERVER_ERROR,
    "NOQUORUM": FaultKind.SERVER_ERROR,
    "READONLY": FaultKind.SERVER_ERROR,
    "NOREPLICAS": FaultKind.SERVER_ERROR,
    "BUSY": FaultKind.SERVER_ERROR,
    "TRYAGAIN": FaultKind.SERVER_ERROR,
    "MISCONF": FaultKind.SERVER_ERROR,
    "OOM": FaultKind.SERVER_ERROR,
}
"""First word of an error reply to the kind of fault; all others are query errors."""


class TooLarge(exceptions.ConnectionError):
    """The reply was longer than MAX_BYTES, or had more than MAX_ELEMENTS elements."""


class _BoundedParser(_AsyncRESP2Parser):
    """RESP2 with limits on the elements of a reply and their depth; sizes are refused as soon as they are announced."""

    _elements = MAX_ELEMENTS
    _depth = 0

    async def read_response(self, disable_decoding: bool = False) -> Any:
        self._elements, self._depth = MAX_ELEMENTS, 0
        return await super().read_response(disable_decoding)

    async def _read_response(self, disable_decoding: bool = False) -> Any:
        self._elements -= 1
        self._depth += 1
        if self._elements < 0:
            raise TooLarge(f"response has more than {MAX_ELEMENTS} elements")
        if self._depth > MAX_DEPTH:
            raise exceptions.InvalidResponse(f"nested deeper than {MAX_DEPTH}")
        answer = await super()._read_response(disable_decoding)
        self._depth -= 1
        return answer

    async def _readline(self) -> bytes:
        line = await super()._readline()
        if line[:1] in (b"*", b"$"):
            size = int(line[1:])
            if size < -1:
                raise exceptions.InvalidResponse("a size is negative")
            if size > (self._elements if line[:1] == b"*" else MAX_BYTES):
                raise TooLarge(f"response has more than {MAX_ELEMENTS} elements or {MAX_BYTES} bytes")
        return line


class _Bounded:
    """Shared by both kinds of connection: bytes are counted as they arrive, from one command to the next."""

    _reader: asyncio.StreamReader | None
    _writer: asyncio.StreamWriter | None
    _left = MAX_BYTES

    async def _connect(self) -> None:
        await super()._connect()  # type: ignore[misc]
        reader, writer = self._reader, self._writer
        if reader is None or writer is None:
            return
        feed = reader.feed_data

        def counted(data: bytes) -> None:
            self._left -= len(data)
            if self._left >= 0:
                feed(data)
            else:
                reader.set_exception(TooLarge(f"response longer than {MAX_BYTES} bytes"))
                writer.transport.abort()

        reader.feed_data = counted  # type: ignore[method-assign, assignment]

    async def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        self._left = MAX_BYTES
        await super().send_packed_command(*args, **kwargs)  # type: ignore[misc]


class _Plain(_Bounded, Connection):
    """Over TCP."""


class _Encrypted(_Bounded, SSLConnection):
    """Over TLS, with a context that is shared by all connections of a source."""

    def __init__(self, *, context: ssl.SSLContext, server_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._context, self._server_name = context, server_name

    def _connection_arguments(self) -> Mapping[str, Any]:
        own = {"server_hostname": self._server_name} if self._server_name else {}
        return {"host": self.host, "port": self.port, "ssl": self._context, **own}


class RedisClient:
    """A client of one server: raw replies, because the library's own conversions fail on replies of another type."""

    def __init__(self, pool: BlockingConnectionPool) -> None:
        self._pool: Any = pool

    async def execute_command(self, *words: str) -> Any:
        """Return the reply to one command; after an error of a connection, this connection is closed."""
        connection = await self._pool.get_connection()

        async def exchange() -> Any:
            await connection.send_command(*words)
            return await connection.read_response()

        async def broken(error: Exception) -> None:
            await connection.disconnect()

        try:
            return await connection.retry.call_with_retry(exchange, broken)
        finally:
            await self._pool.release(connection)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


def connect(address: Address, login: RedisLogin, context: ssl.SSLContext | None, server_name: str) -> RedisClient:
    """Return a client for a server, over TLS if there is a context; it connects on first use.

    The protocol is RESP2, and no command is sent by itself: a user who may only use INFO can connect.
    """
    words: dict[str, Any] = {"host": address[0], "port": address[1], "db": login.database}
    words |= {"username": login.user or None, "password": login.password or None}
    words |= {"retry": Retry(NoBackoff(), 0), "protocol": 2, "driver_info": None}
    # Deadlines belong to the poll, so that connecting and replying count together.
    words |= {"socket_timeout": None, "socket_connect_timeout": None}
    words |= {"parser_class": _BoundedParser}
    words |= {"decode_responses": True, "encoding_errors": "replace"}
    if context is not None:
        words |= {"context": context, "server_name": server_name}
    return RedisClient(BlockingConnectionPool(CONNECTIONS, None, _Plain if context is None else _Encrypted, **words))


def fault(error: exceptions.RedisError | OSError, host: str, words: tuple[str, ...]) -> ProbeError:
    """Return a client error after a command as a fault that names the host and the cause in one line."""
    code = getattr(error, "status_code", None) or next(iter(str(error).split()), "")
    why = plain(str(error), 300)
    if code.isupper() and not why.startswith(code):
        why = f"{code} {why}"
    match error:
        case TooLarge():
            kind = FaultKind.TOO_LARGE
        case exceptions.NoPermissionError():
            kind, why = FaultKind.FORBIDDEN, f"{why}; missing permission: {permission(why, words)}"
        case exceptions.AuthenticationError() | exceptions.AuthorizationError():
            kind = FaultKind.UNAUTHORISED
            why = f"{why} Check user and password" if why.endswith(".") else f"{why}; check user and password"
        case exceptions.InvalidResponse():
            kind = FaultKind.MALFORMED
        case exceptions.BusyLoadingError():
            kind = FaultKind.SERVER_ERROR
        case exceptions.ConnectionError() if "max number of clients" in why:
            kind = FaultKind.SERVER_ERROR
        case exceptions.ConnectionError() | exceptions.TimeoutError() | OSError():
            kind, why = cause(error)
        case _:
            kind = _BY_CODE.get(code, FaultKind.QUERY)
    return ProbeError(kind, f"{host}: {why}")


def permission(why: str, words: tuple[str, ...]) -> str:
    """Return the ACL rule that allows a refused command, such as `+config|get`.

    The command is ours, unless the server names another one, which the connection began with (`select`).
    """
    ours = "|".join(words[:2] if words[0] in CONTAINERS else words[:1]).lower()
    named = _COMMAND.search(why)
    if named is None or named[1].lower().split("|")[0] == words[0].lower():
        return f"+{ours}"
    return f"+{named[1].lower()}"
