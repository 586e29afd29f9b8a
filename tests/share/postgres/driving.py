"""A driver whose session is in the store: a real engine, a journal of its own, and the publisher."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from mmcockpit.cli.live import open_session, resume_session
from mmcockpit.core.decide.command import AddNote, AnyCommand
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import Event, SessionMode
from mmcockpit.core.model.cockpit import Cockpit, Person, Share
from mmcockpit.core.model.seat import Right, Seat
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.headless import started
from mmcockpit.journal.codec import decode, link, prev_of
from mmcockpit.share.postgres.publisher import Publisher
from mmcockpit.share.postgres.store import SharedStore
from tests.core.sessions import manual, plan
from tests.servers.wait import wait_until
from tests.share.postgres.stores import StoreDatabase

LAST_S = 10.0
"""Seconds that a driver waits at its end for a store that can be reached: less than the engine waits for it."""


def night(database: StoreDatabase) -> Cockpit:
    """Return a cockpit without signals, whose people are the logins of the database."""
    people = tuple(
        Person(name, role, db_user=database.user(name))
        for name, role in (("ana", "lead"), ("dora", "database"), ("bo", "network"))
    )
    share = Share(postgres={"env": "MMCOCKPIT_SHARE"})
    return plan(manual("audit"), manual("backup"), people=people, poll=("database", "network"), share=share)


class Driving:
    """A running driver, its journal, and what the store has of it."""

    def __init__(self, engine: Engine, database: StoreDatabase, id: str) -> None:
        self.engine, self.database, self.id = engine, database, id

    @property
    def journal(self) -> bytes:
        """The bytes of the local journal."""
        return self.engine.record.path.read_bytes()

    @property
    def stored(self) -> bytes:
        """The bytes of all lines in the store."""
        return stored(self.database, self.id)

    @property
    def behind(self) -> int:
        """The facts that the store is known to lack, as the screen shows it."""
        sharing = self.engine.driver.sharing
        assert sharing is not None
        return sharing.behind

    @property
    def away(self) -> str:
        """Why the store cannot be reached, as the screen shows it."""
        sharing = self.engine.driver.sharing
        assert sharing is not None
        return sharing.away

    def note(self, *texts: str) -> None:
        """Add notes as the driver's operator, and wait until they are recorded."""
        for text in texts:
            self.engine.submit(AddNote("ana", text))
        wait_until(lambda: texts[-1].encode() in self.journal, "the note is recorded")

    def copied(self) -> None:
        """Wait until the store has the whole journal."""
        wait_until(lambda: self.stored == self.journal, "the store has the whole journal")


@contextmanager
def driving(
    database: StoreDatabase,
    id: str,
    path: Path,
    name: str = "ana",
    dsn: Callable[[], str] | None = None,
    engine: Engine | None = None,
    host: str = "laptop",
) -> Iterator[Driving]:
    """Run a new session, or the one at `path` again, as the driver `name` who reaches the store by `dsn`."""
    if engine is None:
        if path.exists():
            engine = resume_session(path, name)
        else:
            engine, _ = open_session(night(database), {}, name, SessionMode.LIVE, path)
    store = SharedStore(dsn or (lambda: database.dsn(name)), lambda text: text)
    seat = Seat("driver", f"postgres:{database.user(name)}", name, right=Right.DRIVER, host=host)
    publisher = Publisher(store, id, host, behind_s=0.5, last_s=LAST_S)
    engine.driver.start_as(seat, [publisher], epoch=max(engine.session.epoch, 1))
    with started(engine):
        yield Driving(engine, database, id)


def stored(database: StoreDatabase, id: str) -> bytes:
    """Return the bytes of all lines of a session in the store, in order."""
    rows = database.execute("admin", "SELECT lines FROM mmcockpit.chunk WHERE session = %s ORDER BY last_seq", id)
    return b"".join(bytes(row[0]) for row in rows)  # type: ignore[call-overload]


def facts_of(lines: bytes) -> list[Event]:
    """Return the facts of a journal's lines, after checking that they are one chain."""
    events, head, base = [], None, None
    for line in lines.splitlines():
        assert head is None or prev_of(line) == head
        head = link(line)
        event = decode(line, base)
        base = base if base is not None else round(event.stamp.wall * 1000) - round(event.stamp.at * 1000)
        events.append(event)
    return events


def lease(database: StoreDatabase, id: str) -> tuple[int, str, float]:
    """Return the epoch, the holder and the seconds left of a session's lease."""
    statement = "SELECT epoch, holder, extract(epoch FROM until - clock_timestamp())::float8 FROM mmcockpit.lease"
    [(epoch, holder, left)] = database.execute("admin", f"{statement} WHERE session = %s", id)
    assert isinstance(epoch, int)
    assert isinstance(left, float)
    return epoch, str(holder), left


def end_lease(database: StoreDatabase, id: str) -> None:
    """Let a lease end now, as after ten seconds without a renewal."""
    with psycopg.connect(database.admin, autocommit=True) as connection:
        connection.execute("UPDATE mmcockpit.lease SET until = clock_timestamp() WHERE session = %s", (id,))


def position(database: StoreDatabase, session: str) -> tuple[object, ...]:
    """Return the number and the link of the last fact of a session."""
    return database.execute("admin", "SELECT last_seq, head FROM mmcockpit.session WHERE id = %s", session)[0]


def go_back(database: StoreDatabase, session: str, last: object, head: object) -> None:
    """Remove the last commits of a session at once, as a failover to a replica without them does."""
    back = "UPDATE mmcockpit.session SET last_seq = %s, head = %s WHERE id = %s"
    with psycopg.connect(database.admin) as connection:
        connection.execute(back.encode(), (last, head, session))
        connection.execute("DELETE FROM mmcockpit.chunk WHERE session = %s AND last_seq > %s", (session, last))


def port_of(database: StoreDatabase) -> int:
    """Return the port of the database server."""
    return int(str(conninfo_to_dict(database.admin)["port"]))


def asked(command: AnyCommand) -> Request:
    """Return a command as a request with an id of its own."""
    return Request(uuid4().hex, command)
