"""A seat on another machine: what it sees of the driver, and what it asks of it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mmcockpit.core.decide.command import AddNote, MarkItem, OpenPhase
from mmcockpit.core.feed import STALLED_AFTER
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.model.states import State
from mmcockpit.engine.clock import SessionClock
from mmcockpit.share.postgres.link import StoreLink
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.seat_feed import SeatFeed
from mmcockpit.simulator.servers.postgres import Postgres
from tests.engine.engine_run import FoldedFeed
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.links import Links
from tests.servers.needs import need
from tests.servers.wait import wait_until
from tests.share.postgres.driving import Driving, asked, driving, go_back, port_of, position
from tests.share.postgres.stores import EVERY_LOGIN, StoreDatabase


class Sitting(FoldedFeed):
    """What a screen at a seat would know."""

    feed: SeatFeed

    def __init__(self, feed: SeatFeed, link: StoreLink) -> None:
        super().__init__(feed)
        self.link = link

    def sees(self, text: str) -> bool:
        """Draw a frame; return whether a note with this text is in the log."""
        self.look()
        return any(getattr(event.body, "text", "") == text for event in self.session.log)


@contextmanager
def seated(database: StoreDatabase, id: str, name: str, dsn: str = "", view: bool = False) -> Iterator[Sitting]:
    """Join a session of the store as a person."""
    viewer = SessionClock()
    link = StoreLink(
        lambda: SharedStore(lambda: dsn or database.dsn(name), lambda text: text),
        id,
        viewer,
        view,
        lambda opened: "no file",
    )
    with ExitStack() as opened:
        opened.callback(link.close)
        feed = SeatFeed(link, viewer, id)
        yield Sitting(feed, link)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ana" / "journal.jsonl"


def test_a_seat_sees_what_the_driver_records_and_folds_to_the_same_state(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("before")
        driver.copied()
        with seated(store_database, session_id, "bo") as bo:
            assert bo.sees("before")
            driver.note("while bo is here")
            wait_until(lambda: bo.sees("while bo is here"), "bo sees the note")
            wait_until(lambda: visitors(driver) != [], "the driver sees bo")
            wait_until(lambda: bo.look() is not None and bo.session.seq == driver.engine.session.seq, "bo has all")
            assert bo.session == driver.engine.session
            sharing = bo.batch.sharing
            assert sharing is not None
            assert (sharing.seat.person, sharing.seat.right) == ("bo", Right.OPERATOR)
            assert sharing.takeover


def test_a_command_of_a_seat_is_shown_once_its_fact_arrives(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        with seated(store_database, session_id, "bo") as bo:
            assert bo.feed.commands is not None
            bo.feed.commands.submit(MarkItem("ana", "ready/s/audit"))
            item = bo.session.items["ready/s/audit"]
            assert item.state is State.OPEN
            wait_until(lambda: bo.look() is not None and item.state is State.DONE, "the mark arrives")
            assert item.marked is not None
            assert item.marked.by == "bo"


def test_a_seat_without_the_controls_is_refused_a_gate(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        with seated(store_database, session_id, "bo") as bo:
            bo.feed.submit(OpenPhase("ana", "ready", "quick", override=True))
            wait_until(lambda: refusals(bo) != [], "the refusal arrives")
            assert driver.engine.session.phase == 0


def test_a_viewer_has_no_commander(store_database: StoreDatabase, session_id: str, path: Path) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        with seated(store_database, session_id, "carla") as carla:
            assert carla.feed.commands is None
        with seated(store_database, session_id, "bo", view=True) as watching:
            assert watching.feed.commands is None
            bo = f"postgres:{store_database.user('bo')}"
            wait_until(lambda: bo in [seat.identity for seat in visitors(driver)], "the driver sees the viewer")
            [seat] = [seat for seat in visitors(driver) if seat.identity == bo]
            assert seat.right is Right.VIEWER


def test_a_viewer_whose_login_may_drive_learns_how_to_get_a_seat_that_can(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        with seated(store_database, session_id, "dora", view=True) as dora:
            wait_until(lambda: bool(dora.link.sharing.seat.person), "dora is introduced")
            assert dora.link.sharing.takeover == "this seat is a viewer: `mmcockpit join --shared` takes one that can"
        with seated(store_database, session_id, "carla", view=True) as carla:
            wait_until(lambda: bool(carla.link.sharing.seat.person), "carla is introduced")
            assert carla.link.sharing.takeover == "your login may not drive this session"


def test_a_seat_whose_connection_broke_sends_its_command_again_and_it_is_decided_once(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with Links() as links, driving(store_database, session_id, path) as driver:
        driver.copied()
        link = links.link(port_of(store_database))
        with seated(store_database, session_id, "bo", store_database.dsn("bo", port=str(link.port))) as bo:
            request = asked(AddNote("bo", "once"))
            bo.link.submit(request)
            wait_until(lambda: b'"once"' in driver.journal, "the driver has decided")
            link.cut()
            wait_until(lambda: bo.link.connection == 0 and bo.link.sharing.away != "", "bo notices")
            bo.link.submit(request)
            link.mend()
            driver.note("last")
            wait_until(lambda: bo.sees("last"), "bo is connected again")
        assert driver.journal.count(b'"once"') == 1


def test_without_notifications_behind_a_pooler_in_transaction_mode_the_driver_and_its_seats_poll(
    postgres: Postgres, store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    with ExitStack() as stack:
        pooler = stack.enter_context(PgBouncer(path.parent / "pooler", postgres, settings=EVERY_LOGIN))
        pooled = {name: store_database.dsn(name, port=str(pooler.port)) for name in ("ana", "bo")}
        driver = stack.enter_context(driving(store_database, session_id, path, dsn=lambda: pooled["ana"]))
        driver.copied()
        bo = stack.enter_context(seated(store_database, session_id, "bo", pooled["bo"]))
        driver.note("from the driver")
        wait_until(lambda: bo.sees("from the driver"), "bo polls")
        request = asked(AddNote("bo", "from the seat"))
        bo.link.submit(request)
        wait_until(lambda: b"from the seat" in driver.journal, "the driver polls")
        wait_until(lambda: bo.sees("from the seat"), "bo sees what it noted")
        [noted] = [event for event in bo.session.log if event.command_id == request.id]
        assert noted.identity == f"postgres:{store_database.user('bo')}"
        driver.copied()


def test_a_silent_driver_is_shown_as_silent(store_database: StoreDatabase, session_id: str, path: Path) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
    statement = "UPDATE mmcockpit.lease SET seen_at = clock_timestamp() - interval '12 s' WHERE session = %s"
    store_database.execute("admin", statement, session_id)
    with seated(store_database, session_id, "bo") as bo:
        wait_until(lambda: silent(bo) >= 12, "bo sees how long the driver has been silent")
        assert bo.batch.pulse is not None


def test_while_the_store_is_away_its_seats_see_the_driver_as_silent_and_their_clock_goes_right(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with Links() as links, driving(store_database, session_id, path) as driver:
        driver.copied()
        link = links.link(port_of(store_database))
        with seated(store_database, session_id, "bo", store_database.dsn("bo", port=str(link.port))) as bo:
            driver.note("before")
            wait_until(lambda: bo.sees("before"), "bo follows")
            link.cut()
            at, since = bo.look().now.at, time.monotonic()
            driver.note("meanwhile")
            wait_until(lambda: silent(bo) >= 6, "bo sees the driver as silent")
            assert bo.batch.pulse is not None
            assert abs(bo.batch.pulse.at - bo.batch.now.at) < STALLED_AFTER, "not the engine's fault"
            assert bo.link.sharing.away
            link.mend()
            wait_until(lambda: bo.sees("meanwhile"), "bo follows again")
            wait_until(lambda: silent(bo) == 0, "the driver is not silent any more")
            passed = time.monotonic() - since
            assert bo.look().now.at - at >= passed - 0.01, "a late fact does not turn the clock back"


def silent(bo: Sitting) -> float:
    """Draw a frame; return how long the driver has been silent, in seconds."""
    sharing = bo.look().sharing
    return sharing.silent_s if sharing is not None else 0.0


def test_a_store_that_went_back_is_waited_for(store_database: StoreDatabase, session_id: str, path: Path) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("kept")
        driver.copied()
        kept = position(store_database, session_id)
        driver.note("lost")
        driver.copied()
    with seated(store_database, session_id, "bo") as bo:
        go_back(store_database, session_id, *kept)
        wait_until(lambda: "went back" in (bo.look().sharing or bo.link.sharing).away, "bo notices")
        with driving(store_database, session_id, path) as driver:
            driver.note("after the failover")
            wait_until(lambda: bo.sees("after the failover"), "bo continues")
            wait_until(lambda: (bo.look().sharing or bo.link.sharing).away == "", "bo shows that")
            assert not bo.batch.lost


def test_a_seat_begins_again_where_the_store_continues_without_facts_that_it_has(
    store_database: StoreDatabase, session_id: str, path: Path, tmp_path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("kept")
        driver.copied()
        kept = path_copied(path, tmp_path / "replica" / "journal.jsonl")
        before = position(store_database, session_id)
        driver.note("lost")
        driver.copied()
    with seated(store_database, session_id, "bo") as bo:
        assert bo.sees("lost")
        go_back(store_database, session_id, *before)
        with driving(store_database, session_id, kept) as driver:
            driver.note("another history")
            wait_until(lambda: bo.sees("another history"), "bo follows the other history")
            assert not bo.sees("lost")
            assert bo.sees("kept")


def path_copied(path: Path, to: Path) -> Path:
    """Copy a journal, and the term of its driver."""
    to.parent.mkdir(mode=0o700)
    for file in path.parent.glob("journal.jsonl*"):
        (to.parent / file.name).write_bytes(file.read_bytes())
    return to


def visitors(driver: Driving) -> list[Seat]:
    """Return the seats elsewhere."""
    return [seat for seat in list(driver.engine.session.seats.values()) if seat.via is Via.DATABASE]


def refusals(seat: Sitting) -> list[object]:
    """Draw a frame; return the refusals in the log."""
    seat.look()
    return [event for event in seat.session.log if type(event.body).__name__ == "Refused"]
