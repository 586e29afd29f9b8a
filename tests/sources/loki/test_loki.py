"""What a real Loki answers over the wire: numbers, series, lines, no data, limits, tenants, and what it refuses."""

import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from tests.servers.loki.server import LIMITS, SECOND, Loki, require_loki
from tests.servers.proxy import Proxy
from tests.sources.loki.gateway import TOKEN, Gateway
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("loki")]

SELECTOR = '{app="shop"}'
ERRORS = f'sum(count_over_time({SELECTOR} |= "error" [5m]))'
_numbers = count(1)


@pytest.fixture
def tenant() -> str:
    return f"tenant-{next(_numbers)}"


async def test_numbers_and_series_are_read(loki_server: Loki, tenant: str) -> None:
    loki_server.push(tenant, [(60, "error 1"), (30, "ready"), (2, "error 2")], app="shop", level="info")
    loki_server.push(tenant, [(20, "error 3")], app="shop", level="error")
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        assert await value(probe("loki", source, "query", {"query": ERRORS}, fresh=SELECTOR)) == 3.0
        by_level = {"query": f"sum by (level) (count_over_time({SELECTOR}[5m]))", "each": True}
        rows = await value(probe("loki", source, "query", by_level))
        assert {row["labels"]["level"]: row["value"] for row in rows} == {"info": 3.0, "error": 1.0}
        several = await fault(probe("loki", source, "query", {"query": by_level["query"]}))
        assert (several.kind, "gives 2 series" in several.message) == (FaultKind.QUERY, True)
        assert await value(probe("loki", source, "query", {"query": "1 + 1"})) == 2.0
        read = await answer(probe("loki", source, "query", {"query": f"{ERRORS} / 0"}))
        assert isinstance(read, Reading)
        assert read.value != read.value, "not a number, which no rule judges"


async def test_the_last_lines_are_listed_oldest_first_and_counted_in_whole(loki_server: Loki, tenant: str) -> None:
    trace = ["Traceback", "  in pay", "  in send", "ValueError: no route"]
    loki_server.push(tenant, [(90 - n, f"request {n}") for n in range(40)], app="shop", pod="a")
    # A collector gives all lines of a stack trace the same time.
    loki_server.push(tenant, [(9, line) for line in trace], app="shop", pod="b")
    # The server's time has whole seconds: it may be a second early.
    loki_server.push(tenant, [(4, 'POST /login {"password": "hunter2"}')], app="shop", pod="a")
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        read = await value(probe("loki", source, "lines", {"query": SELECTOR, "limit": 6}))
        assert [line["line"] for line in read["lines"]] == [
            "request 39",
            *(line.strip() for line in trace),
            'POST /login {"password": "•••"}',
        ]
        assert (read["count"], read["truncated"], 2 < read["newest_age_s"] < 60) == (45, True, True)
        some = await value(probe("loki", source, "lines", {"query": f'{SELECTOR} |= "request 1" # of 45', "limit": 6}))
        assert (some["count"], some["truncated"], len(some["lines"])) == (11, True, 6)
        many = await fault(probe("loki", source, "lines", {"query": SELECTOR, "limit": 100}))
        assert (many.kind, "limit > max_entries_limit_per_query (101 > 50)" in many.message) == (FaultKind.QUERY, True)


async def test_without_lines_what_exists_is_0_and_what_does_not_is_no_data(loki_server: Loki, tenant: str) -> None:
    loki_server.push(tenant, [(1200, "ready")], app="shop")
    typo = '{app="shpo"}'
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        read = await value(probe("loki", source, "lines", {"query": SELECTOR, "over": "5m"}))
        assert read == {"count": 0, "truncated": False, "lines": []}
        assert await value(probe("loki", source, "query", {"query": ERRORS})) == []
        assert await value(probe("loki", source, "query", {"query": f"{ERRORS} or vector(0)"})) == 0.0
        for name, args in (
            ("lines", {"query": typo}),
            ("query", {"query": f"sum(rate({typo}[5m])) or vector(0)"}),
        ):
            missing = await fault(probe("loki", source, name, args))
            assert (missing.kind, f"in the last 24h for {typo}" in missing.message) == (FaultKind.NO_DATA, True)
        read = await answer(probe("loki", source, "query", {"query": ERRORS}, fresh=SELECTOR, stale_after=1500.0))
        assert isinstance(read, Reading)
        assert read.value == []
        assert read.sampled == pytest.approx(time.time() - 1200, abs=60)


