"""Drivers that believe in their term at the same time: the database lets one of them write, and keeps one chain."""

import asyncio
import random
from collections import Counter
from uuid import uuid4

import pytest

from mmcockpit.journal.codec import ROOT, link, prev_of
from mmcockpit.share.postgres.records import Fenced, LeaseHeld, Misplaced, StoreRefused, Takeover, Term
from mmcockpit.share.postgres.store import SharedStore
from tests.share.postgres.stores import StoreDatabase, chunk, open_session

pytestmark = [pytest.mark.anyio, pytest.mark.server]


async def expire(database: StoreDatabase, session: str) -> None:
    """Let the lease end, as after ten seconds."""
    statement = "UPDATE mmcockpit.lease SET until = clock_timestamp() - interval '1 s' WHERE session = %s"
    await asyncio.to_thread(database.execute, "admin", statement, session)


async def test_of_those_who_take_over_at_once_one_gets_the_lease(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as ana, store_database.store("dora") as dora:
        await open_session(ana, session_id)
        for epoch in range(2, 7):
            await expire(store_database, session_id)
            results = await asyncio.gather(
                *(store.take_over(session_id, "h", "1", "r", str(uuid4())) for store in (ana, dora, ana, dora))
            )
            taken = [each.term.epoch for each in results if isinstance(each, Takeover)]
            assert taken == [epoch]
            assert sum(isinstance(each, LeaseHeld) for each in results) == 3


async def test_rivals_that_append_at_once_leave_one_chain_whose_epochs_do_not_interleave(
    store_database: StoreDatabase, session_id: str
) -> None:
    outcomes: Counter[str] = Counter()

    async def drive(store: SharedStore, seed: int) -> None:
        """Append as long as the term lasts, with mistakes; when it is over, take over as soon as that is possible."""
        choose = random.Random(seed)
        term: Term | None = None
        last, head = 0, ROOT
        for _ in range(60):
            if term is None:
                got = await store.take_over(session_id, "h", str(seed), "mine", str(uuid4()))
                if isinstance(got, LeaseHeld):
                    outcomes["held"] += 1
                    if choose.random() < 0.2:
                        await expire(store_database, session_id)
                    continue
                term, last, head = got.term, got.last_seq, got.head
            first = max(last + choose.choice((1, 1, 1, 1, 2, 0)), 1)
            part = chunk(first, first + choose.randrange(3), choose.choice((head, head, head, ROOT)))
            result = await store.append(session_id, term, part)
            outcomes[type(result).__name__] += 1
            match result:
                case None:
                    last, head = part.last_seq, part.head
                case Misplaced():
                    last, head = result.last_seq, result.head
                case Fenced():
                    term = None

    async with (
        store_database.store("ana") as one,
        store_database.store("dora") as two,
        store_database.store("ana") as three,
        store_database.store("carla") as reader,
    ):
        await open_session(one, session_id)
        await expire(store_database, session_id)
        await asyncio.gather(drive(one, 1), drive(two, 2), drive(three, 3))
        stored = await reader.chunks(session_id, 0)
        state = await reader.session(session_id)
    lines = b"".join(part.lines for part in stored).splitlines()
    assert [prev_of(line) for line in lines] == [ROOT, *map(link, lines[:-1])]
    assert [part.first_seq for part in stored] == [1, *(part.last_seq + 1 for part in stored[:-1])]
    epochs = [part.epoch for part in stored]
    assert epochs == sorted(epochs)
    assert state is not None
    assert (state.last_seq, state.head) == (stored[-1].last_seq, link(lines[-1]))
    assert min(outcomes[name] for name in ("NoneType", "Misplaced", "Fenced", "held")) > 0, outcomes


async def test_a_seat_cannot_take_the_place_of_another_one_with_its_id(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("bo") as bo, store_database.store("ana") as ana:
        await open_session(ana, session_id)
        await bo.put_seat(session_id, "one", "phone", "1", "1", "")
        with pytest.raises(StoreRefused, match="the id belongs to another login"):
            await ana.put_seat(session_id, "one", "laptop", "1", "1", "")
        await ana.remove_seat(session_id, "one")
        assert [seat.who for seat in await ana.seats(session_id)] == [store_database.user("bo")]
