"""`share init` makes the store, as often as one likes, and names what is missing; `doctor` checks it."""

import asyncio
import re
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from mmcockpit.cli import main
from mmcockpit.share.postgres.records import StoreAway, StoreRefused
from mmcockpit.simulator.servers.postgres import Postgres
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.needs import need
from tests.share.postgres.stores import (
    EVERY_LOGIN,
    PASSWORD,
    StoreDatabase,
    chunk,
    grant_rights,
    made_database,
    open_session,
)

pytestmark = pytest.mark.server

COCKPIT = """
name: Web shop
environment: staging
people:
  - {{name: ana, role: database, db_user: ana_{ending}}}
  - {{name: bo, role: web, db_user: bo_{ending}}}
  - {{name: carla}}
share: {{postgres: {{env: MMCOCKPIT_SHARE}}}}
"""
SOURCE = """
sources: {db: {kind: postgres, dsn: {env: TEST_LIVE}}}
signals: {one: {db.scalar: SELECT 1, pass: value == 1}}
"""


class Shell:
    """Commands in a folder with a cockpit file, whose store is reached by `dsn`."""

    def __init__(self, folder: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "cockpit.yaml"
        self._environment, self._capsys = environment, capsys

    def run(self, *words: str, dsn: str) -> tuple[int, list[str]]:
        """Return the exit code of a command and its lines."""
        self._environment.setenv("MMCOCKPIT_SHARE", dsn)
        code = main([*words, str(self.file)])
        printed = self._capsys.readouterr()
        assert PASSWORD not in printed.out + printed.err
        return code, (printed.out + printed.err).splitlines()


@pytest.fixture
def shell(
    database: StoreDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    made = Shell(tmp_path, monkeypatch, capsys)
    made.file.write_text(COCKPIT.format(ending=database.ending))
    return made


async def first_fact(database: StoreDatabase, session: str) -> None:
    """Open a session as ana, and append its first fact."""
    async with database.store("ana") as store:
        term = await open_session(store, session)
        assert await store.append(session, term, chunk(1, 1)) is None
        assert await store.renew(session, term) is None


async def facts_of(database: StoreDatabase, session: str) -> int:
    """Return the number of the last fact that carla reads."""
    async with database.store("carla") as store:
        return max([part.last_seq for part in await store.chunks(session, 0)])


def test_init_makes_the_store_once_and_prints_the_grants(database: StoreDatabase, shell: Shell) -> None:
    code, lines = shell.run("share", "init", dsn=database.admin)
    assert code == 0
    assert lines[0].endswith("schema mmcockpit, version 2: created")
    assert f"  GRANT mmcockpit_operator TO {database.user('bo')};  -- bo, web" in lines
    assert any(line.startswith("  GRANT mmcockpit_driver TO NAME;") for line in lines)
    assert "no db_user under people, so that the login is not recognised as theirs: carla" in lines
    grant_rights(database)
    asyncio.run(first_fact(database, "kept"))
    database.execute("admin", "REVOKE SELECT ON mmcockpit.chunk FROM mmcockpit_viewer")
    code, lines = shell.run("share", "init", dsn=database.admin)
    assert (code, lines[0].rpartition(": ")[2]) == (0, "unchanged")
    assert asyncio.run(facts_of(database, "kept")) == 1


def test_a_login_with_createrole_that_owns_the_database_is_sufficient(shell: Shell) -> None:
    """The group roles exist already on this server: a login that did not make them may not grant them."""
    with Postgres(shell.file.parent / "own") as server, made_database(server.dsn) as own:
        own.execute("admin", f"ALTER ROLE {own.user('dora')} CREATEROLE")
        own.execute("admin", f"GRANT CREATE ON DATABASE store_{own.ending} TO {own.user('dora')}")
        for state in ("created", "unchanged"):
            code, lines = shell.run("share", "init", dsn=own.dsn("dora"))
            assert (code, lines[0].rpartition(": ")[2]) == (0, state)
        own.execute("dora", f"GRANT mmcockpit_driver TO {own.user('ana')}")
        asyncio.run(first_fact(own, "s"))
        roles = "mmcockpit_owner, mmcockpit_driver, mmcockpit_operator, mmcockpit_viewer"
        own.execute("admin", f"DROP OWNED BY {roles}")
        own.execute("admin", f"DROP ROLE {roles}")


def test_the_sql_for_an_administrator_makes_the_same_store(
    database: StoreDatabase, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["share", "init", "--sql"]) == 0
    database.execute("admin", capsys.readouterr().out)
    code, lines = shell.run("share", "init", dsn=database.admin)
    assert (code, lines[0].rpartition(": ")[2]) == (0, "unchanged")


def test_init_of_a_login_without_the_rights_changes_nothing_and_names_the_way_out(
    database: StoreDatabase, shell: Shell
) -> None:
    code, lines = shell.run("share", "init", dsn=database.dsn("ana"))
    assert code == 1
    [line] = lines
    assert re.search('permission denied|must have admin option on role "mmcockpit_owner"', line)
    assert "`mmcockpit share init --sql`" in line
    assert database.execute("admin", "SELECT FROM pg_namespace WHERE nspname = 'mmcockpit'") == []


def test_a_database_of_another_encoding_is_refused(database: StoreDatabase, shell: Shell) -> None:
    name = f"latin_{database.ending}"
    database.execute("admin", f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0")
    try:
        code, [line] = shell.run("share", "init", dsn=make_conninfo(database.admin, dbname=name))
        assert code == 1
        assert line.endswith("the encoding is LATIN1, it must be UTF8: CREATE DATABASE … ENCODING 'UTF8'")
    finally:
        database.execute("admin", f"DROP DATABASE {name}")


def test_every_mistake_in_the_address_is_one_line(
    database: StoreDatabase, shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for dsn, why in {
        database.dsn("ana", dbname="nowhere"): 'database "nowhere" does not exist',
        database.dsn("ana").replace(PASSWORD, "wrong"): "password authentication failed",
        database.dsn("ana", port="1"): "Connection refused",
        "nonsense": "must be a postgresql:// URL or key=value pairs",
    }.items():
        for words in (("share", "init"), ("doctor",)):
            code, lines = shell.run(*words, dsn=dsn)
            assert code == 1
            assert len(lines) == 1, lines
            assert why in lines[0]
    monkeypatch.delenv("MMCOCKPIT_SHARE")
    assert main(["share", "init", str(shell.file)]) == 1
    assert (
        capsys.readouterr().err == "mmcockpit share: share.postgres: environment variable MMCOCKPIT_SHARE is not set\n"
    )
    shell.file.write_text("name: x\nenvironment: staging\n")
    assert shell.run("share", "init", dsn="")[1] == [
        f"mmcockpit share: {shell.file}: no share.postgres: add `share: {{postgres: {{env: MMCOCKPIT_SHARE}}}}`"
    ]


def test_a_store_of_another_version_is_one_line_everywhere(database: StoreDatabase, shell: Shell) -> None:
    assert shell.run("share", "init", dsn=database.admin)[0] == 0
    grant_rights(database)
    database.execute("admin", "INSERT INTO mmcockpit.version (number) VALUES (7)")
    why = "the store has version 7, this program reads 2: update mmcockpit"
    code, lines = shell.run("share", "init", dsn=database.admin)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].endswith(why)
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert (code, lines[0].split()[0]) == (1, "LACKS")
    assert lines[1].endswith(why)
    with pytest.raises(StoreRefused, match="version 7"):
        asyncio.run(facts_of(database, "s"))


def test_doctor_reports_what_a_login_and_the_people_lack(database: StoreDatabase, shell: Shell) -> None:
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert code == 1
    assert lines[1].endswith("no store in this database: run `mmcockpit share init`")
    shell.run("share", "init", dsn=database.admin)
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert lines[1].strip() == f"share        {database.user('ana')} has no right: GRANT mmcockpit_operator TO " + (
        database.user("ana")
    )
    database.execute("admin", f"GRANT mmcockpit_operator TO {database.user('ana')}")
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert code == 1
    assert lines[0].endswith(f"as {database.user('ana')} (operator)")
    assert f"login {database.user('bo')} of bo has no right" in lines[1]
    assert (
        f"can join, cannot drive or take over: that needs GRANT mmcockpit_driver TO {database.user('ana')}" in lines[2]
    )
    grant_rights(database)
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert (code, len(lines)) == (0, 1), lines
    assert lines[0].startswith("ok       share        postgres ")
    shell.file.write_text(shell.file.read_text().replace("bo_", "boo_"))
    assert f"unknown login boo_{database.ending} of bo" in shell.run("doctor", dsn=database.dsn("ana"))[1][1]
    shell.file.write_text(shell.file.read_text().replace("boo_", "ana_"))
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert code == 0
    assert f"ana and bo have the same db_user {database.user('ana')}" in lines[1]


def test_doctor_warns_of_a_store_that_goes_live_itself_and_of_a_superuser(
    database: StoreDatabase, shell: Shell, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    shell.run("share", "init", dsn=database.admin)
    grant_rights(database)
    shell.file.write_text(shell.file.read_text() + SOURCE)
    monkeypatch.setenv("TEST_LIVE", postgres.dsn)
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert code == 0
    assert "the store is on the server that goes live (source db): an outage takes both" in lines[2]
    code, lines = shell.run("doctor", dsn=database.admin)
    assert "a superuser can write in the name of every login" in lines[2]


def test_init_and_doctor_work_through_a_pooler_and_doctor_reports_its_price(
    postgres: Postgres, database: StoreDatabase, shell: Shell
) -> None:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    with PgBouncer(shell.file.parent / "pooler", postgres, settings=EVERY_LOGIN) as pooler:
        code, lines = shell.run("share", "init", dsn=make_conninfo(database.admin, port=pooler.port))
        assert (code, lines[0].rpartition(": ")[2]) == (0, "created")
        grant_rights(database)
        code, lines = shell.run("doctor", dsn=database.dsn("ana", port=str(pooler.port)))
    assert code == 0
    assert "through a pooler" in lines[0]
    assert "through a pooler no notifications arrive: seats elsewhere poll every second" in lines[1]


def test_doctor_warns_of_a_clock_that_is_off(database: StoreDatabase, shell: Shell) -> None:
    shell.run("share", "init", dsn=database.admin)
    grant_rights(database)
    user = database.user("ana")
    for statement in (
        "CREATE SCHEMA off",
        "CREATE FUNCTION off.clock_timestamp() RETURNS timestamptz LANGUAGE sql "
        "AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour 5 minutes' $$",
        f"GRANT USAGE ON SCHEMA off TO {user}",
        f"ALTER ROLE {user} SET search_path = off, pg_catalog",
    ):
        database.execute("admin", statement)
    code, lines = shell.run("doctor", dsn=database.dsn("ana"))
    assert code == 0
    assert "the clock of this machine is 1h 5m behind that of the database: check NTP on both" in lines[1]
    asyncio.run(first_fact(database, "s"))


def test_a_database_that_is_read_only_is_left_for_the_one_that_is_not(database: StoreDatabase, shell: Shell) -> None:
    shell.run("share", "init", dsn=database.admin)
    grant_rights(database)
    database.execute("admin", f"ALTER ROLE {database.user('ana')} SET default_transaction_read_only = on")

    async def moved() -> None:
        async with database.store("ana") as store:
            with pytest.raises(StoreAway, match="it is read-only, for example a standby"):
                await open_session(store, "s")
            database.execute("admin", f"ALTER ROLE {database.user('ana')} RESET default_transaction_read_only")
            await open_session(store, "s")

    asyncio.run(moved())