async def test_lines_that_are_too_old_or_of_the_future_prove_nothing(loki_server: Loki, tenant: str) -> None:
    args = {"query": f"{ERRORS} or vector(0)"}
    loki_server.push(tenant, [(300, "ready")], app="shop")
    loki_server.push(tenant, [(-240, "of a clock that is ahead")], app="ahead")
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        stale = await fault(probe("loki", source, "query", args, fresh=SELECTOR, stale_after=120.0))
        assert (stale.kind, "has no line in the last 2m" in stale.message) == (FaultKind.STALE, True)
        ahead = await fault(probe("loki", source, "query", args, fresh='{app="ahead"}', stale_after=120.0))
        assert ahead.kind is FaultKind.STALE
        long_ago = await fault(probe("loki", source, "lines", {"query": SELECTOR, "over": "40d"}))
        assert (long_ago.kind, "exceeds the limit (query length: 960h0m" in long_ago.message) == (FaultKind.QUERY, True)


async def test_the_past_of_a_query_ends_now(loki_server: Loki, tenant: str) -> None:
    loki_server.push(tenant, [(n * 10 + 1, "error") for n in range(60)], app="shop")
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        polls: Any = probe("loki", source, "query", {"query": ERRORS})
        # Neither end is at a step, to which Loki moves both.
        now = time.time() // 60 * 60 + 7
        points = await polls.history(now - 600, now, 60)
        assert 9 <= len(points) <= 10
        assert all(now - 600 <= at <= now and number > 0 for at, number in points)
        assert await polls.history(now - 90_000, now - 86_400, 60) == []


@pytest.mark.parametrize(
    ("query", "kind", "words"),
    [
        ('sum(rate({app="shop"} | logfmt | x > y [5m]))', FaultKind.CONFIGURATION, "parse error at line 1, col 38"),
        ('nothing_over_time({app="shop"}[5m])', FaultKind.CONFIGURATION, "the server refused the query: parse error"),
        ('sum(rate({app=~".*"}[5m]))', FaultKind.CONFIGURATION, "that does not have an empty-compatible value"),
        (SELECTOR, FaultKind.QUERY, "the query selects log lines; use a metric query such as count_over_time"),
        ("count_over_time({app='shop'}[5m])".replace("'", '"'), FaultKind.QUERY, "maximum number of series (20)"),
        (
            'sum(count_over_time({app="shop"} | logfmt | ms > 5 [5m]))',
            FaultKind.QUERY,
            'parsing \\"fast\\": invalid syntax; leave such lines out with | __error__=""',
        ),
    ],
    ids=["syntax", "function", "everything", "log query", "too many series", "a line that does not fit"],
)
async def test_what_loki_refuses_is_a_fault_with_its_words(
    loki_server: Loki, tenant: str, query: str, kind: FaultKind, words: str
) -> None:
    streams = [
        {"stream": {"app": "shop", "pod": str(n)}, "values": [[str(time.time_ns() - SECOND), "ms=fast"]]}
        for n in range(LIMITS["max_query_series"] + 1)
    ]
    loki_server.push_streams(tenant, streams)
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        refused = await fault(probe("loki", source, "query", {"query": query, "each": True}))
    assert (refused.kind, words in refused.message) == (kind, True), refused.message


