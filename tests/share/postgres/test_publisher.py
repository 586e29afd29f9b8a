"""The driver's copy in the store: whole, in order, of one driver, whatever happens to either of them."""

import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from mmcockpit.core.decide.command import AddNote, MarkItem
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import ItemMarked, Noted, Refused, SeatJoined, SeatLeft
from mmcockpit.core.model.seat import Right, Via
from mmcockpit.share.postgres.records import Takeover
from mmcockpit.share.requests import encode
from tests.servers.links import Links
from tests.servers.wait import wait_until
from tests.share.postgres.driving import (
    asked,
    driving,
    end_lease,
    facts_of,
    go_back,
    lease,
    port_of,
    position,
    stored,
)
from tests.share.postgres.stores import StoreDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ana" / "journal.jsonl"


def texts(lines: bytes) -> list[str]:
    """Return the notes in these lines, in order."""
    return [event.body.text for event in facts_of(lines) if isinstance(event.body, Noted)]


def test_the_store_gets_the_very_bytes_of_the_journal(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("one", "two")
        driver.copied()
    # What the session's end adds is copied, too, and the lease ends with the driver.
    assert stored(store_database, session_id) == path.read_bytes()
    assert lease(store_database, session_id)[2] <= 0
    assert {event.epoch for event in facts_of(path.read_bytes())} == {1}


def test_a_driver_without_its_store_continues_and_catches_up(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with Links() as links:
        link = links.link(port_of(store_database))
        dsn = store_database.dsn("ana", port=str(link.port))
        with driving(store_database, session_id, path, dsn=lambda: dsn) as driver:
            driver.note("before")
            driver.copied()
            link.cut()
            driver.note(*(f"without the store {number}" for number in range(30)))
            wait_until(lambda: driver.behind >= 30 and driver.away != "", "the screen shows that the store is behind")
            link.mend()
            driver.copied()
            wait_until(lambda: driver.behind == 0 and not driver.away, "the screen shows that the store has everything")


def test_a_driver_that_the_store_refuses_is_not_only_behind(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    dsn = store_database.dsn("carla")
    with driving(store_database, session_id, path, dsn=lambda: dsn) as driver:
        wait_until(lambda: driver.away != "", "the store refuses a viewer as the driver")
        sharing = driver.engine.driver.sharing
        assert sharing is not None
        assert (sharing.refused, "GRANT mmcockpit_driver" in sharing.away) == (True, True)


def test_a_commit_whose_acknowledgement_was_lost_is_not_repeated(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with Links() as links:
        link = links.link(port_of(store_database))
        dsn = store_database.dsn("ana", port=str(link.port))
        with driving(store_database, session_id, path, dsn=lambda: dsn) as driver:
            for attempt in range(20):
                driver.copied()
                link.freeze(requests=False)
                driver.note(f"attempt {attempt}")
                # A connection that was waiting for another reply when it froze sends no further request.
                if arrives(store_database, session_id, f"attempt {attempt}"):
                    break
                link.cut()
                link.mend()
            link.cut()
            link.mend()
            driver.note("after")
            driver.copied()
        assert arrives(store_database, session_id, f"attempt {attempt}")
        assert texts(stored(store_database, session_id)) == [
            *(f"attempt {number}" for number in range(attempt + 1)),
            "after",
        ]


def arrives(database: StoreDatabase, session: str, text: str) -> bool:
    """Wait a moment; return whether the store has a note."""
    with suppress(AssertionError):
        wait_until(lambda: text in texts(stored(database, session)), "the store has the note", 1.5)
        return True
    return False


def test_a_store_that_lost_its_last_commits_gets_them_again(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("kept by the replica")
        driver.copied()
        kept = position(store_database, session_id)
        driver.note("lost by the replica")
        driver.copied()
        go_back(store_database, session_id, *kept)
        driver.note("after the failover")
        driver.copied()
    assert texts(stored(store_database, session_id)) == [
        "kept by the replica",
        "lost by the replica",
        "after the failover",
    ]


async def test_a_store_that_lost_this_term_gets_a_later_one(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("first term")
        driver.copied()
        # A failover to a replica that has only an earlier term of another driver.
        store_database.execute(
            "admin",
            "UPDATE mmcockpit.lease SET epoch = 0, token = gen_random_uuid(), until = clock_timestamp()"
            " WHERE session = %s",
            session_id,
        )
        wait_until(lambda: lease(store_database, session_id)[0] == 2, "the driver has begun another term")
        wait_until(lambda: driver.engine.driver.origin.epoch == 2, "its facts are of the other term")
        driver.note("second term")
        driver.copied()
    epochs = [event.epoch for event in facts_of(stored(store_database, session_id))]
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2}


async def test_a_driver_whose_session_was_taken_over_stops(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("before")
        driver.copied()
        async with store_database.store("dora") as store:
            taken: object = None
            # The driver renews its lease, perhaps between these two statements.
            while not isinstance(taken, Takeover):
                end_lease(store_database, session_id)
                taken = await store.take_over(session_id, "other", "7", "ana is silent", str(uuid4()))
        wait_until(lambda: bool(driver.engine.driver.fenced), "the driver is refused by the store")
        assert store_database.user("dora") in driver.engine.driver.fenced
        assert "ana is silent" in driver.engine.driver.fenced
        before = driver.journal
        driver.engine.submit(AddNote("ana", "too late"))
    assert "too late" not in texts(before)
    assert driver.journal == before
    assert "too late" not in texts(stored(store_database, session_id))


async def test_a_command_from_another_machine_is_decided_once_and_by_the_login_that_the_database_recorded(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        request = asked(MarkItem("ana", "ready/s/audit"))
        async with store_database.store("bo") as store:
            for _ in range(2):
                await store.put_command(session_id, request.id, encode(request).decode())
            wait_until(lambda: decided(store_database, session_id, request), "the command is decided")
        marks = [event for event in facts_of(driver.stored) if isinstance(event.body, ItemMarked)]
    assert len(marks) == 1
    [mark] = marks
    assert isinstance(mark.body, ItemMarked)
    assert (mark.body.by, mark.identity, mark.command_id) == (
        "bo", f"postgres:{store_database.user('bo')}", request.id,
    )  # fmt: skip


async def test_a_decided_command_that_its_driver_could_not_mark_is_not_decided_again(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        request = asked(AddNote("", "only once"))
        async with store_database.store("bo") as store:
            await store.put_command(session_id, request.id, encode(request).decode())
        wait_until(lambda: decided(store_database, session_id, request), "the command is decided")
    store_database.execute("admin", "UPDATE mmcockpit.inbox SET decided_seq = NULL WHERE id = %s", request.id)
    with driving(store_database, session_id, path) as driver:
        wait_until(lambda: decided(store_database, session_id, request), "the command is marked again")
    assert texts(stored(store_database, session_id)) == ["only once"]


async def test_a_row_that_is_no_command_is_answered_with_the_reason(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        async with store_database.store("bo") as store:
            await store.put_command(session_id, "abc", '{"version": 99}')
            command = None
            while command is None or command.decided_seq is None:
                command = await store.command(session_id, "abc")
        assert "version 99" in command.answer
        assert not [event for event in facts_of(driver.stored) if isinstance(event.body, Refused)]


async def test_seats_of_the_store_join_and_leave(store_database: StoreDatabase, session_id: str, path: Path) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.copied()
        seats = driver.engine.session.seats
        async with store_database.store("carla") as store:
            await store.put_seat(session_id, "s1", "edge-7", "41", "mmcockpit", "")
            wait_until(lambda: "db:s1" in seats, "carla has joined")
            seat = seats["db:s1"]
            await store.remove_seat(session_id, "s1")
        wait_until(lambda: "db:s1" not in seats, "carla has left")
        driver.copied()
        kinds = [type(event.body) for event in facts_of(driver.stored)]
    assert (seat.identity, seat.right, seat.via) == (
        f"postgres:{store_database.user('carla')}", Right.VIEWER, Via.DATABASE,
    )  # fmt: skip
    assert kinds.index(SeatJoined) < kinds.index(SeatLeft)


async def test_a_seat_that_could_not_report_while_the_store_was_away_has_not_left(
    store_database: StoreDatabase, session_id: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmcockpit.share.postgres.visitors.UNSEEN_S", 1.5)
    with Links() as links:
        link = links.link(port_of(store_database))
        dsn = store_database.dsn("ana", port=str(link.port))
        with driving(store_database, session_id, path, dsn=lambda: dsn) as driver:
            driver.copied()
            async with store_database.store("carla") as store:
                await store.put_seat(session_id, "s1", "edge-7", "41", "mmcockpit", "")
                wait_until(lambda: "db:s1" in driver.engine.session.seats, "carla has joined")
                link.cut()
                wait_until(lambda: driver.away != "", "the store is away")
                await asyncio.sleep(2)
                silence(store_database, "s1")
                link.mend()
                wait_until(lambda: not driver.away, "the store is back")
                driver.note("back")
                driver.copied()
                await asyncio.sleep(2)
            driver.copied()
            kinds = [type(event.body) for event in facts_of(driver.stored)]
    assert SeatLeft not in kinds


def silence(database: StoreDatabase, seat: str) -> None:
    """Let a seat be silent for 25 s."""
    database.execute("admin", "ALTER TABLE mmcockpit.seat DISABLE TRIGGER see_seat")
    late = "UPDATE mmcockpit.seat SET seen_at = clock_timestamp() - interval '25 s' WHERE id = %s"
    database.execute("admin", late, seat)
    database.execute("admin", "ALTER TABLE mmcockpit.seat ENABLE TRIGGER see_seat")


def test_a_journal_that_continues_in_another_file_continues_in_the_store(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("in the first file")
        driver.copied()
        first = driver.journal
        path.rename(path.with_name("moved"))

        def noted_again() -> bool:
            driver.engine.submit(AddNote("ana", "in the second file"))
            after = driver.engine.record.path
            return after != path and b"in the second file" in driver.journal

        wait_until(noted_again, "the session continues in another file")
        wait_until(lambda: stored(store_database, session_id) == first + driver.journal, "the store has both files")
        wait_until(lambda: driver.behind == 0 and not driver.away, "the screen shows that the store has everything")
    with driving(store_database, session_id, driver.engine.record.path) as again:
        again.note("resumed")
        wait_until(lambda: stored(store_database, session_id) == first + again.journal, "the store has the rest")


def test_a_driver_that_is_killed_and_resumed_continues_its_term(
    store_database: StoreDatabase, session_id: str, path: Path
) -> None:
    with driving(store_database, session_id, path) as driver:
        driver.note("before")
        driver.copied()
    with driving(store_database, session_id, path) as driver:
        driver.note("after")
        driver.copied()
        assert lease(store_database, session_id)[0] == 1
    assert stored(store_database, session_id) == path.read_bytes()


def decided(database: StoreDatabase, session: str, request: Request) -> bool:
    """Return whether a request is marked as decided."""
    statement = "SELECT decided_seq FROM mmcockpit.inbox WHERE session = %s AND id = %s"
    return database.execute("admin", statement, session, request.id)[0][0] is not None
