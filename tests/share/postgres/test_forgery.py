"""What a login may not do is refused by the database, whatever program it uses: plain SQL as each login."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest

from mmcockpit.share.postgres.records import Fenced, StoreRefused, Term
from mmcockpit.share.postgres.store import SharedStore
from tests.share.postgres.stores import StoreDatabase, chunk, open_session

pytestmark = [pytest.mark.anyio, pytest.mark.server]

SECURITY = "violates row-level security policy"
DENIED = "permission denied"


@pytest.fixture
async def driver(store_database: StoreDatabase) -> AsyncIterator[SharedStore]:
    async with store_database.store("ana") as store:
        yield store


@pytest.fixture
async def term(driver: SharedStore, session_id: str, store_database: StoreDatabase) -> Term:
    return await opened(store_database, driver, session_id)


@pytest.fixture(scope="module")
def kept_session(store_database: StoreDatabase) -> str:
    """Give a session that no forgery may change."""

    async def made() -> None:
        async with store_database.store("ana") as store:
            await opened(store_database, store, "kept")

    asyncio.run(made())
    return "kept"


async def opened(database: StoreDatabase, driver: SharedStore, session: str) -> Term:
    """Open a session with one chunk, a seat and a command of bo, and a seat of carla; ana drives it."""
    term = await open_session(driver, session)
    assert await driver.append(session, term, chunk(1, 3)) is None
    async with database.store("bo") as bo, database.store("carla") as carla:
        await bo.put_seat(session, "seat-bo", "phone", "7", "1", "")
        await bo.put_command(session, "command-bo", "{}", "seat-bo")
        await carla.put_seat(session, "seat-carla", "tv", "8", "1", "")
    return term


SEND = "INSERT INTO mmcockpit.inbox (session, id, who, seat, command) VALUES ('{session}', '{fresh}', {values}, '{{}}')"
SIT = "INSERT INTO mmcockpit.seat (session, id, who) VALUES ('{session}', '{fresh}', '{bo}')"
TAKE = "SELECT * FROM mmcockpit.take_over('{session}', 'h', '1', 'x', '{uuid}', 0)"

FORGERIES = {
    "a command in another login's name": ("ana", SEND.replace("{values}", "'{bo}', ''"), SECURITY),
    "an operator's command in the driver's name": ("bo", SEND.replace("{values}", "'{ana}', ''"), SECURITY),
    "a command from another login's seat": ("bo", SEND.replace("{values}", "'{bo}', 'seat-carla'"), SECURITY),
    "a command from a missing seat": ("bo", SEND.replace("{values}", "'{bo}', 'nowhere'"), SECURITY),
    "a viewer's command": ("carla", SEND.replace("{values}", "'{carla}', ''"), DENIED),
    "a command that is decided already": (
        "bo",
        "INSERT INTO mmcockpit.inbox (session, id, command, decided_seq) VALUES ('{session}', '{fresh}', '{{}}', 1)",
        DENIED,
    ),
    "the id of another login's command": (
        "dora",
        "INSERT INTO mmcockpit.inbox (session, id, who, command) VALUES ('{session}', 'command-bo', '{dora}', '{{}}')",
        "duplicate key",
    ),
    "a change of a command": ("bo", "UPDATE mmcockpit.inbox SET command = 'x'", DENIED),
    "a decision of a command": ("bo", "UPDATE mmcockpit.inbox SET decided_seq = 1", DENIED),
    "a driver's decision beside its function": ("ana", "UPDATE mmcockpit.inbox SET decided_seq = 1", DENIED),
    "a removed command": ("ana", "DELETE FROM mmcockpit.inbox", DENIED),
    "a viewer who reads commands": ("carla", "SELECT * FROM mmcockpit.inbox", DENIED),
    "a seat in another login's name": ("carla", SIT, SECURITY),
    "a seat that changes its login": ("carla", "UPDATE mmcockpit.seat SET who = '{bo}'", DENIED),
    "a seat that is present for ever": ("carla", "UPDATE mmcockpit.seat SET seen_at = 'infinity'", DENIED),
    "a changed chunk": ("ana", "UPDATE mmcockpit.chunk SET lines = 'x'", DENIED),
    "a removed chunk": ("ana", "DELETE FROM mmcockpit.chunk", DENIED),
    "removed chunks": ("ana", "TRUNCATE mmcockpit.chunk", DENIED),
    "a chunk beside the function": (
        "ana",
        "INSERT INTO mmcockpit.chunk VALUES ('{session}', 4, 4, 1, 'AAAAAAAAAAAAAAAA', 'x')",
        DENIED,
    ),
    "a changed head": ("ana", "UPDATE mmcockpit.session SET head = 'AAAAAAAAAAAAAAAA'", DENIED),
    "a removed session": ("ana", "DELETE FROM mmcockpit.session", DENIED),
    "a stolen lease": ("ana", "UPDATE mmcockpit.lease SET holder = '{ana}'", DENIED),
    "an operator who steals the lease": ("bo", "UPDATE mmcockpit.lease SET holder = '{bo}'", DENIED),
    "the token of the lease": ("ana", "SELECT token FROM mmcockpit.lease", DENIED),
    "an operator who takes over": ("bo", TAKE, DENIED),
    "a viewer who takes over": ("carla", TAKE, DENIED),
    "a driver who takes over a lease that lasts": ("dora", TAKE, "drives this session"),
    "an operator who opens a session": ("bo", "SELECT mmcockpit.open_session('x', '', '', '', '', '{uuid}')", DENIED),
    "an operator who renews": ("bo", "SELECT mmcockpit.renew('{session}', 1, '{uuid}')", DENIED),
    "an operator who decides": (
        "bo",
        "SELECT mmcockpit.decide('{session}', 1, '{uuid}', 'command-bo', 1, '')",
        DENIED,
    ),
    "a driver who calls the function behind the others": (
        "ana",
        "SELECT mmcockpit.hold('{session}', 1, '{uuid}')",
        DENIED,
    ),
    "another role": ("bo", "SET ROLE mmcockpit_driver", DENIED),
    "the owner": ("ana", "SET ROLE mmcockpit_owner", DENIED),
    "another session user": ("bo", "SET SESSION AUTHORIZATION {ana}", DENIED),
    "a dropped policy": ("ana", "DROP POLICY inbox_write ON mmcockpit.inbox", "must be owner"),
    "disabled row-level security": ("ana", "ALTER TABLE mmcockpit.inbox DISABLE ROW LEVEL SECURITY", "must be owner"),
    "a function of one's own in the schema": (
        "ana",
        "CREATE FUNCTION mmcockpit.right_of(name) RETURNS text LANGUAGE sql AS $$ SELECT 'driver' $$",
        DENIED,
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_the_database_refuses(store_database: StoreDatabase, kept_session: str, forgery: str) -> None:
    name, statement, why = FORGERIES[forgery]
    words = {each: store_database.user(each) for each in ("ana", "bo", "carla", "dora")}
    before = rows_of(store_database, kept_session)
    with pytest.raises(psycopg.Error, match=why):
        store_database.execute(name, statement.format(session=kept_session, fresh=uuid4().hex, uuid=uuid4(), **words))
    assert rows_of(store_database, kept_session) == before


def rows_of(database: StoreDatabase, session: str) -> list[tuple[object, ...]]:
    """Return every row of a session, as the owner sees them."""
    keys = {"session": "id", "chunk": "session", "lease": "session", "inbox": "session", "seat": "session"}
    rows = [f"SELECT '{table}', t::text FROM mmcockpit.{table} t WHERE {key} = %s" for table, key in keys.items()]
    return sorted(database.execute("admin", " UNION ALL ".join(rows), *[session] * len(rows)))


async def test_a_login_changes_and_removes_only_its_own_seat(
    store_database: StoreDatabase, session_id: str, term: Term
) -> None:
    store_database.execute("carla", "UPDATE mmcockpit.seat SET takeover = 'changed'")
    store_database.execute("carla", "DELETE FROM mmcockpit.seat")
    rows = store_database.execute("admin", "SELECT id, takeover FROM mmcockpit.seat WHERE session = %s", session_id)
    assert rows == [("seat-bo", "")]


async def test_an_operator_sees_only_its_own_commands(
    store_database: StoreDatabase, session_id: str, term: Term
) -> None:
    count = "SELECT count(*) FROM mmcockpit.inbox WHERE session = %s"
    store_database.execute("admin", "UPDATE mmcockpit.inbox SET who = 'zoe' WHERE session = %s", session_id)
    assert store_database.execute("bo", count, session_id) == [(0,)]
    assert store_database.execute("ana", count, session_id) == [(1,)]


async def test_the_name_that_a_seat_writes_itself_does_not_count(
    store_database: StoreDatabase, session_id: str, term: Term, driver: SharedStore
) -> None:
    dsn = store_database.dsn("bo", application_name="ana", options=f"-c mmcockpit.user={store_database.user('ana')}")
    async with store_database.store("bo", dsn) as seat:
        await seat.put_command(session_id, "c1", '{"by":"ana"}')
        who = (await seat.login()).user
    waiting = {row.id: (row.who, row.right) for row in await driver.undecided(session_id)}
    assert waiting["c1"] == (who, "operator") == (store_database.user("bo"), "operator")


@pytest.mark.parametrize("right", ["viewer", ""])
async def test_a_login_whose_right_was_taken_away_is_read_with_the_right_that_it_has(
    store_database: StoreDatabase, session_id: str, term: Term, driver: SharedStore, right: str
) -> None:
    user = store_database.user("bo")
    store_database.execute("admin", f"REVOKE mmcockpit_operator FROM {user}")
    if right:
        store_database.execute("admin", f"GRANT mmcockpit_{right} TO {user}")
    try:
        assert [(row.who, row.right) for row in await driver.undecided(session_id)] == [(user, right)]
        assert {row.right for row in await driver.seats(session_id) if row.who == user} == {right}
    finally:
        store_database.execute("admin", f"GRANT mmcockpit_operator TO {user}")
        if right:
            store_database.execute("admin", f"REVOKE mmcockpit_{right} FROM {user}")


@pytest.mark.parametrize("forged", ["epoch", "token", "login"])
async def test_an_append_with_a_forged_term_is_fenced(
    store_database: StoreDatabase, session_id: str, term: Term, driver: SharedStore, forged: str
) -> None:
    following = chunk(4, 4, chunk(1, 3).head)
    tries = {"epoch": Term(2, term.token), "token": Term(1, str(uuid4())), "login": term}
    async with store_database.store("dora" if forged == "login" else "ana") as other:
        for _ in range(2):
            fenced = await other.append(session_id, tries[forged], following)
            assert fenced == Fenced(store_database.user("ana"), "laptop", 1, "")
            assert isinstance(await other.renew(session_id, tries[forged]), Fenced)
    assert await driver.append(session_id, term, following) is None


async def test_one_login_cannot_fill_the_inbox(store_database: StoreDatabase, session_id: str, term: Term) -> None:
    flood = "INSERT INTO mmcockpit.inbox (session, id, command) SELECT %s, 'f' || n, '{}' FROM generate_series(1, %s) n"
    with pytest.raises(psycopg.Error, match="has 200 rows in inbox"):
        store_database.execute("bo", flood, session_id, 200)
    store_database.execute("bo", flood, session_id, 199)
    async with store_database.store("bo") as seat:
        with pytest.raises(StoreRefused, match="has 200 rows in inbox"):
            await seat.put_command(session_id, "one more", "{}")


async def test_a_decision_beyond_the_stored_facts_is_refused(session_id: str, term: Term, driver: SharedStore) -> None:
    following = chunk(4, 4, chunk(1, 3).head)
    with pytest.raises(StoreRefused, match="decided by a fact after #4"):
        await driver.append(session_id, term, following, {"command-bo": 5})
    assert await driver.append(session_id, term, following, {"command-bo": 4}) is None
