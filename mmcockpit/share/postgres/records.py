"""What the store takes and returns, and why it refuses."""

from dataclasses import dataclass, field

RENEW_S = 3.0
"""Seconds between two renewals of the lease while there is nothing to commit; a turn of the driver may add a second."""


class StoreError(Exception):
    """The store cannot do what was requested; the message is one line without secrets."""


class StoreAway(StoreError):
    """The database does not respond, is full, restarts or is a standby: the same call may succeed later."""


class StoreRefused(StoreError):
    """The DSN, the grants, the schema or the arguments are wrong: the same call will fail again."""


class StoreForbidden(StoreRefused):
    """The login lacks a right."""


@dataclass(frozen=True, slots=True)
class Term:
    """A driver's term: its epoch, and the token that only the process that took the lease knows."""

    epoch: int
    token: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """The term is over: who drives now, on which host, in which epoch, and the reason given for the takeover."""

    holder: str
    host: str
    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """The lines do not continue what is stored: the number of its last fact, and the link of that line.

    After a lost answer or a failover, the driver continues from there if its own journal has the same line.
    """

    last_seq: int
    head: str


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """A takeover is not possible yet: who drives, on which host, in which epoch, and how long the lease lasts."""

    holder: str
    host: str
    epoch: int
    left_s: float


@dataclass(frozen=True, slots=True)
class Takeover:
    """The term after a takeover, and the last fact that is stored: its number and the link of its line."""

    term: Term
    last_seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of the journal, with their line feeds, from `first_seq` to `last_seq`.

    `prev` is the link of the line before the first one, `head` that of the last one. `epoch` is set by the store.
    """

    first_seq: int
    last_seq: int
    prev: str
    head: str
    lines: bytes = field(repr=False)
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session in the store; times in seconds since 1970, by the clock of the database.

    `left_s` is how long the lease lasts, negative since it ended. `granted_to` is the login that may take over before.
    """

    id: str
    name: str
    environment: str
    opened_by: str
    opened_at: float
    ended_at: float | None
    last_seq: int
    head: str
    epoch: int
    holder: str
    host: str
    reason: str
    granted_to: str
    left_s: float
    silent_s: float
    """Seconds since the driver renewed its lease."""


@dataclass(frozen=True, slots=True)
class InboxCommand:
    """A command of a seat elsewhere: `who` is its database login, `right` that of this login, both by the database.

    `command` is what the seat wrote. `decided_seq` is the fact that decided it, None before; `answer` is why it became
    no fact.
    """

    id: str
    who: str
    right: str
    seat: str
    command: str
    waits_s: float
    decided_seq: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class PresentSeat:
    """A seat elsewhere; `who` is its database login, `right` that of this login, both by the database.

    `takeover` is why it cannot take over, empty if it can; `silent_s` the seconds since it reported.
    """

    id: str
    who: str
    right: str
    host: str
    process: str
    program: str
    takeover: str
    joined_at: float
    silent_s: float


@dataclass(frozen=True, slots=True)
class StoreLogin:
    """The login of this connection and its database, as the database reports them.

    `right` is driver, operator, viewer, or empty. `store` is whether the database has a store, `schema` its version, 0
    if the login may not read it. `system`
    identifies the server, empty if the login may not read it. `clock` is the database's time in seconds since 1970.
    `unverified` is why its certificate was not verified.
    """

    user: str
    right: str
    superuser: bool
    database: str
    system: str
    server: str
    standby: bool
    pooled: bool
    store: bool
    schema: int
    clock: float
    unverified: str
