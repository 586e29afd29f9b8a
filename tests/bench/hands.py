"""A shared session: how soon a fact is on another screen, and what seats, the store and a takeover take.

`python -m tests.bench.hands` prints only these figures.
"""

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

from mmcockpit.core.decide.command import AddNote
from mmcockpit.core.facts.event import Event, Noted, Observed
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.reader import read
from mmcockpit.journal.writer import Writer
from mmcockpit.share.seat_feed import SeatFeed
from tests.bench.files import Figure
from tests.bench.measure import cpu_s, quantile
from tests.e2e.pty_session import MMCOCKPIT
from tests.hands.attach import attached
from tests.hands.chain import read_chain
from tests.hands.database import Database
from tests.hands.driving import Driving
from tests.hands.fork_server import ForkServer
from tests.hands.people import SeatProcess
from tests.hands.world import Store, cockpit_text
from tests.servers.links import Links
from tests.servers.wait import wait_until
from tests.terminal import Terminal

NOTES = 60
SECONDS = 10.0
VIEWERS = 50
FACTS = 10_000
SIZE = (120, 40)


@dataclass
class Shared:
    """A running session with its database and its driver."""

    folder: Path
    forks: ForkServer
    database: Database
    driving: Driving

    @property
    def journal(self) -> Path:
        """Return the journal of the driver."""
        return self.driving.last_journal


@contextmanager
def shared(cockpit: str) -> Iterator[Shared]:
    """Run a session without a screen over PostgreSQL, and end it."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        ForkServer() as forks,
        Store(Path(temporary) / "store") as store,
        Links() as links,
        Database(Path(temporary) / "database", links, store.server) as database,
    ):
        driving = Driving(Path(temporary), forks, store, database, ["bo"], cockpit)
        try:
            driving.begin()
            yield Shared(Path(temporary), forks, database, driving)
        finally:
            driving.end_processes()


def figures() -> list[Figure]:
    """Return (what, value, unit, goal, against) for each."""
    rows: list[Figure] = []
    with shared(cockpit_text()) as session:
        for via, goal in (("socket", 100), ("postgres", 300)):
            delays = _fact_to_screen(session, via)
            against = f"p50 {quantile(delays, 0.5):.0f}, max {max(delays):.0f} of {len(delays)} notes"
            rows.append((f"fact to a joined screen by {via} p95", quantile(delays, 0.95), "ms", goal, against))
        for via in ("socket", "postgres"):
            alone, full = _viewers_cost(session, via)
            against = f"{alone:.1f} % without, {full:.1f} % with them"
            rows.append((f"{VIEWERS} viewers by {via}, CPU of the driver", full - alone, "%", 2, against))
        rows.append(_takeover(session))
    with shared(cockpit_text("500ms", 20)) as session:
        rows.append(_commits(session))
        rows += _catching_up(session)
    return rows


def _fact_to_screen(session: Shared, via: str) -> list[float]:
    """Return for each note of another seat the ms from its fact's stamp until a joined screen shows it."""
    machine, _ = session.driving.machine("ana" if via == "socket" else "viewer0")
    words = ["join", "--view"] if via == "socket" else ["join", "--shared", session.driving.session]
    shown: dict[str, float] = {}
    clock = SessionClock()
    with (
        contextlib.closing(SeatFeed(attached(str(session.journal), "socket", clock), clock, "figures")) as feed,
        Terminal([*MMCOCKPIT, *words], *SIZE, env=machine.env, cwd=str(machine.folder)) as screen,
    ):
        screen.wait_for("To do")
        for _ in range(NOTES):
            text = f"n{uuid4().hex[:8]}"
            assert feed.commands is not None, "this seat may act"
            feed.commands.submit(AddNote("ana", text))
            arrived = screen.wait_for(text)
            shown[text] = time.time() - (time.monotonic() - arrived)
            feed.drain()
            screen.quiet(0.05, 0.3)
    noted = {event.body.text: event.stamp.wall for event in read(session.journal) if isinstance(event.body, Noted)}
    return [(when - noted[text]) * 1000 for text, when in shown.items()]


