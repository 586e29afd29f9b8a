"""The store as its driver and its seats use it, on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from mmcockpit.journal.codec import ROOT, link
from mmcockpit.share.postgres.records import Chunk, Fenced, LeaseHeld, Misplaced, StoreRefused, Takeover, Term
from tests.servers.wait import PATIENCE_S
from tests.share.postgres.stores import StoreDatabase, chunk, open_session

pytestmark = [pytest.mark.anyio, pytest.mark.server]


async def test_a_seat_reads_the_very_bytes_that_the_driver_appended(
    store_database: StoreDatabase, session_id: str
) -> None:
    first = chunk(1, 40)
    second = chunk(41, 41, first.head)
    async with store_database.store("ana") as driver, store_database.store("carla") as seat:
        term = await open_session(driver, session_id)
        assert [await driver.append(session_id, term, part) for part in (first, second)] == [None, None]
        whole, rest = await seat.chunks(session_id, 0), await seat.chunks(session_id, 40)
        state = await seat.session(session_id)
    assert b"".join(part.lines for part in whole) == first.lines + second.lines
    assert [(part.first_seq, part.last_seq, part.head, part.epoch) for part in rest] == [(41, 41, second.head, 1)]
    assert state is not None
    assert (state.last_seq, state.head, state.epoch) == (41, second.head, 1)
    assert (state.holder, state.host) == (store_database.user("ana"), "laptop")
    assert 0 < state.left_s <= 10


async def test_a_reader_gets_at_least_one_chunk_and_not_more_than_it_takes(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as store:
        term = await open_session(store, session_id)
        prev = chunk(1, 1).prev
        for seq in range(1, 6):
            part = chunk(seq, seq, prev)
            assert await store.append(session_id, term, part) is None
            prev = part.head
        small = await store.chunks(session_id, 1, most_bytes=1)
        some = await store.chunks(session_id, 1, most_bytes=len(part.lines) + 1)
    assert [part.first_seq for part in small] == [2]
    assert [part.first_seq for part in some] == [2, 3]


async def test_lines_that_do_not_continue_the_stored_ones_are_misplaced(
    store_database: StoreDatabase, session_id: str
) -> None:
    first = chunk(1, 5)
    async with store_database.store("ana") as store:
        term = await open_session(store, session_id)
        assert await store.append(session_id, term, first) is None
        placed = Misplaced(5, first.head)
        for part in (
            first,
            chunk(7, 7, first.head),
            chunk(6, 6),
            chunk(6, 6, "AAAAAAAAAAAAAAAA"),
            chunk(5, 6, first.head),
        ):
            assert await store.append(session_id, term, part) == placed
        assert await store.append(session_id, term, chunk(6, 6, first.head)) is None


async def test_after_a_takeover_the_former_driver_is_fenced(store_database: StoreDatabase, session_id: str) -> None:
    first = chunk(1, 3)
    async with store_database.store("ana") as ana, store_database.store("dora") as dora:
        term = await open_session(ana, session_id)
        await ana.append(session_id, term, first)
        held = await dora.take_over(session_id, "tower", "7", "laptop died", str(uuid4()))
        assert await ana.grant(session_id, term, store_database.user("dora")) is None
        taken = await dora.take_over(session_id, "tower", "7", "laptop died", str(uuid4()))
        assert isinstance(taken, Takeover)
        fenced = [
            await ana.append(session_id, term, chunk(4, 4, first.head)),
            await ana.renew(session_id, term),
            await ana.release(session_id, term),
            await ana.decide(session_id, term, "id", 3, ""),
        ]
        assert await dora.append(session_id, taken.term, chunk(4, 4, first.head)) is None
        parts = await ana.chunks(session_id, 0)
    assert isinstance(held, LeaseHeld)
    assert (held.holder, held.epoch) == (store_database.user("ana"), 1)
    assert (taken.term.epoch, taken.last_seq, taken.head) == (2, 3, first.head)
    assert fenced == [Fenced(store_database.user("dora"), "tower", 2, "laptop died")] * 4
    assert [part.epoch for part in parts] == [1, 2]


async def test_a_command_is_decided_with_the_facts_that_it_became(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as driver, store_database.store("bo") as seat:
        term = await open_session(driver, session_id)
        await seat.put_seat(session_id, "seat-1", "phone", "8", "1.0", "no kubeconfig")
        await seat.put_seat(session_id, "seat-1", "phone", "8", "1.0", "")
        for _ in range(2):
            await seat.put_command(session_id, "c1", '{"mark":"backup"}', "seat-1")
        await seat.put_command(session_id, "c2", "{}")
        waiting = await driver.undecided(session_id)
        [present] = await driver.seats(session_id)
        assert await driver.append(session_id, term, chunk(1, 2), {"c1": 2}) is None
        assert await driver.decide(session_id, term, "c2", 2, "not a command of this version") is None
        first, second = await seat.command(session_id, "c1"), await seat.command(session_id, "c2")
        left = await driver.undecided(session_id)
        await seat.remove_seat(session_id, "seat-1")
        gone = await driver.seats(session_id)
    who = store_database.user("bo")
    assert [(row.id, row.who, row.right, row.seat) for row in waiting] == [
        ("c1", who, "operator", "seat-1"),
        ("c2", who, "operator", ""),
    ]
    assert (present.who, present.right, present.host, present.takeover) == (who, "operator", "phone", "")
    assert present.silent_s < 60
    assert first is not None
    assert second is not None
    assert (first.decided_seq, first.answer) == (2, "")
    assert (second.decided_seq, second.answer) == (2, "not a command of this version")
    assert (left, gone) == ([], [])


async def test_a_call_whose_answer_was_lost_can_be_repeated(store_database: StoreDatabase, session_id: str) -> None:
    async with store_database.store("ana") as store, store_database.store("dora") as other:
        token, later = str(uuid4()), str(uuid4())
        terms = [await store.open_session(session_id, "n", "e", "h", "1", token) for _ in range(2)]
        assert terms == [Term(1, token)] * 2
        with pytest.raises(StoreRefused, match="exists already"):
            await open_session(store, session_id)
        await store.release(session_id, terms[0])
        takeovers = [await other.take_over(session_id, "h", "1", "because", later) for _ in range(2)]
        assert [taken.term.epoch for taken in takeovers if isinstance(taken, Takeover)] == [2, 2]


async def test_a_driver_whose_term_was_lost_in_a_failover_keeps_the_epoch_of_its_journal(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as store:
        term = await open_session(store, session_id)
        await store.release(session_id, term)
        taken = await store.take_over(session_id, "h", "1", "failover", str(uuid4()), least=5)
        assert isinstance(taken, Takeover)
        assert taken.term.epoch == 5


async def test_notifications_wake_a_seat_for_facts_and_the_driver_for_commands(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as driver, store_database.store("bo") as seat:
        term = await open_session(driver, session_id)
        # Longer than it is waited for: only a notification ends it in time.
        for store in (seat, driver):
            await store.news(session_id, 2 * PATIENCE_S)
        for act, waits in (
            (driver.append(session_id, term, chunk(1, 1)), seat),
            (seat.put_command(session_id, "c1", "{}"), driver),
        ):
            woken = asyncio.create_task(waits.news(session_id, 2 * PATIENCE_S))
            await asyncio.sleep(0)
            await act
            await asyncio.wait_for(woken, PATIENCE_S)


async def test_numbers_jump_only_where_a_journal_continues_after_it_could_not_be_written(
    store_database: StoreDatabase, session_id: str
) -> None:
    first = chunk(1, 2)
    gap = chunk(5, 5, first.head, "Gap")
    successor = chunk(9, 9, ROOT, "Opened")
    named = successor.lines.replace(b'"by":"ana"', b'"head":"%b"' % gap.head.encode())
    continued = replace(successor, prev=gap.head, lines=named, head=link(named[:-1]))
    async with store_database.store("ana") as store:
        term = await open_session(store, session_id)
        assert await store.append(session_id, term, first) is None
        assert await store.append(session_id, term, chunk(5, 5, first.head)) == Misplaced(2, first.head)
        assert await store.append(session_id, term, gap) is None
        refused = await store.append(session_id, term, replace(successor, prev=gap.head))
        assert refused == Misplaced(5, gap.head)
        assert await store.append(session_id, term, continued) is None


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (replace(chunk(1, 3), last_seq=2), "not facts #1 to #2"),
        (replace(chunk(1, 3), lines=chunk(1, 3).lines[:-1]), "not complete"),
        (replace(chunk(1, 3), lines=b"\n"), "not facts #1 to #3"),
        (replace(chunk(1, 3), lines=b""), "not complete"),
        (replace(chunk(1, 3), lines=chunk(1, 1).lines + chunk(3, 3).lines), "missing between #1 and #3"),
        (replace(chunk(1, 3), lines=chunk(1, 1).lines + b"\0\xff\n" + chunk(3, 3).lines), "missing between #1 and #3"),
        (replace(chunk(1, 3), head="short"), "violates check constraint"),
    ],
)
async def test_bytes_that_are_not_these_lines_are_refused(
    store_database: StoreDatabase, session_id: str, part: Chunk, why: str
) -> None:
    async with store_database.store("ana") as store:
        term = await open_session(store, session_id)
        with pytest.raises(StoreRefused, match=why):
            await store.append(session_id, term, part)
        assert await store.chunks(session_id, 0) == []
