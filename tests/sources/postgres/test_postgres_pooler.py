"""PostgreSQL behind a real PgBouncer, in each of its pool modes, and when it refuses or waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.sources import kind
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.needs import need
from tests.servers.wait import wait_until
from tests.sources.polling import answer, fault, opened, poll_until, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server]


@contextmanager
def pooler(
    folder: Path, server: Postgres, environment: pytest.MonkeyPatch, mode: str = "transaction", **settings: str
) -> Iterator[PgBouncer]:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    with PgBouncer(folder / mode, server, pool_mode=mode, settings=settings) as made:
        environment.setenv("TEST_DSN", made.dsn)
        yield made


async def selected(sql: str, timeout: float = 30.0) -> Answer:
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        return await answer(probe("postgres", source, "scalar", {"sql": sql}, timeout=timeout))


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_every_probe_works_through_a_pooler_and_leaves_nothing_behind(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    with pooler(tmp_path, postgres, monkeypatch, mode, default_pool_size="1", server_reset_query_always="0") as made:
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            for _ in range(3):
                assert await value(probe("postgres", source, "scalar", {"sql": "SHOW transaction_read_only"})) == "on"
            rows = await value(probe("postgres", source, "rows", {"sql": "SELECT n FROM generate_series(1, 9) n"}))
            assert len(rows) == 9
            assert (await value(probe("postgres", source, "replication", {})))["in_recovery"] is False
            assert (await value(probe("postgres", source, "settings", {"names": ["wal_level"]})))["wal_level"]
            activity = await answer(probe("postgres", source, "activity", {}))
            limited = await value(probe("postgres", source, "scalar", {"sql": "SHOW statement_timeout"}, timeout=10))
            assert limited == "9001ms"
            health = await source.check()
        with psycopg.connect(made.dsn, autocommit=True, prepare_threshold=None) as beside:
            left = [beside.execute(f"SHOW {name}").fetchone() for name in ("statement_timeout", "lock_timeout")]
            kept = beside.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert isinstance(activity, Reading)
    assert "read through a pooler" in activity.remark
    assert (left, kept) == ([("0",), ("0",)], (0,))
    assert (health.authorised, health.missing) == (True, ())
    assert health.identity.startswith("id 7")
    assert health.identity.endswith("through a pooler")


async def test_a_direct_connection_is_not_taken_for_a_pooler(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DSN", postgres.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        health = await source.check()
        activity = await answer(probe("postgres", source, "activity", {}))
    assert "pooler" not in health.identity
    assert isinstance(activity, Reading)
    assert not activity.remark


async def test_pooling_of_statements_is_one_clear_fault(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pooler(tmp_path, postgres, monkeypatch, "statement"):
        found = await selected("SELECT 1")
    assert isinstance(found, Fault)
    assert found.kind is FaultKind.CONFIGURATION
    assert "use pool_mode=transaction or session" in found.message


@pytest.mark.parametrize("ignored", ["", "options"])
async def test_options_of_the_dsn_hold_although_the_pooler_refuses_or_ignores_them(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, ignored: str
) -> None:
    settings = {"ignore_startup_parameters": ignored} if ignored else {}
    with pooler(tmp_path, postgres, monkeypatch, **settings) as made:
        options = "-c%20search_path%3Dshop,public%20--work_mem%3D5MB"
        monkeypatch.setenv("TEST_DSN", f"{made.dsn}?options={options}")
        sql = "SELECT current_setting('search_path') || ' ' || current_setting('work_mem')"
        found = await selected(sql)
        assert isinstance(found, Reading), found
        assert found.value == "shop,public 5MB"
        monkeypatch.setenv("TEST_DSN", f"{made.dsn}?options=-B%207")
        refused = await selected("SELECT 1")
        assert isinstance(refused, Fault)
        assert (refused.kind, "options '-B'; write -c name=value" in refused.message) == (FaultKind.CONFIGURATION, True)


CASES: dict[str, tuple[dict[str, str], str]] = {
    "full": ({"max_client_conn": "0"}, "no more connections allowed"),
    "waiting": ({"default_pool_size": "1", "query_wait_timeout": "1"}, "query_wait_timeout"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_pooler_without_a_free_connection_is_a_fault_with_its_text(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    settings, text = CASES[case]
    with pooler(tmp_path, postgres, monkeypatch, **settings) as made:
        if case == "full":
            found = await selected("SELECT 1")
        else:
            with psycopg.connect(made.dsn, prepare_threshold=None) as holding:
                holding.execute("SELECT 1")
                found = await selected("SELECT 1")
    assert isinstance(found, Fault)
    assert (found.kind, text in found.message) == (FaultKind.SERVER_ERROR, True), found


async def test_a_paused_pooler_is_a_timeout_that_names_the_cause(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pooler(tmp_path, postgres, monkeypatch) as made:
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            polled = probe("postgres", source, "scalar", {"sql": "SELECT 1"}, timeout=2)
            assert await value(polled) == 1
            made.admin("PAUSE")
            paused = await fault(polled)
            assert (paused.kind, "a pooler that is paused" in paused.message) == (FaultKind.TIMEOUT, True), paused
            made.admin("RESUME")
            assert (await poll_until(polled, lambda found: found == 1)).value == 1


async def test_a_pooler_whose_server_is_down_is_a_fault_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    with Postgres(tmp_path / "server") as server, pooler(tmp_path, server, monkeypatch):
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            polled = probe("postgres", source, "scalar", {"sql": "SELECT 1"}, timeout=10)
            assert await value(polled) == 1
            server.kill()
            waiting = probe("postgres", source, "scalar", {"sql": "SELECT 1"}, timeout=1)
            first = await fault(waiting)
            while first.kind is FaultKind.UNREACHABLE:
                # Passed on from a connection of which PgBouncer does not know yet that it has ended.
                assert "closed" in first.message
                first = await fault(waiting)
            # PgBouncer lets the first one after that wait for a new server connection.
            assert (first.kind, "without server" in first.message) == (FaultKind.TIMEOUT, True), first
            down = await fault(polled)
            assert (down.kind, "server" in down.message) == (FaultKind.SERVER_ERROR, True), down
            server.start()
            assert (await poll_until(polled, lambda found: found == 1)).value == 1


async def test_a_standby_behind_a_pooler_is_recognised_though_the_connection_does_not_say(
    tmp_path: Path, postgres_cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    standby: Postgres = postgres_cluster.replica_a
    with pooler(tmp_path, standby, monkeypatch):
        found = await selected("SELECT 1")
    assert isinstance(found, Reading), found
    assert found.remark.startswith("read from a standby")


async def test_a_failover_behind_a_pooler_is_seen_in_the_next_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Postgres(tmp_path / "primary") as primary,
        Postgres(tmp_path / "standby", standby_of=primary) as standby,
        pooler(tmp_path, standby, monkeypatch),
    ):
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            polled = probe("postgres", source, "scalar", {"sql": "SELECT 1"})
            read = await answer(polled)
            assert isinstance(read, Reading)
            assert "standby" in read.remark
            with psycopg.connect(standby.dsn, autocommit=True) as connection:
                connection.execute("SELECT pg_promote()")
                wait_until(lambda: in_recovery(connection) is False, "the standby is promoted")
            read = await answer(polled)
            assert isinstance(read, Reading)
            assert not read.remark


def in_recovery(connection: psycopg.Connection[Any]) -> Any:
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    return row[0] if row else None


def test_a_secret_in_the_dsn_is_refused_by_name() -> None:
    for name in ("password", "sslpassword", "oauth_client_secret"):
        with pytest.raises(ValidationError) as error:
            kind("postgres").options.model_validate({"dsn": f"host=db {name}=canary-1234"})
        assert f"contains a secret ({name})" in str(error.value)
        assert "canary" not in str(error.value)
