"""PostgreSQL connections by psycopg, imported with this module: every query runs in a read-only transaction."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import inf
from typing import Any, NamedTuple, cast

import psycopg

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.postgres.certificate import distrust
from mmcockpit.sources.postgres.cursor import BoundedCursor
from mmcockpit.sources.postgres.dsn import options_of, settings_of, unverified, verified
from mmcockpit.sources.postgres.fault import fault, is_distrust, refuses_options
from mmcockpit.sources.postgres.intervals import InfiniteIntervalLoader
from mmcockpit.sources.postgres.statements import Statements

CONNECTIONS = 2
"""Two, so that one slow query does not block the other signals."""
SHARE = 0.97
"""The share of a poll's time after which we give up: the fault then names the cause."""
MAX_TEXT = 1024 * 1024
"""Most characters of text in one result."""

_WHO = (
    "SELECT system_identifier, pg_is_in_recovery(), pg_backend_pid() FROM pg_control_system()",
    "SELECT '', pg_is_in_recovery(), pg_backend_pid()",
    "SELECT '', NULL, NULL",
)
"""Which server runs the transaction, whether it is a standby, and its process; the first one that the role may run."""
_BEHIND = """
SELECT CASE
  WHEN EXISTS (SELECT FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8
"""
_STYLES = "SET LOCAL DateStyle = ISO; SET LOCAL IntervalStyle = postgres"
"""The output of dates and intervals that psycopg parses, whatever is usual in the database."""
_NOT_READABLE = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.FeatureNotSupported,
)
"""Errors of a server on which this role, or no role, may read that."""
_WAITS = (
    "; connected, but no transaction began: a server that hangs, or a pooler that is paused, full or without server"
)


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
        self._limited: dict[psycopg.AsyncConnection[Any], tuple[int, str]] = {}
        """How much of _WHO a connection may read, and why not more."""
        self._words = verified(dsn)
        self._options = options_of(self._words)
        self.pooled = False
        """Whether a pooler is between: the process that runs our statements is not the one that we connected to."""
        self._begun: set[asyncio.Task[ResultTable]] = set()
        self._redact = redact
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._asking: dict[asyncio.Task[ResultTable], psycopg.AsyncConnection[Any]] = {}
        self._statements = Statements()

    async def ask(self, sql: str, limit: int, timeout: float) -> ResultTable:
        """Return the result of one statement; ProbeError(too large) for more than `limit` rows.

        It takes at most `timeout` seconds, even after a cancellation: the connection to a server that does not react is
        closed.
        """
        take_request()
        task = self._statements.begin(self._ask(sql, limit, timeout))
        try:
            await asyncio.wait({task}, timeout=timeout * SHARE)
            if not task.done():
                waits = _WAITS if task in self._asking and task not in self._begun else ""
                raise ProbeError(FaultKind.TIMEOUT, f"{self.host}: no response within {timeout:g}s{waits}")
            return task.result()
        except psycopg.Error as error:
            raised = fault(error, self.host)
            reason = await distrust(self._words) if is_distrust(error) else ""
            why = f"{raised.message}: {reason}" if reason else raised.message
            raise ProbeError(raised.kind, self._redact(why)) from None
        finally:
            if not task.done():
                self._statements.abandon(task, self._asking.get(task))

    async def close(self) -> None:
        """Close every connection."""
        for task, connection in list(self._asking.items()):
            self._statements.abandon(task, connection)
        await self._statements.ended()
        await self._drop_idle()

    async def _ask(self, sql: str, limit: int, timeout: float) -> ResultTable:
        async with self._slots, self._connection() as connection:
            # The server's statement timeout is slightly shorter than ours, so that the connection stays usable.
            statement_ms, lock_ms = int(timeout * 900) + 1, int(timeout * 450) + 1
            limits = f"SET LOCAL statement_timeout = {statement_ms}; SET LOCAL lock_timeout = {lock_ms}; {_STYLES}"
            standby = await self._meet(connection, limits)
            self._begun.add(cast("asyncio.Task[ResultTable]", asyncio.current_task()))
            cursor = BoundedCursor(connection, self.host)
            # The extended protocol of streaming allows only one statement, even if it contains a semicolon.
            answer = cast("AsyncGenerator[Any, None]", cursor.stream(sql))
            async with aclosing(answer) as rows:
                table = await self._table(cursor, rows, limit)
            if not standby:
                return table
            row = await (await connection.execute(_BEHIND)).fetchone()
            behind = row[0] if row else None
            return table._replace(behind_s=inf if behind is None else max(behind, 0.0))

    async def _meet(self, connection: psycopg.AsyncConnection[Any], limits: str) -> bool:
        """Begin a transaction with its limits and identify the server: a pooler may route each one to another.

        Returns whether it is a standby, which a parameter of the connection does not show behind a pooler.
        """
        while True:
            level, why = self._limited.get(connection, (0, ""))
            settings = f"{settings_of(self._options)}; " if self.pooled and self._options else ""
            try:
                cursor = await connection.execute(f"{settings}{limits}; {_WHO[level]}".encode())
            except _NOT_READABLE as error:
                if level + 1 == len(_WHO):
                    raise
                why = why or f"system_identifier not readable: {plain(error.diag.message_primary or str(error), 120)}"
                self._limited[connection] = level + 1, why
                await connection.rollback()
                continue
            while cursor.nextset():
                pass
            unique, standby, process = await cursor.fetchone() or ("", None, None)
            self._met(str(unique), why or ("" if unique else "system_identifier not readable: no row"))
            known, self.pooled = self.pooled, process not in (None, connection.info.backend_pid)
            if not self._options or known or not self.pooled:
                break
            # The pooler may have ignored the options.
            await connection.rollback()
        return connection.info.parameter_status("in_hot_standby") == "on" if standby is None else bool(standby)

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
            self._begun.discard(task)
            if connection.broken or connection.closed or task in self._statements.abandoned:
                self._limited.pop(connection, None)
                await connection.close()
            else:
                self._idle.append(connection)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        try:
            connection = await psycopg.AsyncConnection.connect(**self._words, prepare_threshold=None)
        except psycopg.OperationalError as error:
            if not self._options or not refuses_options(error):
                raise
            # A pooler takes no options; each transaction sets them instead.
            settings_of(self._options)
            self._words["options"] = ""
            connection = await psycopg.AsyncConnection.connect(**self._words, prepare_threshold=None)
        connection.adapters.register_loader("interval", InfiniteIntervalLoader)
        await connection.set_read_only(True)
        self._unverified(unverified(connection.pgconn))
        return connection

    async def _drop_idle(self) -> None:
        while self._idle:
            connection = self._idle.pop()
            self._limited.pop(connection, None)
            await connection.close()