async def test_a_tenant_sees_its_own_lines_and_several_need_leave(loki_server: Loki, tenant: str) -> None:
    loki_server.push(tenant, [(1, "error")], app="shop")
    async with opened("loki", url=loki_server.url, tenant=tenant) as source:
        health = await source.check()
        assert (health.version, health.identity, health.missing) == ("Loki 3.7.8", f"tenant {tenant}", ())
    async with opened("loki", url=loki_server.url, tenant=f"{tenant}-b") as source:
        nothing = await fault(probe("loki", source, "query", {"query": f"{ERRORS} or vector(0)"}))
        assert nothing.kind is FaultKind.NO_DATA
    async with opened("loki", url=loki_server.url, tenant=f"{tenant}|web") as source:
        both = await fault(probe("loki", source, "query", {"query": ERRORS}))
        assert (both.kind, "multi_tenant_queries_enabled" in both.message) == (FaultKind.CONFIGURATION, True)
        checked = await source.check()
        assert (checked.missing, "multi_tenant_queries_enabled" in checked.message) == (("query",), True)
    async with opened("loki", url=loki_server.url) as source:
        nobody = await source.check()
        assert (nobody.reachable, nobody.authorised, "no org id" in nobody.message) == (True, False, True)


async def test_a_gateway_lets_in_with_the_token_and_its_refusal_is_quoted(
    loki_server: Loki, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loki_server.push(tenant, [(1, "error")], app="shop")
    long = ERRORS.replace("error", "|".join(["error", *map(str, range(1500))])).replace("|=", "|~")
    with Gateway(loki_server, tenant) as gateway, Proxy(user="ana", password="wonder-land") as proxy:
        monkeypatch.setenv("LOKI_TOKEN", TOKEN)
        monkeypatch.setenv("LOKI_PROXY", f"http://ana:wonder-land@127.0.0.1:{proxy.port}")
        options = {"url": gateway.url, "token": {"env": "LOKI_TOKEN"}}
        async with opened("loki", **options) as source:
            assert await value(probe("loki", source, "query", {"query": long})) == 1.0
            assert gateway.requests[0].method == "POST"
        async with opened("loki", **options, proxy={"env": "LOKI_PROXY"}) as source:
            assert await value(probe("loki", source, "query", {"query": ERRORS})) == 1.0
        monkeypatch.setenv("LOKI_TOKEN", "wrong-token-77c1")
        monkeypatch.setenv("LOKI_PROXY", f"http://ana:wrong-land@127.0.0.1:{proxy.port}")
        async with opened("loki", **options) as source:
            refused = await fault(probe("loki", source, "query", {"query": ERRORS}))
        assert (refused.kind, refused.message) == (
            FaultKind.UNAUTHORISED,
            f"127.0.0.1:{gateway.port}: 401 Unauthorized from /loki/api/v1/query: "
            "access denied for Bearer ••• ask the platform team; check token",
        )
        async with opened("loki", **options, proxy={"env": "LOKI_PROXY"}) as source:
            outside = await fault(probe("loki", source, "query", {"query": ERRORS}))
        assert (outside.kind, "407 Proxy Authentication Required" in outside.message) == (FaultKind.QUERY, True)


async def test_a_slow_and_a_dead_loki_are_faults_until_it_is_back(tmp_path: Path, tenant: str) -> None:
    require_loki()
    with Loki(tmp_path) as own:
        own.push(tenant, [(1, "error")], app="shop")
        async with opened("loki", url=own.url, tenant=tenant) as source:
            polls = probe("loki", source, "query", {"query": ERRORS}, timeout=1.0)
            assert await value(probe("loki", source, "query", {"query": ERRORS})) == 1.0
            own.freeze()
            late = await fault(polls)
            assert (late.kind, "within 1s" in late.message) == (FaultKind.TIMEOUT, True), late
            own.kill()
            assert (await fault(probe("loki", source, "query", {"query": ERRORS}))).kind is FaultKind.REFUSED
            own.start()
            own.push(tenant, [(1, "error"), (1, "error again")], app="shop")
            assert await value(probe("loki", source, "query", {"query": ERRORS})) == 2.0