def _viewers_cost(session: Shared, via: str) -> tuple[float, float]:
    """Return the share of a core that the driver takes without and with the viewers, in per cent."""
    pid = session.driving.driver.child.pid
    alone = _cpu(pid)
    viewers = []
    for number in range(VIEWERS):
        machine, door = session.driving.machine("ana" if via == "socket" else f"viewer{number % 10}")
        viewers.append(SeatProcess(f"{via}{number}", machine, door, session.forks, session.driving.session, via))
        viewers[-1].join()
    wait_until(lambda: all(viewer.seen for viewer in viewers), "every viewer has the first facts")
    try:
        return alone, _cpu(pid)
    finally:
        for viewer in viewers:
            viewer.child.kill()


def _cpu(pid: int) -> float:
    before, began = cpu_s(pid), time.monotonic()
    time.sleep(SECONDS)
    return (cpu_s(pid) - before) / (time.monotonic() - began) * 100


def _takeover(session: Shared) -> Figure:
    """Kill the driver; measure from the end of its lease to the first result of a poll on another machine."""
    query = "select extract(epoch from until)::float8 from mmcockpit.lease"
    session.driving.kill()
    with psycopg.connect(session.database.dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None, "the session has a lease"
    session.driving.settle()
    epoch = session.driving.epoch

    def polled() -> list[float]:
        events = read_chain(session.database.dsn, session.driving.session).events
        return [event.stamp.wall for event in events if event.epoch == epoch and isinstance(event.body, Observed)]

    wait_until(lambda: bool(polled()), "the new driver polls")
    return "takeover: end of the lease to the first poll", polled()[0] - row[0], "s", 5, "resume --headless --shared"


def _commits(session: Shared) -> Figure:
    """Count the commits of the driver while it records 40 facts a second."""
    before = read_chain(session.database.dsn, session.driving.session)
    began = time.monotonic()
    time.sleep(SECONDS)
    took = time.monotonic() - began
    after = read_chain(session.database.dsn, session.driving.session)
    facts = (len(after.events) - len(before.events)) / took
    return "commits a second", (len(after.chunks) - len(before.chunks)) / took, "", 5, f"at {facts:.0f} facts a second"


def _catching_up(session: Shared) -> list[Figure]:
    """Let a driver find 10,000 facts in its journal that the database does not have, and a seat read them."""
    driving = session.driving
    driving.end()
    last = _add_facts(session.journal)
    driving.resume()
    began = time.monotonic()
    wait_until(lambda: _stored(session) >= last, "the database has every fact")
    published = time.monotonic() - began
    machine, door = driving.machine("viewer0")
    viewer = SeatProcess("viewer0", machine, door, session.forks, driving.session, "postgres")
    began = time.monotonic()
    viewer.join()
    wait_until(lambda: any(number >= last for number, _ in viewer.seen), "the viewer has every fact")
    joined = time.monotonic() - began
    return [
        (f"catching up {FACTS} facts: driver to database", published, "s", 2, "from the start of the driver's engine"),
        (f"catching up {FACTS} facts: database to seat", joined, "s", 2, "from the start of its process"),
    ]


def _add_facts(journal: Path) -> int:
    """Write results of a signal behind the facts of a session; return the number of the last one."""
    *_, last = read(journal)
    writer = Writer.open(journal, "ana")
    verdict = Verdict(Level.PASS, Level.PASS, "", 1, 1)
    for seq in range(last.seq + 1, last.seq + FACTS + 1):
        body = Observed("file_0", Reading({"exists": True, "size": seq}), verdict, 1.0)
        writer.append(Event(seq, last.stamp, body, epoch=last.epoch))
    writer.close()
    return last.seq + FACTS


def _stored(session: Shared) -> int:
    with psycopg.connect(session.database.dsn) as connection:
        row = connection.execute("select last_seq from mmcockpit.session").fetchone()
    return int(row[0]) if row else 0


def main() -> int:
    """Print the figures as a table."""
    for what, value, unit, goal, against in figures():
        met = f"goal {goal:g} {'met' if value <= goal else 'MISSED'}" if goal else ""
        print(f"{what:52} {value:10.2f} {unit:6} {met:18} {against}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
