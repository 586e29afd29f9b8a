"""One connection to the store by psycopg, opened on demand and again after it was lost; imported with its first use.

Statements run one after another, each as a transaction of its own in one round trip: no lock is held while this process
is frozen, and a pooler in transaction mode is sufficient. NOTIFY only wakes; without it `news` returns after its time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.share.postgres.records import StoreAway, StoreError, StoreForbidden, StoreRefused
from mmcockpit.sources.common.workers import in_thread
from mmcockpit.sources.postgres.dsn import unverified, verified
from mmcockpit.sources.postgres.fault import fault, is_distrust
from mmcockpit.sources.postgres.statements import Statements

# psycopg logs connections that break; without a handler Python would write that over the screen.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

CHANNEL = "mmcockpit"
TIMEOUT_S = 5.0
"""Seconds that a statement may take, connecting included."""

_KEEPALIVES = b"""
SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
  set_config('tcp_keepalives_count', '3', false)
"""
"""Lets the server end a connection whose other end is gone, within a minute instead of hours."""
_AGAIN = frozenset({FaultKind.UNREACHABLE, FaultKind.REFUSED, FaultKind.TIMEOUT, FaultKind.SERVER_ERROR})
"""Faults after which the same call may succeed."""
_NO_STORE = frozenset({"3F000", "42P01", "42883", "42703"})
"""SQLSTATE of a missing schema, table, function or column."""
_MEANINGS = {"23503": "unknown session", "23505": "the id belongs to another login"}
"""SQLSTATE of a row that refers to a missing one, or exists already."""
_WAYS_OUT = {
    "25006": "it is read-only, for example a standby",
    "53100": "its disk is full",
    "53200": "it is out of memory",
}
"""SQLSTATE of states that an administrator ends."""
_CERTIFICATE = "; check that it has not expired, and that sslrootcert in the address is its authority"
"""What to do about the server's certificate: libpq reports only that it is not trusted."""

_Result = TypeVar("_Result")
Work = Callable[[psycopg.AsyncConnection[Any], str], Awaitable[_Result]]


class StoreRule(StoreRefused):
    """A function of the store refused: its code, MC001 to MC008, and the JSON with the values that it names."""

    def __init__(self, code: str, message: str, detail: str) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail


class StoreConnection:
    """A connection whose calls take at most `timeout_s`, also to a server that hangs; `pooled` behind a pooler,
    `unverified` is why the certificate was not verified.

    `dsn` is read again for every new connection. `redact` strikes secrets out of every message.
    """

    def __init__(self, dsn: Callable[[], str], redact: Callable[[str], str], timeout_s: float = TIMEOUT_S) -> None:
        self._dsn, self._redact, self._timeout_s = dsn, redact, timeout_s
        self.host = "postgres"
        self.pooled = False
        self.unverified = ""
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()
        self._working: asyncio.Task[Any] | None = None
        self._statements = Statements()
        self._news: dict[str, asyncio.Event] = {}
        self._listening = False
        self._listener: asyncio.Task[None] | None = None
        self._watched = -1

    async def run(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows of one statement.

        Raises StoreRule, StoreRefused or StoreAway. After StoreAway it is unknown whether the statement took effect.
        """

        async def rows(connection: psycopg.AsyncConnection[Any], _: str) -> list[Any]:
            cursor = await connection.execute(sql.encode(), values or None)
            return await cursor.fetchall() if cursor.description else []

        return await self.within(rows, self._timeout_s)

    async def within(self, work: "Work[_Result]", timeout_s: float) -> _Result:
        """Return what `work` returns, which gets the connection and the name of the server; raises as `run`."""
        task = self._statements.begin(self._in_turn(work))
        try:
            await asyncio.wait({task}, timeout=timeout_s)
            if task.done():
                return task.result()
            raise StoreAway(self._redact(f"{self.host}: no response within {timeout_s:g}s"))
        except psycopg.Error as error:
            raise self._refusal(error) from None
        except ProbeError as error:
            raise StoreRefused(self._redact(f"share.postgres: {error.message}")) from None
        finally:
            if not task.done():
                self._abandon(task)

    async def news(self, session: str, timeout_s: float) -> None:
        """Return when another process changed the session, or after `timeout_s`; may return without a change.

        Returns once after notifications have begun, as those before are missing.
        """
        event = self._news.setdefault(session, asyncio.Event())
        if not self._listening and not self.pooled and (self._listener is None or self._listener.done()):
            self._listener = asyncio.create_task(self._listen())
        self._watch()
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout_s)
        event.clear()

    async def close(self) -> None:
        """Close the connection."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait({self._listener})
        for task in await self._statements.ended():
            task.cancel()
        await self._drop()

    async def _listen(self) -> None:
        async def begin(connection: psycopg.AsyncConnection[Any], _: str) -> None:
            if not self.pooled:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                self._listening = True
                # What happened before was not notified.
                for event in self._news.values():
                    event.set()

        with suppress(StoreError):
            await self.within(begin, self._timeout_s)

    async def _in_turn(self, work: "Work[_Result]") -> _Result:
        async with self._turn:
            self._unwatch()
            self._working = asyncio.current_task()
            connection = self._connection or await self._connect()
            moved = False
            try:
                return await work(connection, self.host)
            except psycopg.errors.ReadOnlySqlTransaction:
                # A primary that became a standby: a DSN with several hosts leads to the present one.
                moved = True
                raise
            finally:
                if connection is not self._connection:
                    await connection.close()
                elif moved or connection.closed or connection.broken:
                    await self._drop()
                elif self._news:
                    self._watch_connection(connection)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        words = verified(await in_thread(self._dsn))
        self.host = _host(words)
        connection = await psycopg.AsyncConnection.connect(
            **{**words, "application_name": "mmcockpit share"}, autocommit=True, prepare_threshold=None
        )
        self._connection = connection
        connection.add_notify_handler(lambda notify: self._notified(notify.payload))
        self.unverified = unverified(connection.pgconn)
        row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
        self.pooled = row is not None and row[0] != connection.info.backend_pid
        if not self.pooled:
            await connection.execute(_KEEPALIVES)
        return connection

    async def _drop(self) -> None:
        self._unwatch()
        connection, self._connection, self._listening = self._connection, None, False
        if connection is not None:
            await connection.close()

    def _notified(self, payload: str) -> None:
        """Wake who waits for news of the session; the payload is a number and the id of a session."""
        event = self._news.get(payload.partition(" ")[2])
        if event is not None:
            event.set()

    def _watch(self) -> None:
        if self._connection is not None and not self._turn.locked() and self._watched < 0:
            self._watch_connection(self._connection)

    def _watch_connection(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Notice notifications between statements; during one, psycopg reads them itself."""
        self._watched = connection.pgconn.socket
        asyncio.get_running_loop().add_reader(self._watched, self._readable)

    def _unwatch(self) -> None:
        if self._watched >= 0:
            asyncio.get_running_loop().remove_reader(self._watched)
            self._watched = -1

    def _readable(self) -> None:
        connection = self._connection
        if connection is None:
            return self._unwatch()
        try:
            connection.pgconn.consume_input()
            while (notify := connection.pgconn.notifies()) is not None:
                self._notified(notify.extra.decode("utf-8", "replace"))
        except psycopg.OperationalError:
            # The server closed it; the next statement opens another one.
            self._unwatch()
            self._connection, self._listening = None, False
            connection.pgconn.finish()

    def _abandon(self, task: "asyncio.Task[Any]") -> None:
        connection = self._connection if task is self._working else None
        self._statements.abandon(task, connection)
        if connection is not None:
            self._connection, self._listening = None, False

    def _refusal(self, error: psycopg.Error) -> StoreError:
        state = error.sqlstate or ""
        words = plain(error.diag.message_primary or str(error), 300)
        if state.startswith("MC"):
            return StoreRule(state, self._redact(words), error.diag.message_detail or "")
        if state in _MEANINGS:
            return StoreRefused(f"{self.host}: {_MEANINGS[state]}")
        if state in _NO_STORE:
            return StoreRefused(self._redact(f"{self.host}: no store in this database: run `mmcockpit share init`"))
        if state in _WAYS_OUT:
            return StoreAway(self._redact(f"{self.host}: {words}: {_WAYS_OUT[state]}"))
        raised = fault(error, self.host)
        hint = _CERTIFICATE if is_distrust(error) else ""
        # The place in a statement of ours means nothing to a person.
        place = f" at character {error.diag.statement_position}"
        message = self._redact(f"{raised.message.removesuffix(place)}{hint}")
        if raised.kind is FaultKind.FORBIDDEN:
            return StoreForbidden(message)
        return StoreAway(message) if raised.kind in _AGAIN else StoreRefused(message)


def _host(words: dict[str, Any]) -> str:
    host = words.get("host") or words.get("hostaddr") or words.get("service") or "local"
    port = f":{words['port']}" if words.get("port") else ""
    return f"postgres {host}{port}/{words.get('dbname') or words.get('user') or ''}"
