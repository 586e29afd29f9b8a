"""The Redis and PostgreSQL signals of the shipped checklist on real servers, in the states that a go-live may meet."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import PostgresCluster, ValkeyPair, streaming
from tests.servers.wait import wait_until
from tests.sources.polling import answer, opened, probe
from tests.sources.shipped import polled

pytestmark = pytest.mark.anyio

EXAMPLE = Path(__file__).parents[2] / "examples" / "database-migration" / "cockpit.yaml"
PRODUCTION = {"maxmemory": "64mb", "maxmemory-policy": "allkeys-lru", "save": "3600 1"}


async def redis(name: str, url: str, **args: Any) -> tuple[Answer, Verdict]:
    async with opened("redis", url=url) as source:
        return await polled("redis", source, name, **args)


async def levels(url: str, *names: str) -> Mapping[str, Level]:
    return {name: (await redis(name, url))[1].raw for name in names}


async def test_a_cache_as_it_should_be_passes(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "primary", config=PRODUCTION) as primary,
        Valkey(tmp_path / "replica", replica_of=primary) as replica,
    ):
        primary.ask("SET", "key", "value")
        primary.ask("SAVE")
        wait_until(lambda: "state=online" in primary.ask("INFO", "replication"), "the replica is online")
        names = ("redis_memory", "redis_evictions", "redis_role", "redis_cluster", "redis_persistence", "redis_save")
        found = await levels(primary.url, *names, "redis_backup", "cache_warm", "redis_policy")
        assert set(found.values()) == {Level.PASS}, found
        replica.kill()
        wait_until(lambda: "connected_slaves:0" in primary.ask("INFO", "replication"), "the replica is missed")
        assert await levels(primary.url, "redis_role") == {"redis_role": Level.FAIL}


async def test_a_snapshot_counts_only_once_it_was_saved(tmp_path: Path) -> None:
    with Valkey(tmp_path / "v", config={"save": "3600 1", "appendonly": "no"}) as server:
        none = (await redis("redis_backup", server.url))[1]
        assert (none.raw, none.because) == (Level.FAIL, "no snapshot since the server started")
        server.ask("SET", "key", "value")
        assert "started" in server.ask("BGSAVE")
        wait_until(lambda: "rdb_saves:1" in server.ask("INFO", "persistence"), "the snapshot is saved")
        read, saved = await redis("redis_backup", server.url)
        assert saved.raw is Level.PASS, saved
        assert isinstance(read, Reading)
        assert 0 <= read.value["age_s"] < 60
        server.ask("SAVE")
        server.stop()
        server.start()
        loaded, verdict = await redis("redis_backup", server.url)
        assert verdict.raw is Level.UNKNOWN, "it loaded a file whose age it does not tell"
        assert isinstance(loaded, Fault)
        assert loaded.kind is FaultKind.NO_DATA
        assert loaded.message.endswith("ago; the age of an older file is not visible; run BGSAVE")
        wait_until(lambda: int(server.ask("INFO", "server").split("uptime_in_seconds:")[1].split()[0]) >= 1, "it runs")
        late, verdict = await redis("redis_backup", server.url, max_age_s=1)
        assert verdict.raw is Level.FAIL, f"no file is younger than a server that has saved none: {late}"


async def test_an_empty_cache_has_no_keys_and_an_unknown_section_is_named(valkey: Valkey) -> None:
    valkey.ask("FLUSHALL")
    read, verdict = await redis("cache_warm", valkey.url)
    assert read == Reading({})
    assert (verdict.level, verdict.because) == (Level.WARN, "no keys")
    unknown, _ = await redis("cache_warm", valkey.url, section="nosuch")
    why = "INFO has no section nosuch; check section, e.g. memory, stats or keyspace"
    assert unknown == Fault(FaultKind.NOT_FOUND, f"redis 127.0.0.1:{valkey.port}: {why}")
    valkey.ask("SELECT", "0")
    valkey.ask("SET", "key", "value")
    assert (await redis("cache_warm", valkey.url))[1].level is Level.PASS
    valkey.ask("FLUSHALL")


async def test_a_cache_without_limit_policy_or_files_fails(tmp_path: Path) -> None:
    with Valkey(tmp_path / "v", config={"appendonly": "no"}) as server:
        names = ("redis_memory", "redis_role", "redis_persistence", "redis_save", "redis_backup", "redis_policy")
        found = await levels(server.url, *names)
    assert set(found.values()) == {Level.FAIL}, found


async def test_a_full_cache_fails_and_one_that_evicts_warns(tmp_path: Path) -> None:
    with Valkey(tmp_path / "v", config={**PRODUCTION, "maxmemory": "3mb"}) as server:
        for number in range(1_200):
            server.ask("SET", f"key{number}", "x" * 2_000)
        assert await levels(server.url, "redis_memory", "redis_evictions") == {
            "redis_memory": Level.FAIL,
            "redis_evictions": Level.WARN,
        }


async def test_a_refusal_of_redis_is_quoted(valkey_pair: ValkeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    server = valkey_pair.primary
    server.ask("ACL", "SETUSER", "viewer", "on", ">pw", "+info", "+ping")
    host = f"redis 127.0.0.1:{server.port}"
    monkeypatch.setenv("TEST_URL", f"redis://viewer:pw@127.0.0.1:{server.port}/0")
    async with opened("redis", url={"env": "TEST_URL"}) as source:
        read, _ = await polled("redis", source, "redis_policy")
    assert read == Reading("noeviction"), "INFO reports the policy, too"
    for password, kind, said in (
        (
            "pw",
            FaultKind.FORBIDDEN,
            "NOPERM User viewer has no permissions to run the 'config|get' command; missing permission: +config|get",
        ),
        (
            "bad",
            FaultKind.UNAUTHORISED,
            "WRONGPASS invalid username-password pair or user is disabled. Check user and password",
        ),
    ):
        monkeypatch.setenv("TEST_URL", f"redis://viewer:{password}@127.0.0.1:{server.port}/0")
        async with opened("redis", url={"env": "TEST_URL"}) as source:
            read, verdict = await polled("redis", source, "redis_save")
        assert verdict.level is Level.UNKNOWN
        assert read == Fault(kind, f"{host}: {said}")


async def postgres(name: str, dsn: str) -> tuple[Answer, Verdict]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_DSN", dsn)
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            return await polled("postgres", source, name)


async def test_the_lag_of_replicas_is_known_only_to_who_may_see_it(postgres_cluster: PostgresCluster) -> None:
    primary = postgres_cluster.primary
    read, verdict = await postgres("pg_lag", primary.dsn)
    assert verdict.raw is Level.PASS, read
    with psycopg.connect(primary.dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE lag_stranger LOGIN PASSWORD 'x'")
        try:
            dsn = f"postgresql://lag_stranger:x@127.0.0.1:{primary.port}/postgres"
            assert (await postgres("pg_lag", dsn))[1].raw is Level.UNKNOWN
            example = load_cockpit(EXAMPLE, sources).cockpit
            lag = next(one for one in example.signals if one.name == "replication_lag")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("TEST_DSN", dsn)
                async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
                    hidden = await answer(probe("postgres", source, lag.probe, lag.args))
            assert isinstance(hidden, Fault)
            assert hidden.kind is FaultKind.FORBIDDEN
        finally:
            connection.execute("DROP ROLE lag_stranger")


async def test_without_a_replica_there_is_no_lag(tmp_path: Path) -> None:
    with Postgres(tmp_path / "primary") as primary:
        assert (await postgres("pg_lag", primary.dsn))[1].raw is Level.UNKNOWN


async def test_two_replicas_are_two(postgres_cluster: PostgresCluster) -> None:
    primary, first, _ = postgres_cluster
    assert (await postgres("pg_replicas", primary.dsn))[1].raw is Level.PASS
    assert (await postgres("pg_primary", primary.dsn))[1].raw is Level.PASS
    assert (await postgres("pg_primary", first.dsn))[1].raw is Level.FAIL
    first.stop()
    try:
        wait_until(lambda: streaming(primary) == ["replica_b"], "one standby streams")
        assert (await postgres("pg_replicas", primary.dsn))[1].raw is Level.FAIL
    finally:
        first.start()
        wait_until(lambda: streaming(primary) == ["replica_a", "replica_b"], "both standbys stream")
    assert (await postgres("pg_replicas", primary.dsn))[1].raw is Level.PASS


async def test_a_database_is_full_then_closed_then_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postgres(tmp_path / "p", settings={"max_connections": "8", "superuser_reserved_connections": "0"}) as server:
        host = f"postgres 127.0.0.1:{server.port}/postgres"
        monkeypatch.setenv("TEST_DSN", server.dsn)
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            assert (await polled("postgres", source, "pg_connections"))[1].raw is Level.PASS
            others = [psycopg.connect(server.dsn) for _ in range(7)]
            assert (await polled("postgres", source, "pg_connections"))[1].raw is Level.FAIL
            turned_away, verdict = await postgres("pg_connections", server.dsn)
            assert verdict.level is Level.UNKNOWN
            assert turned_away == Fault(FaultKind.SERVER_ERROR, f"{host}: FATAL: sorry, too many clients already")
            for other in others:
                other.close()
            # Their processes end after they have hung up.
            wait_until(lambda: _responds(server), "a connection is free")
            os.kill(_backend(server), signal.SIGKILL)
            closed, verdict = await polled("postgres", source, "pg_primary")
            assert verdict.level is Level.UNKNOWN
            assert closed == Fault(FaultKind.UNREACHABLE, f"{host}: server closed the connection unexpectedly")
            # The server ends all its processes after such a crash, and starts anew.
            wait_until(lambda: _responds(server), "the server has recovered")
            server.kill()
            refused, _ = await polled("postgres", source, "pg_connections")
            assert refused == Fault(FaultKind.REFUSED, f"{host}: Connection refused")
            server.start()
            assert (await polled("postgres", source, "pg_primary"))[1].level is Level.PASS


async def test_a_host_name_that_does_not_resolve_is_unreachable() -> None:
    read, _ = await postgres("pg_primary", "postgresql://u@nosuch.invalid/db")
    said = "postgres nosuch.invalid/db: host name nosuch.invalid does not resolve"
    assert read == Fault(FaultKind.UNREACHABLE, said)


def _responds(server: Postgres) -> bool:
    try:
        psycopg.connect(server.dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def _backend(server: Postgres) -> int:
    """Return the process of the cockpit's own connection."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mmcockpit'"
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
