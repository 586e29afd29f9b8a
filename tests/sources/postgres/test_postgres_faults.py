"""Invalid answers of a PostgreSQL, and the faults they become."""

import asyncio

import pytest

from mmcockpit.core.model.reading import Fault, FaultKind, ProbeError
from mmcockpit.simulator.servers.postgres import Postgres
from tests.cancelled import cancelled_at_each_step
from tests.servers.wait import PATIENCE_S
from tests.sources.endless_server import pours, starts
from tests.sources.loop_turns import BLOCKED_S, least_blocked
from tests.sources.polling import fault, opened, probe, value
from tests.sources.raw import RawServer, Script, drips, says, silent

pytestmark = pytest.mark.anyio

READY = b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"
"""Let in without a password, ready for a question."""
BROKEN = {FaultKind.UNREACHABLE, FaultKind.MALFORMED}
ANSWERS: dict[str, tuple[Script, set[FaultKind]]] = {
    "garbage": (says(b"\x00\xff\x1b[31mno postgres\r\n"), BROKEN),
    "html": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"), BROKEN),
    "nothing": (says(b""), BROKEN),
    "let in, then gone": (says(READY), BROKEN),
    "endless": (pours(b"", b"x" * 65_536), {*BROKEN, FaultKind.TIMEOUT}),
    "endless notices": (pours(b"", b"S\x00\x00\x00\x08a\x00b\x00" * 4_096), {*BROKEN, FaultKind.TIMEOUT}),
    "silence": (silent, {FaultKind.TIMEOUT}),
    "silence after letting in": (starts(READY), {FaultKind.TIMEOUT}),
    "dripping": (drips(b"S\x00\x00\x00\x08a\x00b\x00", first=READY[:9]), {FaultKind.TIMEOUT}),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_invalid_response_is_a_fault_in_time_that_names_the_host(name: str) -> None:
    script, expected = ANSWERS[name]
    with RawServer(script) as server:
        async with opened("postgres", dsn=f"postgresql://u@127.0.0.1:{server.port}/db?sslmode=disable") as source:
            asked = probe(
                "postgres", source, "scalar", {"sql": "SELECT 1"}, timeout=1 if FaultKind.TIMEOUT in expected else 30
            )
            async with asyncio.timeout(PATIENCE_S):
                found = await fault(asked)
    assert found.kind in expected, found
    assert f"127.0.0.1:{server.port}" in found.message
    assert "\n" not in found.message
    assert "\x1b" not in found.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_closed_port_is_a_refused_fault(host: str) -> None:
    async with opened("postgres", dsn=f"postgresql://u@{host}:1/db") as source:
        found = await fault(probe("postgres", source, "scalar", {"sql": "SELECT 1"}))
    assert found.kind is FaultKind.REFUSED, found


async def test_a_server_without_tls_is_a_tls_fault_where_it_is_asked_for() -> None:
    with RawServer(says(b"N")) as server:
        dsn = f"postgresql://u@127.0.0.1:{server.port}/db?sslmode=verify-full&sslrootcert=system"
        async with opened("postgres", dsn=dsn) as source:
            found = await fault(probe("postgres", source, "scalar", {"sql": "SELECT 1"}))
    assert found.kind is FaultKind.TLS, found


HOSTILE = {
    "rows": "SELECT g FROM generate_series(1, 1000000) g",
    "columns": f"SELECT {', '.join(f'1 AS c{n}' for n in range(1600))} FROM generate_series(1, 2000)",
    "array": "SELECT array_agg(g) AS a FROM generate_series(1, 300000) g",
    "arrays": "SELECT (SELECT array_agg(g) FROM generate_series(1, 60000) g) AS a FROM generate_series(1, 50)",
    "json": "SELECT json_agg(g) AS a FROM generate_series(1, 300000) g",
    "deep json": "SELECT (repeat('[', 5000) || repeat(']', 5000))::json AS a",
    "text": "SELECT repeat('x', 10000000) AS a",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_an_answer_of_any_size_blocks_nothing_and_the_next_one_is_good(
    name: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DSN", postgres.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        first = probe("postgres", source, "scalar", {"sql": "SELECT 1"}, timeout=20)
        assert await value(first) == 1
        asked = probe("postgres", source, "rows", {"sql": HOSTILE[name], "limit": 2000}, timeout=20)

        def too_large(found: Fault) -> None:
            assert found.kind is FaultKind.TOO_LARGE, found

        blocked = await least_blocked(lambda: fault(asked), too_large)
        assert blocked < BLOCKED_S, f"the loop stood still for {blocked:.3f} s"
        assert await value(first) == 1


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT 1 / 0"])
async def test_a_poll_that_is_cancelled_at_any_step_costs_the_next_one_nothing(
    sql: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DSN", postgres.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        cancelled, after = (probe("postgres", source, "scalar", {"sql": each}) for each in (sql, "SELECT 1"))

        async def next_one() -> None:
            assert await value(after) == 1

        await next_one()
        assert await cancelled_at_each_step(cancelled.read, ProbeError, next_one) > 10
