"""PostgreSQL connections by psycopg, imported with this module: every query runs in a read-only transaction."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import inf
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.postgres.cursor import BoundedCursor
from mmcockpit.sources.postgres.fault import fault

CONNECTIONS = 2
"""Two, so that one slow query does not block the other signals."""
MAX_TEXT = 1024 * 1024
"""Most characters of text in one result."""

_WHO = "SELECT system_identifier FROM pg_control_system()"
_BEHIND = """
SELECT CASE
  WHEN EXISTS (SELECT FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8
"""
_NOT_READABLE = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.FeatureNotSupported,
)
"""Errors of a server on which this role, or no role, may read the system identifier."""
LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})


class ResultTable(NamedTuple):
    """A query result: column names, rows as JSON values, and how far a standby is behind.

    `behind_s`: None from a primary, infinite if a standby does not report it.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    behind_s: float | None = None


class PostgresConnections:
    """At most CONNECTIONS connections to one server, opened on demand and closed when they break.

    `met` receives, for every transaction, the system's identifier, or why it is not readable; an error that it raises
    replaces the result. `unverified` receives, for every connection, why its certificate was not verified.
    """

    def __init__(
        self,
        dsn: str,
        host: str,
        redact: Callable[[str], str],
        met: Callable[[str, str], None],
        unverified: Callable[[str], None],
    ) -> None:
        self.host = host
        self._met, self._unverified = met, unverified
        self._nameless: dict[psycopg.AsyncConnection[Any], str] = {}
        self._words = verified(dsn)
        self._redact = redact
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._asking: dict[asyncio.Task[ResultTable], psycopg.AsyncConnection[Any]] = {}
        self._left: set[asyncio.Task[ResultTable]] = set()

    async def ask(self, sql: str, limit: int, timeout: float) -> ResultTable:
        """Return the result of one statement; ProbeError(too large) for more than `limit` rows.

        It takes at most `timeout` seconds, even after a cancellation: the connection to a server that does not react is
        closed.
        """
        take_request()
        task = asyncio.create_task(self._ask(sql, limit, timeout))
        try:
            await asyncio.wait({task}, timeout=timeout)
            if not task.done():
                raise ProbeError(FaultKind.TIMEOUT, f"{self.host}: no response within {timeout:g}s")
            return task.result()
        except psycopg.Error as error:
            raised = fault(error, self.host)
            raise ProbeError(raised.kind, self._redact(raised.message)) from None
        finally:
            if not task.done():
                self._leave(task)

    async def close(self) -> None:
        """Close every connection."""
        for task in list(self._asking):
            self._leave(task)
        if self._left:
            await asyncio.wait(self._left, timeout=1)
        await self._drop_idle()

    async def _ask(self, sql: str, limit: int, timeout: float) -> ResultTable:
        async with self._slots, self._connection() as connection:
            # The server's statement timeout is slightly shorter than ours, so that the connection stays usable.
            statement_ms, lock_ms = int(timeout * 900) + 1, int(timeout * 450) + 1
            limits = f"SET LOCAL statement_timeout = {statement_ms}; SET LOCAL lock_timeout = {lock_ms}"
            await self._meet(connection, limits)
            cursor = BoundedCursor(connection, self.host)
            # The extended protocol of streaming allows only one statement, even if it contains a semicolon.
            answer = cast("AsyncGenerator[Any, None]", cursor.stream(sql))
            async with aclosing(answer) as rows:
                table = await self._table(cursor, rows, limit)
            # PostgreSQL 14 and later report this parameter.
            if connection.info.parameter_status("in_hot_standby") != "on":
                return table
            row = await (await connection.execute(_BEHIND)).fetchone()
            behind = row[0] if row else None
            return table._replace(behind_s=inf if behind is None else max(behind, 0.0))

    async def _meet(self, connection: psycopg.AsyncConnection[Any], limits: str) -> None:
        """Begin a transaction with its limits and identify the server: a pooler may route each one to another."""
        if connection not in self._nameless:
            try:
                cursor = await connection.execute(f"{limits}; {_WHO}")
            except _NOT_READABLE as error:
                why = plain(error.diag.message_primary or str(error), 120)
                self._nameless[connection] = f"system_identifier not readable: {why}"
                await connection.rollback()
            else:
                while cursor.nextset():
                    pass
                row = await cursor.fetchone()
                self._met(str(row[0]) if row else "", "" if row else "system_identifier not readable: no row")
                return
        await connection.execute(limits)
        self._met("", self._nameless[connection])

    async def _table(self, cursor: Any, rows: AsyncIterator[Any], limit: int) -> ResultTable:
        fetched: list[tuple[Any, ...]] = []
        left = MAX_TEXT
        async for row in rows:
            if len(fetched) == limit:
                raise ProbeError(FaultKind.TOO_LARGE, f"{self.host}: more rows than {limit}")
            values = tuple(self._json(value) for value in row)
            left -= sum(len(str(value)) for value in values)
            if left < 0:
                raise ProbeError(FaultKind.TOO_LARGE, f"{self.host}: more than {MAX_TEXT} characters")
            fetched.append(values)
        return ResultTable(tuple(column.name for column in cursor.description or ()), fetched)

    def _json(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float() | str():
                return value
            case Decimal():
                return float(value)
            case datetime() | date() | time():
                return value.isoformat()
            case timedelta():
                return value.total_seconds()
            case bytes() | bytearray() | memoryview():
                raise ProbeError(
                    FaultKind.QUERY, f"{self.host}: a bytea is not supported; select its length or a digest"
                )
            case list() | tuple():
                return [self._json(part) for part in value]
            case dict():
                return {str(key): self._json(part) for key, part in value.items()}
        return str(value)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend a connection for one transaction, which never commits."""
        task = cast("asyncio.Task[ResultTable]", asyncio.current_task())
        connection = self._idle.pop() if self._idle else await self._connect()
        self._asking[task] = connection
        try:
            try:
                yield connection
            finally:
                if not connection.broken and not connection.closed:
                    await connection.rollback()
        except psycopg.OperationalError:
            # The failure of one connection affects the others to this server, too.
            if connection.broken or connection.closed:
                await self._drop_idle()
            raise
        finally:
            del self._asking[task]
            if connection.broken or connection.closed:
                self._nameless.pop(connection, None)
                await connection.close()
            else:
                self._idle.append(connection)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(**self._words, prepare_threshold=None)
        await connection.set_read_only(True)
        self._unverified(_unverified(connection.pgconn))
        return connection

    async def _drop_idle(self) -> None:
        while self._idle:
            connection = self._idle.pop()
            self._nameless.pop(connection, None)
            await connection.close()

    def _leave(self, task: "asyncio.Task[ResultTable]") -> None:
        """Close the connection to a server that did not respond in time; a cancelled psycopg would wait for it."""
        self._left.add(task)
        task.add_done_callback(self._ended)
        connection = self._asking.get(task)
        if connection is None:
            task.cancel()
        else:
            with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
                line.shutdown(socket.SHUT_RDWR)

    def _ended(self, task: "asyncio.Task[ResultTable]") -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()


def is_local(host: str) -> bool:
    """Return whether a host of a DSN is this machine."""
    return host in LOOPBACK or host.startswith(("/", "@"))


def _unverified(connected: Any) -> str:
    """Return why a connection's certificate was not verified; empty if it was, or if the server is this machine."""
    options = {option.keyword.decode(): (option.val or b"").decode() for option in connected.info}
    mode = options.get("sslmode", "")
    if is_local(options.get("host") or options.get("hostaddr", "")) or mode in ("verify-ca", "verify-full"):
        return ""
    # As in libpq: `require` with a root certificate is verify-ca.
    if mode == "require" and os.path.exists(options.get("sslrootcert") or os.path.expanduser("~/.postgresql/root.crt")):
        return ""
    return f"sslmode={mode}"


def verified(dsn: str) -> dict[str, Any]:
    """Return the parts of the DSN, with TLS verification unless it sets another mode or the server is this machine."""
    try:
        words: dict[str, Any] = dict(conninfo_to_dict(dsn))
    except psycopg.Error:
        raise ProbeError(FaultKind.CONFIGURATION, "dsn: must be a postgresql:// URL or key=value pairs") from None
    hosts = str(words.get("host") or words.get("hostaddr") or os.environ.get("PGHOST", "")).split(",")
    local = all(map(is_local, hosts))
    chosen = {"sslmode", "service"} & words.keys() or {"PGSSLMODE", "PGSERVICE"} & os.environ.keys()
    if not local and not chosen:
        words |= {"sslmode": "verify-full", "sslrootcert": words.get("sslrootcert", "system")}
    return {"application_name": "mmcockpit", **words}
