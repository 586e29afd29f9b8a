"""What is found in a PostgreSQL database: on real servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.model.verdict import Level
from mmcockpit.discovery.migration_tables import TABLES
from mmcockpit.discovery.postgres import discover as postgres_discovery
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import free_port
from tests.conftest import PostgresCluster
from tests.discovery.discoveries import discover

pytestmark = pytest.mark.anyio

CREATED = {
    "Alembic": "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('4f2a')",
    "golang-migrate": "CREATE TABLE schema_migrations (version bigint, dirty boolean);"
    " INSERT INTO schema_migrations VALUES (7, false)",
    "Rails or dbmate": "CREATE TABLE schema_migrations (version text);"
    " INSERT INTO schema_migrations VALUES ('20260101'), ('20260202')",
    "Flyway": "CREATE TABLE flyway_schema_history (installed_rank int, version text, success boolean);"
    " INSERT INTO flyway_schema_history VALUES (1, '1.0', true), (2, NULL, true)",
    "Django": "CREATE TABLE django_migrations (id int, app text, name text, applied timestamptz);"
    " INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial', now())",
    "Prisma": "CREATE TABLE _prisma_migrations (migration_name text, started_at timestamptz, finished_at timestamptz,"
    " rolled_back_at timestamptz); INSERT INTO _prisma_migrations VALUES ('init', now(), now(), NULL)",
    "Liquibase": "CREATE TABLE databasechangelog (id text, orderexecuted int);"
    " INSERT INTO databasechangelog VALUES ('first', 1)",
    "goose": "CREATE TABLE goose_db_version (version_id bigint, is_applied boolean);"
    " INSERT INTO goose_db_version VALUES (3, true)",
}


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """Give a connection whose tables are in a schema of this test's own, with a name that needs quotes."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        for name in ("Web Shop", "other"):
            connection.execute(f'CREATE SCHEMA "{name}"')
        connection.execute('SET search_path = "Web Shop"')
        try:
            yield connection
        finally:
            connection.execute('DROP SCHEMA "Web Shop", other CASCADE')


@pytest.fixture
def dsn(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Return a function that keeps a DSN with a password in the environment; it returns the reference."""

    def kept(text: str) -> dict[str, str]:
        monkeypatch.setenv("DISCOVERED_DSN", text)
        return {"env": "DISCOVERED_DSN"}

    return kept


Dsn = Callable[[str], dict[str, str]]


async def test_every_signal_of_a_primary_with_standbys_passes(
    postgres_cluster: PostgresCluster, dsn: Dsn, tmp_path: Path
) -> None:
    found = await discover(postgres_discovery, "database", "postgres", dsn=dsn(postgres_cluster.primary.dsn))
    results = await found.results(tmp_path)
    names = ("role", "connections", "transactions", "replicas", "deadlocks")
    assert results.keys() == {f"database_{name}" for name in names}
    assert {result.level for result in results.values()} == {Level.PASS}, results
    assert "value.streaming >= 2" in found.signals["database_replicas"].passing
    assert found.missing == {"migrations of database": "no table of a known migration tool"}
    assert found.items["A backup of database exists and was restored in a test"] == ""


async def test_a_standby_is_watched_as_one(postgres_cluster: PostgresCluster, dsn: Dsn, tmp_path: Path) -> None:
    found = await discover(postgres_discovery, "database", "postgres", dsn=dsn(postgres_cluster.replica_a.dsn))
    assert (await found.results(tmp_path))["database_role"].level is Level.PASS
    assert "database responds as a standby" in found.items


def test_every_known_tool_has_a_table_here() -> None:
    assert {one.tool for one in TABLES} == CREATED.keys()


async def test_the_migrations_of_every_tool_are_found(
    schema: psycopg.Connection, postgres: Postgres, dsn: Dsn, tmp_path: Path
) -> None:
    for tool, statements in CREATED.items():
        schema.execute("SET search_path = other" if tool == "golang-migrate" else 'SET search_path = "Web Shop"')
        schema.execute(statements)
    found = await discover(postgres_discovery, "database", "postgres", dsn=dsn(postgres.dsn))
    results = await found.results(tmp_path)
    migrations = {name: signal for name, signal in found.signals.items() if "migrations" in name}
    assert {signal.comment.split(",")[0] for signal in migrations.values()} == CREATED.keys()
    assert {results[name].level for name in migrations} == {Level.PASS}, results


async def test_a_dirty_migration_fails(
    schema: psycopg.Connection, postgres: Postgres, dsn: Dsn, tmp_path: Path
) -> None:
    schema.execute("CREATE TABLE schema_migrations (version bigint, dirty boolean)")
    schema.execute("INSERT INTO schema_migrations VALUES (8, true)")
    found = await discover(postgres_discovery, "database", "postgres", dsn=dsn(postgres.dsn))
    result = (await found.results(tmp_path))["database_migrations"]
    assert result.level is Level.FAIL
    assert "dirty" in result.reason


async def test_what_a_role_may_not_read_is_left_out_with_the_reason(
    schema: psycopg.Connection, postgres: Postgres, dsn: Dsn, tmp_path: Path
) -> None:
    schema.execute(CREATED["Alembic"])
    schema.execute("CREATE ROLE shopper LOGIN PASSWORD 'hunter22'")
    try:
        own = dsn(f"postgresql://shopper:hunter22@127.0.0.1:{postgres.port}/postgres")
        found = await discover(postgres_discovery, "database", "postgres", dsn=own)
        results = await found.results(tmp_path)
    finally:
        schema.execute("DROP ROLE shopper")
    assert results.keys() == {"database_role", "database_connections", "database_deadlocks"}
    assert {result.level for result in results.values()} == {Level.PASS}, results
    assert "pg_monitor" in found.missing["long transactions of database"]
    assert "pg_monitor" in found.missing["replicas of database"]
    assert found.missing["table Web Shop.alembic_version"] == "the role may not read it"


async def test_a_database_that_is_down_is_a_fault_with_the_reason() -> None:
    with pytest.raises(ProbeError, match="Connection refused"):
        await discover(postgres_discovery, "database", "postgres", dsn=f"host=127.0.0.1 port={free_port()} user=ana")
