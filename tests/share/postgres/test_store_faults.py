"""The store while its database hangs, is cut off, restarts or is full, and behind a pooler."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict

from mmcockpit.journal.codec import link, prev_of
from mmcockpit.share.postgres.connection import StoreConnection
from mmcockpit.share.postgres.installation import install
from mmcockpit.share.postgres.records import (
    Chunk,
    Misplaced,
    StoreAway,
    StoreError,
    StoreForbidden,
    StoreRefused,
    Takeover,
    Term,
)
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.simulator.servers.postgres import Postgres
from tests.cancelled import cancelled_at_each_step
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.links import Link, Links
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.share.postgres.small_disk import SmallDisk
from tests.share.postgres.stores import EVERY_LOGIN, StoreDatabase, chunk, grant_rights, made_database, open_session

pytestmark = [pytest.mark.anyio, pytest.mark.server]

SHORT_S = 0.5
"""Less than a call may take on a busy machine: only a call that has to fail is made once."""


Answered = TypeVar("Answered")


@pytest.fixture
def line(store_database: StoreDatabase) -> Iterator[Link]:
    """Give a link to the database of the store."""
    port = conninfo_to_dict(store_database.admin)["port"]
    with Links() as links:
        yield links.link(int(str(port)))


async def answered(call: Callable[[], Awaitable[Answered]]) -> Answered:
    """Repeat a call until the database answered in time."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(StoreAway):
                return await call()


async def fails(call: Callable[[], Awaitable[object]], why: str) -> None:
    """Repeat a call, which must not succeed, until it fails for this reason and not because its time is over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with pytest.raises(StoreAway) as away:
                await call()
            if "no response within" not in str(away.value):
                assert re.search(why, str(away.value)), away.value
                return


async def test_a_database_that_hangs_costs_the_timeout_and_is_used_again_afterwards(
    store_database: StoreDatabase, session_id: str, line: Link
) -> None:
    dsn = store_database.dsn("ana", port=str(line.port))
    async with store_database.store("ana") as patient, store_database.store("ana", dsn, SHORT_S) as store:
        term = await open_session(patient, session_id)
        await answered(lambda: store.renew(session_id, term))
        line.freeze()
        for _ in range(2):
            with pytest.raises(StoreAway, match=r"no response within 0\.5s"):
                await store.append(session_id, term, chunk(1, 1))
        line.mend()
        line.cut()
        lost = f"127.0.0.1:{line.port}/store_.*: (Connection|server closed|consuming)"
        await fails(lambda: store.append(session_id, term, chunk(1, 1)), lost)
        await fails(lambda: store.renew(session_id, term), "Connection refused")
        line.mend()
        refused = await answered(lambda: store.append(session_id, term, chunk(1, 1)))
    # What was sent while the line was frozen may have arrived.
    assert refused in (None, Misplaced(1, chunk(1, 1).head))


async def test_an_append_whose_acknowledgement_was_lost_is_recognised_as_stored(
    store_database: StoreDatabase, session_id: str, line: Link
) -> None:
    first = chunk(1, 3)
    dsn = store_database.dsn("ana", port=str(line.port))
    async with store_database.store("ana", dsn) as store:
        term = await open_session(store, session_id)
        line.freeze(requests=False)
        unacknowledged = asyncio.create_task(store.append(session_id, term, first))
        count = "SELECT count(*) FROM mmcockpit.chunk WHERE session = %s"
        while await asyncio.to_thread(store_database.execute, "admin", count, session_id) == [(0,)]:
            assert not unacknowledged.done()
        line.cut()
        with pytest.raises(StoreAway):
            await unacknowledged
        line.mend()
        assert await store.append(session_id, term, first) == Misplaced(3, first.head)
        assert await store.append(session_id, term, chunk(4, 4, first.head)) is None
        assert b"".join(part.lines for part in await store.chunks(session_id, 0)).count(b"\n") == 4


async def test_a_driver_that_hangs_does_not_keep_another_one_from_taking_over(
    store_database: StoreDatabase, session_id: str, line: Link
) -> None:
    dsn = store_database.dsn("ana", port=str(line.port))
    async with store_database.store("ana", dsn, SHORT_S) as ana, store_database.store("dora") as dora:
        async with store_database.store("ana") as patient:
            term = await open_session(patient, session_id)
            await patient.grant(session_id, term, store_database.user("dora"))
        await answered(lambda: ana.session(session_id))
        line.freeze(replies=False)
        stuck = [asyncio.create_task(ana.append(session_id, term, chunk(1, 1))) for _ in range(3)]
        taken = await dora.take_over(session_id, "tower", "7", "laptop sleeps", str(uuid4()))
        assert isinstance(taken, Takeover)
        assert all(isinstance(each, StoreAway) for each in await asyncio.gather(*stuck, return_exceptions=True))


async def test_a_call_after_one_that_was_cancelled_at_any_moment_succeeds(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as store:
        term = await open_session(store, session_id)
        for turns in range(40):
            cancelled = asyncio.create_task(store.renew(session_id, term))
            for _ in range(turns):
                await asyncio.sleep(0)
            cancelled.cancel()
            assert await store.renew(session_id, term) is None
        await asyncio.wait({cancelled})


async def renewed_until_it_fails(store: SharedStore, term: Term) -> None:
    """Renew the lease: a process of a killed server may answer until it notices that the server is gone."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await store.renew("s", term)


