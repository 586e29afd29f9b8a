"""PostgreSQL as a source, asked against real servers."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Fault, FaultKind, normalise
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.sources import kind
from mmcockpit.sources.postgres import probes as postgres_probes
from mmcockpit.sources.postgres.dsn import verified
from tests.conftest import PostgresCluster, streaming
from tests.servers.wait import wait_until
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server]
CANARY = "canary-4c1d77aa"


@pytest.fixture
def dsn(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the reference to a superuser's DSN."""
    monkeypatch.setenv("TEST_DSN", postgres.dsn)
    return {"env": "TEST_DSN"}


@pytest.fixture
def stranger(postgres: Postgres) -> Iterator[str]:
    """Give the DSN of a role that may do nothing special, and whose password is a canary."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE stranger LOGIN PASSWORD '{CANARY}'")
        yield f"postgresql://stranger:{CANARY}@127.0.0.1:{postgres.port}/postgres"
        connection.execute("DROP ROLE stranger")


def test_describing_the_kind_imports_no_client() -> None:
    script = "import sys, mmcockpit.sources as s; s.kind('postgres'); sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", 1),
        ("SELECT 2.5::numeric", 2.5),
        ("SELECT true", True),
        ("SELECT 'ä%s 100%'", "ä%s 100%"),
        ("SELECT interval '90 s'", 90.0),
        ("SELECT timestamptz '2026-12-06 02:00+00'", "2026-12-06T02:00:00+00:00"),
        ("SELECT date '2026-12-06'", "2026-12-06"),
        ("SELECT ARRAY[1, 2]", [1, 2]),
        ("""SELECT '{"a": [1, null]}'::jsonb""", {"a": [1, None]}),
        ("SELECT inet '10.0.0.1'", "10.0.0.1"),
        ("SELECT NULL", None),
        ("SHOW wal_level", "replica"),
    ],
)
async def test_a_scalar_is_a_json_value(dsn: dict[str, str], sql: str, expected: Any) -> None:
    async with opened("postgres", dsn=dsn) as source:
        assert await value(probe("postgres", source, "scalar", {"sql": sql})) == expected


async def test_rows_are_mappings(dsn: dict[str, str]) -> None:
    async with opened("postgres", dsn=dsn) as source:
        assert await value(probe("postgres", source, "row", {"sql": "SELECT 1 AS a, 'x' AS b"})) == {"a": 1, "b": "x"}
        rows = {"sql": "SELECT n FROM generate_series(1, 2) n"}
        assert await value(probe("postgres", source, "rows", rows)) == [{"n": 1}, {"n": 2}]
        assert await value(probe("postgres", source, "rows", {"sql": "SELECT 1 AS a WHERE false"})) == []


@pytest.mark.parametrize(
    ("name", "sql", "expected", "word"),
    [
        ("scalar", "SELECT nothing FROM pg_class", FaultKind.QUERY, "at character 8"),
        ("scalar", "CREATE TABLE test_written (a int)", FaultKind.QUERY, "read-only transaction"),
        ("scalar", "COMMIT; CREATE TABLE test_written (a int)", FaultKind.QUERY, "multiple commands"),
        ("scalar", "COMMIT", FaultKind.QUERY, "no rows"),
        ("scalar", "SELECT set_config('transaction_read_only', 'off', true)", FaultKind.QUERY, "before any query"),
        ("scalar", "SELECT nextval('test_written_seq')", FaultKind.QUERY, "does not exist"),
        ("scalar", "SELECT 1, 2", FaultKind.QUERY, "2 columns"),
        ("row", "SELECT 1, 2", FaultKind.QUERY, "same name"),
        ("scalar", "SELECT 1 WHERE false", FaultKind.NO_DATA, "no row"),
        ("row", "SELECT generate_series(1, 5)", FaultKind.TOO_LARGE, "more rows"),
        ("rows", "SELECT generate_series(1, 1000000)", FaultKind.TOO_LARGE, "more rows than 200"),
        ("scalar", "SELECT repeat('x', 3000000)", FaultKind.TOO_LARGE, "characters"),
        ("scalar", "SELECT '\\x00'::bytea", FaultKind.QUERY, "bytea"),
        ("scalar", "SELECT 1 / 0", FaultKind.QUERY, "division by zero"),
        ("scalar", "SELECT 'infinity'::timestamptz", FaultKind.MALFORMED, "timestamp"),
        ("scalar", "SELECT pg_sleep(30)", FaultKind.TIMEOUT, "statement timeout|no response within 1s"),
    ],
)
async def test_what_is_no_answer_is_a_fault_and_the_next_question_works(
    dsn: dict[str, str], postgres: Postgres, name: str, sql: str, expected: FaultKind, word: str
) -> None:
    async with opened("postgres", dsn=dsn) as source:
        timeout = 1.0 if expected is FaultKind.TIMEOUT else 30.0
        found = await fault(probe("postgres", source, name, {"sql": sql}, timeout=timeout))
        assert (found.kind, any(part in found.message for part in word.split("|"))) == (expected, True), found
        assert f"127.0.0.1:{postgres.port}" in found.message
        assert await value(probe("postgres", source, "scalar", {"sql": "SELECT 1"})) == 1
        written = "SELECT to_regclass('test_written') IS NOT NULL"
        assert await value(probe("postgres", source, "scalar", {"sql": written})) is False


async def test_a_lock_is_not_waited_for_longer_than_half_the_time(dsn: dict[str, str], postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute("LOCK TABLE pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE")
        async with opened("postgres", dsn=dsn) as source:
            # Its connection takes none of the time.
            assert await value(probe("postgres", source, "scalar", {"sql": "SELECT 1"})) == 1
            sql = {"sql": "SELECT count(*) FROM pg_description"}
            found = await fault(probe("postgres", source, "scalar", sql, timeout=3))
        assert (found.kind, "lock timeout" in found.message) == (FaultKind.TIMEOUT, True), found


async def test_a_slow_question_does_not_hold_up_another(dsn: dict[str, str]) -> None:
    async with opened("postgres", dsn=dsn) as source:
        slow = asyncio.create_task(
            answer(probe("postgres", source, "scalar", {"sql": "SELECT pg_sleep(100)"}, timeout=100))
        )
        quick = probe("postgres", source, "scalar", {"sql": "SELECT 1"})
        for _ in range(3):
            assert await value(quick) == 1
        assert not slow.done()
        slow.cancel()
        await asyncio.wait({slow}, timeout=60)
        assert slow.cancelled()
        assert await value(quick) == 1


async def test_two_standbys_stream(postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DSN", postgres_cluster.primary.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        found = await value(probe("postgres", source, "replication", {}))
    assert (found["streaming"], found["in_recovery"]) == (2, False)
    assert [replica["name"] for replica in found["replicas"]] == ["replica_a", "replica_b"]
    assert {replica["state"] for replica in found["replicas"]} == {"streaming"}
    assert normalise(found)[1] == ""
    monkeypatch.setenv("TEST_DSN", postgres_cluster.replica_a.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        found = await value(probe("postgres", source, "replication", {}))
    assert found == {"streaming": 0, "replicas": [], "in_recovery": True}


async def test_a_standby_that_dies_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postgres(tmp_path / "primary") as primary, Postgres(tmp_path / "standby", standby_of=primary) as standby:
        wait_until(lambda: streaming(primary) == ["standby"], "the standby streams")
        monkeypatch.setenv("TEST_DSN", primary.dsn)
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            asked = probe("postgres", source, "replication", {})
            wait_until(lambda: streaming(primary) == ["standby"], "the standby streams")
            assert (await value(asked))["streaming"] == 1
            standby.kill()
            wait_until(lambda: streaming(primary) == [], "the primary misses it")
            assert await value(asked) == {"streaming": 0, "replicas": [], "in_recovery": False}


async def test_a_missing_permission_is_named(stranger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DSN", stranger)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        for name in ("replication", "activity"):
            found = await fault(probe("postgres", source, name, {}))
            assert (found.kind, "pg_monitor" in found.message) == (FaultKind.FORBIDDEN, True)
        found = await fault(probe("postgres", source, "scalar", {"sql": "SELECT count(*) FROM pg_authid"}))
        assert found.kind is FaultKind.FORBIDDEN
        health = await source.check()
        assert health.authorised
        assert health.missing[0].startswith("pg_monitor")


async def test_activity_counts_connections_and_lists_old_transactions_without_literals(
    dsn: dict[str, str], postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_probes, "_SLOW", postgres_probes._SLOW.replace("'5 s'", "'0 s'"))
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute(f"SELECT '{CANARY}', 'it''s {CANARY}'")
        async with opened("postgres", dsn=dsn) as source:
            found = await value(probe("postgres", source, "activity", {}))
    assert found["connections"] >= 2
    assert found["share"] == found["connections"] / found["max_connections"]
    assert found["idle_in_transaction"] == 1
    assert found["longest_s"] > 0
    waiting = [one for one in found["slow"] if one["state"] == "idle in transaction"]
    assert [one["query"].startswith("SELECT '") for one in waiting] == [True]
    assert CANARY not in str(found)


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (f"SELECT E'a\\'{CANARY}', 1", "SELECT '…', 1"),
        (f"SELECT $${CANARY}$$", "SELECT '…'"),
        (f"SELECT $x${CANARY}'s$x$ AS a, '{CANARY}'", "SELECT '…'"),
        (f"SELECT 'the e', '{CANARY}', 'C:\\' AS b", "SELECT '…', '…', '…' AS b"),
        (f"SELECT name'x\\', '{CANARY}'", "SELECT name'…', '…'"),
        (f"/* don't */ SELECT '{CANARY}', 3", "/*'…' SELECT '…', 3"),
        (f"SELECT '{CANARY}' -- it's {CANARY}\n, 4", "SELECT '…' --'…'\n, 4"),
        (f"SELECT 5 AS \"it's\", '{CANARY}', 6", "SELECT 5 AS \"it's\", '…', 6"),
        (f"SELECT '/* ', '{CANARY}', ' */', '\"', '{CANARY}'", "SELECT '…', '…', '…', '…', '…'"),
        (f"SELECT 'costs $$', '{CANARY}', 2 AS c", "SELECT '…', '…', 2 AS c"),
    ],
)
async def test_literals_of_every_form_stay_on_the_server(
    dsn: dict[str, str], postgres: Postgres, monkeypatch: pytest.MonkeyPatch, statement: str, shown: str
) -> None:
    monkeypatch.setattr(postgres_probes, "_SLOW", postgres_probes._SLOW.replace("'5 s'", "'0 s'"))
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute(statement.encode())
        async with opened("postgres", dsn=dsn) as source:
            found = await value(probe("postgres", source, "activity", {}))
    assert CANARY not in str(found)
    assert shown in [one["query"] for one in found["slow"]]


async def test_settings_are_numbers_in_bytes_and_seconds(dsn: dict[str, str]) -> None:
    names = [
        "shared_buffers",
        "max_connections",
        "wal_level",
        "fsync",
        "checkpoint_timeout",
        "work_mem",
        "autovacuum_work_mem",
    ]
    async with opened("postgres", dsn=dsn) as source:
        found = await value(probe("postgres", source, "settings", {"names": names}))
        missing = await fault(probe("postgres", source, "settings", {"names": ["no_such"]}))
    assert found == {
        "shared_buffers": 16 * 1024 * 1024,
        "max_connections": 100,
        "wal_level": "replica",
        "fsync": False,
        "checkpoint_timeout": 300,
        "work_mem": 4 * 1024 * 1024,
        "autovacuum_work_mem": -1,
    }
    assert missing.kind is FaultKind.NOT_FOUND


async def test_a_server_that_comes_back_is_read_again_by_the_same_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Postgres(tmp_path / "server") as server:
        monkeypatch.setenv("TEST_DSN", server.dsn)
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            asked = probe("postgres", source, "scalar", {"sql": "SELECT 1"})
            assert await value(asked) == 1
            server.stop()
            assert isinstance(await answer(asked), Fault)
            refused = await fault(asked)
            assert refused.kind is FaultKind.REFUSED
            assert refused.message == f"postgres 127.0.0.1:{server.port}/postgres: Connection refused"
            server.start()
            assert await value(asked) == 1


async def test_a_server_without_free_connections_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"max_connections": "3", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    with Postgres(tmp_path / "server", settings=settings) as server:
        monkeypatch.setenv("TEST_DSN", server.dsn)
        others = [psycopg.connect(server.dsn) for _ in range(3)]
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            found = await fault(probe("postgres", source, "scalar", {"sql": "SELECT 1"}))
        for other in others:
            other.close()
    assert (found.kind, "too many" in found.message) == (FaultKind.SERVER_ERROR, True), found


async def test_a_failed_login_is_reported_without_the_password(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DSN", f"postgresql://postgres:{CANARY}@127.0.0.1:{postgres.port}/postgres")
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        found = await fault(probe("postgres", source, "scalar", {"sql": "SELECT 1"}))
        health = await source.check()
    assert found.kind is FaultKind.UNAUTHORISED
    assert found.message.endswith("; check the user and password")
    assert (health.reachable, health.authorised) == (True, False)
    assert CANARY not in f"{found} {health}"


async def test_a_database_that_is_not_there_is_a_mistake_of_the_file(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DSN", postgres.dsn.removesuffix("/postgres") + "/nowhere")
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        assert (await fault(probe("postgres", source, "scalar", {"sql": "SELECT 1"}))).kind is FaultKind.CONFIGURATION


@pytest.mark.parametrize(
    "dsn_",
    [
        f"postgresql://u:{CANARY}@host/db",
        f"postgresql://host/db?password={CANARY}",
        f"host=h password={CANARY}",
        f"host=h password = '{CANARY}'",
    ],
)
def test_a_password_in_the_file_is_refused_without_showing_it(dsn_: str) -> None:
    with pytest.raises(ValidationError) as refused:
        kind("postgres").options.model_validate({"dsn": dsn_})
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("postgresql://user@db.test:5433/app?sslmode=require", "postgres db.test:5433/app"),
        ("host=db.test port=5433 dbname=app user=user", "postgres db.test:5433/app"),
        ("postgresql:///app", "postgres local/app"),
    ],
)
def test_the_target_shows_no_login(written: str, shown: str) -> None:
    described = kind("postgres")
    assert described.target(described.options.model_validate({"dsn": written})) == shown


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("postgresql://db.test/app", "verify-full"),
        ("postgresql://127.0.0.1,db.test/app", "verify-full"),
        ("hostaddr=10.0.0.1", "verify-full"),
        ("postgresql://db.test/app?sslmode=require", "require"),
        ("postgresql://127.0.0.1/app", None),
        ("postgresql:///app?host=/run/postgresql", None),
    ],
)
def test_the_certificate_of_another_machine_is_verified_unless_the_dsn_turns_it_off(
    written: str, mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    assert verified(written).get("sslmode") == mode
