"""The store of shared sessions: what a driver and the seats elsewhere call.

Every call raises StoreAway if the database does not respond (then its effect is unknown, and it may be repeated), and
StoreRefused if it never will. What the store refuses as part of normal work is a value: Fenced, Misplaced, LeaseHeld.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmcockpit.share.postgres import statements
from mmcockpit.share.postgres.connection import TIMEOUT_S, StoreConnection, StoreRule
from mmcockpit.share.postgres.records import (
    Chunk,
    Fenced,
    InboxCommand,
    LeaseHeld,
    Misplaced,
    PresentSeat,
    StoredSession,
    StoreForbidden,
    StoreLogin,
    StoreRefused,
    Takeover,
    Term,
)

VERSION = 2
"""The version of the schema that this program reads and writes."""

RIGHTS = ("", "viewer", "operator", "driver")
"""The rights of a login; each includes those before it."""

MOST_COMMANDS = 100
MOST_SEATS = 500
MOST_SESSIONS = 200


class SharedStore:
    """A connection to the store, whose calls take at most `timeout_s` seconds.

    `dsn` returns the current DSN; `redact` strikes secrets out of messages, and out of what people type.
    """

    def __init__(self, dsn: Callable[[], str], redact: Callable[[str], str], timeout_s: float = TIMEOUT_S) -> None:
        self._connection = StoreConnection(dsn, redact, timeout_s)
        self.redact = redact
        self._checked = False

    @property
    def pooled(self) -> bool:
        """Whether a pooler is between, so that NOTIFY does not arrive; known after the first call."""
        return self._connection.pooled

    @property
    def where(self) -> str:
        """The server and its database, for messages; known after the first call."""
        return self._connection.host

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def login(self) -> StoreLogin:
        """Return the login and its database; also for a database without a store."""
        [row] = await self._connection.run(statements.LOGIN)
        user, superuser, database, server, standby, clock, exists = row
        return StoreLogin(
            user=user,
            right=await self._optional(statements.RIGHT, "") if exists else "",
            superuser=superuser,
            database=database,
            system=await self._optional(statements.SYSTEM, ""),
            server=server,
            standby=standby,
            pooled=self.pooled,
            store=exists,
            schema=await self._optional(statements.SCHEMA, 0) if exists else 0,
            clock=clock,
            unverified=self._connection.unverified,
        )

    async def rights(self, users: Sequence[str]) -> dict[str, str | None]:
        """Return the right of each login: driver, operator, viewer, empty without one, None for an unknown login."""
        return dict(await self._run(statements.RIGHTS, (list(users),)))

    async def open_session(self, id: str, name: str, environment: str, host: str, process: str, token: str) -> Term:
        """Add a session and take its lease, in epoch 1.

        `token` is a fresh uuid4 of the caller; the same call with the same token succeeds again.
        StoreRefused if another session has this id.
        """
        [[epoch]] = await self._run(statements.OPEN_SESSION, (id, name, environment, host, process, token))
        return Term(epoch, token)

    async def take_over(
        self, id: str, host: str, process: str, reason: str, token: str, least: int = 0
    ) -> Takeover | LeaseHeld:
        """Begin a new term, once the lease has ended or the driver granted it.

        `token` is a fresh uuid4 of the caller; the same call with the same token succeeds again. `least` is the epoch
        of the caller's own journal, for a store that lost a term in a failover.
        """
        try:
            [row] = await self._run(statements.TAKE_OVER, (id, host, process, self.redact(reason), token, least))
        except StoreRule as rule:
            if rule.code != "MC005":
                raise
            return LeaseHeld(**json.loads(rule.detail))
        return Takeover(Term(row[0], token), row[1], row[2])

    async def renew(self, id: str, term: Term) -> Fenced | None:
        """Extend the lease to LEASE_S from now; Fenced if another term has begun."""
        return await self._as_driver(statements.RENEW, (id, term.epoch, term.token))

    async def release(self, id: str, term: Term, *, ended: bool = False) -> Fenced | None:
        """End the lease at once: the driver leaves, or the session `ended`."""
        return await self._as_driver(statements.RELEASE, (id, term.epoch, term.token, "", ended))

    async def grant(self, id: str, term: Term, to: str) -> Fenced | None:
        """Allow the database login `to` to take over while the lease lasts; the driver continues until then."""
        return await self._as_driver(statements.RELEASE, (id, term.epoch, term.token, to, False))

    async def append(
        self, id: str, term: Term, chunk: Chunk, decided: Mapping[str, int] | None = None, *, wake: bool = True
    ) -> Fenced | Misplaced | None:
        """Commit a chunk, and with it the commands that its facts decided: command id to the number of the fact.

        Extends the lease. `wake` notifies the other processes. Numbers of facts follow one another, except at a
        Gap, and at the first line of a journal that continues a lost one, whose `prev` here is the head of the lost
        one. StoreRefused for bytes that are not whole lines with these numbers.
        """
        values = (
            *(id, term.epoch, term.token, chunk.first_seq, chunk.last_seq, chunk.prev, chunk.head, chunk.lines),
            *(json.dumps(dict(decided or {})), wake),
        )
        try:
            return await self._as_driver(statements.APPEND, values)
        except StoreRule as rule:
            if rule.code != "MC002":
                raise
            return Misplaced(**json.loads(rule.detail))

    async def chunks(self, id: str, after: int, most_bytes: int = 4 * 1024 * 1024) -> list[Chunk]:
        """Return the chunks with facts after number `after`, in order; at least one if there is one.

        The first chunk may begin with facts up to `after`. `prev` is empty: it is in the first line. The reader checks
        the chain.
        """
        rows = await self._run(statements.CHUNKS, (id, after, most_bytes))
        return [Chunk(row[0], row[1], "", row[2], bytes(row[3]), row[4]) for row in rows]

    async def session(self, id: str) -> StoredSession | None:
        """Return a session with its lease; None if the store has none with this id."""
        rows = await self._run(statements.SESSION, (id,))
        return StoredSession(*rows[0]) if rows else None

    async def sessions(self) -> list[StoredSession]:
        """Return the sessions, the latest first, at most MOST_SESSIONS."""
        return [StoredSession(*row) for row in await self._run(statements.SESSIONS, (MOST_SESSIONS,))]

    async def put_command(self, id: str, command_id: str, command: str, seat: str = "") -> None:
        """Send a command to the driver as the login of this connection; the same id again changes nothing.

        `seat` is the id of a seat of the same login. StoreRefused for a viewer, a foreign seat or a foreign id.
        """
        await self._run(statements.PUT_COMMAND, (id, command_id, seat, command))
        if not await self._run(statements.OWN_COMMAND, (id, command_id)):
            raise StoreRefused(f"command {command_id} is from another login: use another id")

    async def command(self, id: str, command_id: str) -> InboxCommand | None:
        """Return an own command, decided or not; the driver reads those of every login."""
        rows = await self._run(statements.COMMAND, (id, command_id))
        return InboxCommand(*rows[0]) if rows else None

    async def undecided(self, id: str) -> list[InboxCommand]:
        """Return the commands that wait for the driver, the oldest first, at most MOST_COMMANDS."""
        return [InboxCommand(*row) for row in await self._run(statements.UNDECIDED, (id, MOST_COMMANDS))]

    async def decide(self, id: str, term: Term, command_id: str, seq: int, answer: str) -> Fenced | None:
        """Answer a command that became no fact; `seq` is the last fact at that time."""
        return await self._as_driver(statements.DECIDE, (id, term.epoch, term.token, command_id, seq, answer[:2000]))

    async def put_seat(self, id: str, seat: str, host: str, process: str, program: str, takeover: str) -> None:
        """Report a seat of the login of this connection, and that it is present; repeat it every few seconds.

        `takeover` is why it cannot take over, empty if it can. StoreRefused for the id of another login's seat.
        """
        changed = await self._run(statements.TOUCH_SEAT, (takeover[:500], id, seat))
        if not changed:
            await self._run(statements.PUT_SEAT, (id, seat, host, process, program, takeover[:500]))

    async def remove_seat(self, id: str, seat: str) -> None:
        """Report that an own seat has left."""
        await self._run(statements.REMOVE_SEAT, (id, seat))

    async def seats(self, id: str) -> list[PresentSeat]:
        """Return the seats that are present or have not reported that they left, at most MOST_SEATS."""
        return [PresentSeat(*row) for row in await self._run(statements.SEATS, (id, MOST_SEATS))]

    async def news(self, id: str, timeout_s: float = 1.0) -> None:
        """Return when another process changed the session, or after `timeout_s`; may return without a change."""
        await self._connection.news(id, timeout_s)

    async def _as_driver(self, statement: str, values: Sequence[object]) -> Fenced | None:
        try:
            await self._run(statement, values)
        except StoreRule as rule:
            if rule.code != "MC001":
                raise
            return Fenced(**json.loads(rule.detail))
        return None

    async def _run(self, statement: str, values: Sequence[object]) -> list[Any]:
        try:
            if not self._checked:
                rows = await self._connection.run(statements.SCHEMA)
                check_version(rows[0][0] or 0, self.where)
                self._checked = True
            return await self._connection.run(statement, values)
        except StoreForbidden as error:
            raise await self._explained(error, statements.RIGHT_OF.get(statement, "viewer")) from None

    async def _explained(self, error: StoreForbidden, needed: str) -> StoreForbidden:
        """Return a refusal that names the grant that this login lacks, if that is the reason."""
        login = await self.login()
        if RIGHTS.index(login.right) >= RIGHTS.index(needed):
            return error
        may = "has no right to this store" if not login.right else f"is {login.right}"
        grant = f"GRANT mmcockpit_{needed} TO {statements.identifier(login.user)}"
        return StoreForbidden(f"{self.where}: {login.user} {may}; this needs {grant}")

    async def _optional(self, statement: str, otherwise: Any) -> Any:
        """Return the only value of a statement; `otherwise` if this login may not run it, or for NULL."""
        try:
            [[value]] = await self._connection.run(statement)
        except StoreRefused:
            return otherwise
        return otherwise if value is None else value


def check_version(found: int, where: str) -> None:
    """Raise StoreRefused for a store of another version than this program's."""
    if found > VERSION:
        raise StoreRefused(f"{where}: the store has version {found}, this program reads {VERSION}: update mmcockpit")
    if found < VERSION:
        raise StoreRefused(
            f"{where}: the store has version {found}, this program needs {VERSION}: run `mmcockpit share init`"
        )