async def test_a_killed_database_is_away_until_it_runs_again_and_lost_nothing(tmp_path: Path) -> None:
    with Postgres(tmp_path / "killed") as server, made_database(server.dsn) as database:
        await install(lambda: database.admin, lambda text: text)
        grant_rights(database)
        async with database.store("ana") as store:
            term = await open_session(store, "s")
            assert await store.append("s", term, chunk(1, 5)) is None
            await store.news("s", 2 * PATIENCE_S)
            server.kill()
            waited = asyncio.create_task(store.news("s", 0.2))
            with pytest.raises(StoreAway):
                await renewed_until_it_fails(store, term)
            await waited
            server.start()
            assert await store.append("s", term, chunk(6, 6, chunk(1, 5).head)) is None
            assert [part.last_seq for part in await store.chunks("s", 0)] == [5, 6]
            await store.news("s", 2 * PATIENCE_S)
            woken = asyncio.create_task(store.news("s", 2 * PATIENCE_S))
            await asyncio.sleep(0)
            await store.release("s", term)
            await asyncio.wait_for(woken, PATIENCE_S)


def random_line(seq: int, prev: str) -> Chunk:
    """Return a fact of a megabyte that cannot be compressed."""
    line = b'[%d,1.0,0,"Noted",{"text":"%b"},"%b"]' % (seq, secrets.token_hex(500_000).encode(), prev.encode())
    return Chunk(seq, seq, prev, link(line), line + b"\n")


async def fill(store: SharedStore, term: Term, part: Chunk) -> None:
    """Append facts to the session `s` until the store refuses one."""
    while await store.append("s", term, part) is None:
        part = random_line(part.last_seq + 1, part.head)


async def test_a_full_disk_is_one_line_and_the_driver_continues_when_there_is_room(
    postgres: Postgres, small_disk: SmallDisk
) -> None:
    with made_database(postgres.dsn) as database:
        await install(lambda: database.admin, lambda text: text)
        grant_rights(database)
        small = f"small_{database.ending}"
        database.execute("admin", f"CREATE TABLESPACE {small} LOCATION '{small_disk.folder}'")
        database.execute("admin", f"ALTER TABLE mmcockpit.chunk SET TABLESPACE {small}")
        async with database.store("ana") as store:
            term = await open_session(store, "s")
            part = random_line(1, chunk(1, 1).prev)
            with pytest.raises(StoreAway, match="No space left on device: its disk is full"):
                await fill(store, term, part)
            state = await store.session("s")
            assert state is not None
            assert state.last_seq > 2
            assert await store.renew("s", term) is None
            part = random_line(state.last_seq + 1, state.head)
            with pytest.raises(StoreAway, match="its disk is full"):
                await store.append("s", term, part)
            small_disk.grow()
            assert await store.append("s", term, part) is None
            stored = await store.chunks("s", 0, most_bytes=1 << 30)
        assert [each.last_seq for each in stored] == list(range(1, part.last_seq + 1))
        assert [prev_of(after.lines[:-1]) for after in stored[1:]] == [before.head for before in stored[:-1]]
        database.execute("admin", "ALTER TABLE mmcockpit.chunk SET TABLESPACE pg_default")
        database.execute("admin", f"DROP TABLESPACE {small}")


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_everything_works_through_a_pooler_and_identity_stays_that_of_each_login(
    postgres: Postgres, store_database: StoreDatabase, session_id: str, tmp_path: Path, mode: str
) -> None:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    settings = {**EVERY_LOGIN, "default_pool_size": "1"}
    with PgBouncer(tmp_path / mode, postgres, pool_mode=mode, settings=settings) as pooler:
        names = {name: store_database.dsn(name, port=str(pooler.port)) for name in ("ana", "bo", "carla")}
        async with (
            store_database.store("ana", names["ana"]) as ana,
            store_database.store("bo", names["bo"]) as bo,
            store_database.store("carla", names["carla"]) as carla,
        ):
            term = await open_session(ana, session_id)
            assert ana.pooled
            await ana.news(session_id, 0.01)
            await bo.put_seat(session_id, "seat-bo", "phone", "7", "1", "")
            await bo.put_command(session_id, "c1", "{}", "seat-bo")
            [waiting] = await ana.undecided(session_id)
            assert (waiting.who, waiting.right) == (store_database.user("bo"), "operator")
            assert await ana.append(session_id, term, chunk(1, 2), {"c1": 2}) is None
            assert [part.lines for part in await carla.chunks(session_id, 0)] == [chunk(1, 2).lines]
            with pytest.raises(StoreForbidden):
                await carla.put_command(session_id, "c2", "{}")
            with pytest.raises(StoreForbidden):
                await bo.append(session_id, term, chunk(3, 3, chunk(1, 2).head))
            with pytest.raises(StoreRefused, match="row-level security"):
                await ana.put_command(session_id, "c3", "{}", "seat-bo")
            assert (await carla.login()).pooled


async def test_a_session_that_the_store_does_not_have_is_one_line(store_database: StoreDatabase) -> None:
    async with store_database.store("ana") as store:
        term = replace(await open_session(store, "known"), epoch=1)
        assert await store.session("unknown") is None
        assert await store.chunks("unknown", 0) == []
        for call in (
            store.append("unknown", term, chunk(1, 1)),
            store.renew("unknown", term),
            store.take_over("unknown", "h", "1", "r", term.token),
            store.put_command("unknown", "c", "{}"),
            store.put_seat("unknown", "s", "", "", "", ""),
        ):
            with pytest.raises(StoreRefused, match="unknown session"):
                await call


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT 1 / 0"])
async def test_a_call_that_is_cancelled_at_any_step_costs_the_next_one_nothing(
    sql: str, store_database: StoreDatabase
) -> None:
    connection = StoreConnection(lambda: store_database.dsn("ana"), lambda text: text)

    async def next_one() -> None:
        assert await connection.run("SELECT 1") == [(1,)]

    await next_one()
    assert await cancelled_at_each_step(lambda: connection.run(sql), StoreError, next_one) > 3
    await connection.close()
