"""Databases with an encoding and styles of their own are read like any other."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from mmcockpit.core.model.reading import normalise
from mmcockpit.simulator.servers.postgres import Postgres
from tests.sources.polling import opened, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server]

DATABASES = {
    "ascii": ("ENCODING 'SQL_ASCII'", ""),
    "latin": ("ENCODING 'LATIN1'", ""),
    "german": ("", "SET DateStyle = 'German, DMY'"),
    "standard": ("", "SET IntervalStyle = 'sql_standard'"),
    "iso": ("", "SET IntervalStyle = 'iso_8601'"),
}


@pytest.fixture(params=DATABASES)
def dsn(request: pytest.FixtureRequest, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the DSN of one of these databases, with an open transaction that has a literal."""
    encoding, setting = DATABASES[request.param]
    name = f"settings_{request.param}"
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {encoding}")
        if setting:
            connection.execute(f"ALTER DATABASE {name} {setting}")
        dsn = postgres.dsn.removesuffix("/postgres") + f"/{name}"
        monkeypatch.setenv("TEST_DSN", dsn)
        yield dsn
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_its_texts_times_and_probes_are_read(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmcockpit.sources.postgres.probes._SLOW", slow_at_once())
    expected: dict[str, Any] = {
        "SELECT 'abc'::text": "abc",
        "SELECT ARRAY['a', 'b']": ["a", "b"],
        "SELECT timestamptz '2026-12-06 02:00+00'": "2026-12-06T02:00:00+00:00",
        "SELECT date '2026-12-06'": "2026-12-06",
        "SELECT interval '1 day -90 s'": 86_310.0,
    }
    with psycopg.connect(dsn, client_encoding="UTF8") as other:
        other.execute("SELECT 'x', 'it''s'")
        async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
            for sql, wanted in expected.items():
                assert await value(probe("postgres", source, "scalar", {"sql": sql})) == wanted
            assert (await value(probe("postgres", source, "replication", {})))["in_recovery"] is False
            activity = await value(probe("postgres", source, "activity", {}))
    assert "SELECT '…', '…''…'" in [one["query"] for one in activity["slow"]]


@pytest.mark.parametrize(("sql", "sign"), [("SELECT interval 'infinity'", 1), ("SELECT interval '-infinity'", -1)])
async def test_an_infinite_interval_is_not_zero(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, sql: str, sign: int
) -> None:
    monkeypatch.setenv("TEST_DSN", postgres.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        found = await value(probe("postgres", source, "scalar", {"sql": sql}))
        finite = await value(probe("postgres", source, "scalar", {"sql": "SELECT interval '-1 mon 2 days -1.5 s'"}))
    assert found == sign * float("inf")
    assert normalise(found)[1] != ""
    assert finite == -28 * 86_400 - 1.5


def slow_at_once() -> str:
    from mmcockpit.sources.postgres import probes

    return probes._SLOW.replace("'5 s'", "'0 s'")
