"""A real Prometheus on which a query's metrics are missing, too young, or fail to be scraped."""

import asyncio
import time
from typing import Any
from urllib.parse import unquote_plus

import pytest

from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.sources import kind
from mmcockpit.sources.common.contract import Question, Source
from mmcockpit.sources.prometheus import series
from mmcockpit.sources.prometheus.promql import selectors
from mmcockpit.sources.prometheus.promql_syntax import refusal
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer, Received
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import answer, answer_until, opened, poll_until, probe
from tests.sources.responses import sampled

pytestmark = pytest.mark.anyio

RULES = "groups: [{name: g, rules: [{record: 'job:requests:rate', expr: 'sum(requests_total)'}]}]\n"


def scraping(http_server: HttpServer, factory: PrometheusFactory) -> Prometheus:
    http_server.answers["/metrics"] = Answer(
        body='requests_total{status="200"} 90\n', headers={"Content-Type": "text/plain"}
    )
    return factory(scrape=(ScrapeJob("app", [f"{HOST}:{http_server.port}"]),), rules=RULES)


async def until(source: Source, query: str) -> None:
    """Poll until a query has a result."""
    await poll_until(probe("prometheus", source, "query", {"query": query}), lambda value: value != [])


async def asked(source: Source, query: str, possible: tuple[str, ...] = (), **more: Any) -> Reading | Fault:
    described = kind("prometheus").probes["query"]
    args = described.args.model_validate({"query": query})
    return await answer(described.make(source, Question(args, 30.0, 60.0, may_be_absent=possible, **more)))


PROVES_NOTHING = {
    "(sum(rate(typo_total[5m])) or vector(0)) / sum(requests_total)": "unknown series typo_total; correct the query",
    'count({__name__="typo_a"}) or vector(0)': "unknown series typo_a",
    'count({__name__=~"typo_.*|none"}) or vector(0)': "unknown series typo_.*|none",
    "sum(typo_a) + sum(typo_b) or vector(0)": "unknown series typo_a, typo_b",
    "job:typo:rate or vector(0)": "unknown series job:typo:rate",
    "(sum(increase(requests_total[24h])) or vector(0))": "of 24h recorded (requests_total)",
    "max_over_time((sum(requests_total) or vector(0))[1d:1m])": "of 24h recorded (requests_total)",
    "sum(requests_total offset 1h) or vector(0)": "of 1h recorded (requests_total)",
    "absent(typo_total) * sum(requests_total) - sum(typo_c) or vector(0)": "unknown series typo_c",
}
PROVES = (
    ("(sum(rate(typo_total[5m])) or vector(0))", ("typo_total",)),
    ("absent(typo_total)", ()),
    ("absent_over_time(typo_total[5m])", ()),
    ('count(ALERTS{alertstate="firing"}) or vector(0)', ()),
    ("sum(job:requests:rate)", ()),
    ('count({__name__=~"requests.*"})', ()),
    ("vector(1)", ()),
    ('sum(requests_total{status="502"}) or vector(0)', ()),
)


RARE = 'sum(requests_total{status="502"}) or vector(0)'


async def test_a_constant_and_an_empty_past_prove_nothing(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    server = await asyncio.to_thread(scraping, http_server, prometheus_factory)
    async with opened("prometheus", url=server.url) as source:
        await until(source, "sum(job:requests:rate)")
        for query, words in PROVES_NOTHING.items():
            read = await asked(source, query)
            assert isinstance(read, Fault), (query, read)
            assert (read.kind, words in read.message) == (FaultKind.NO_DATA, True), (query, read)
        for query, possible in PROVES:
            read = await asked(source, query, possible)
            assert isinstance(read, Reading), (query, read)
        shown = await asked(source, "sum(increase(requests_total[24h])) or vector(0)", judged=False)
        assert isinstance(shown, Reading)
        assert "of 24h recorded" in shown.remark
        none = 'no series at present for requests_total{status="502"}'
        async with asyncio.timeout(PATIENCE_S):
            # A scrape that a busy machine does not answer within its second is a remark of its own.
            while getattr(rare := await asked(source, RARE), "remark", "") != none:
                assert isinstance(rare, Reading), rare
        broken = await asked(source, "sum(rate(requests_total[5m])")
        assert isinstance(broken, Fault)
        assert (broken.kind, "parse error" in broken.message) == (FaultKind.CONFIGURATION, True)


async def test_a_selector_that_has_series_by_now_loses_its_remark(
    prometheus_factory: PrometheusFactory, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await asyncio.to_thread(scraping, http_server, prometheus_factory)
    monkeypatch.setattr(series, "LOOK_AGAIN_S", 0.0)
    async with opened("prometheus", url=server.url) as source:
        await until(source, "sum(job:requests:rate)")
        async with asyncio.timeout(PATIENCE_S):
            while "no series at present" not in getattr(await asked(source, RARE), "remark", ""):
                pass
            text = 'requests_total{status="200"} 90\nrequests_total{status="502"} 7\n'
            http_server.answers["/metrics"] = Answer(body=text, headers={"Content-Type": "text/plain"})
            while not isinstance(read := await asked(source, RARE), Reading) or not read.value:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert "no series at present" not in read.remark


async def test_the_first_seconds_of_a_server_are_no_past(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    """Its first sample may lie between two steps of every lookup of what is recorded."""
    server = await asyncio.to_thread(scraping, http_server, prometheus_factory)
    oldest = 0.0
    while oldest < 6.0:
        # A new source each time: none has looked anything up before.
        async with opened("prometheus", url=server.url) as source:
            read = await asked(source, "sum(rate(up[24h])) or vector(0)")
            assert isinstance(read, Fault), (oldest, read)
            assert read.kind is FaultKind.NO_DATA, (oldest, read)
            age = await answer(
                probe("prometheus", source, "query", {"query": "time() - min(min_over_time(timestamp(up)[1m:1s]))"})
            )
            oldest = age.value if isinstance(age, Reading) and age.value != [] else 0.0
        await asyncio.sleep(0.2)


class Forgetful(HttpServer):
    """It answers every query, except how far back samples reach."""

    def answer(self, request: Received) -> Answer:
        query = unquote_plus(request.target + request.body.decode())
        return Answer(503) if "[86400s:" in query else sampled(0)


async def test_a_lookup_that_fails_for_a_moment_proves_nothing() -> None:
    with Forgetful() as server:
        async with opened("prometheus", url=server.url) as source:
            read = await asked(source, "sum(rate(ALERTS[24h])) or vector(0)")
            assert isinstance(read, Fault), read
            assert (read.kind, "recorded history not verified" in read.message) == (FaultKind.SERVER_ERROR, True)
            shown = await asked(source, "sum(rate(ALERTS[24h])) or vector(0)", judged=False)
            assert isinstance(shown, Reading)
            assert "recorded history not verified" in shown.remark


async def test_a_past_that_is_recorded_counts(prometheus_factory: PrometheusFactory) -> None:
    now = time.time()
    points = "".join(f"errors_total 7 {now - age:.0f}\n" for age in range(3600, 0, -30))
    samples = f"# TYPE errors counter\n{points}# EOF\n"
    server = await asyncio.to_thread(prometheus_factory, backfill=samples)
    async with opened("prometheus", url=server.url) as source:
        for window in ("15m", "30m", "1h"):
            read = await asked(source, f"sum(increase(errors_total[{window}])) or vector(0)")
            assert isinstance(read, Reading), (window, read)
        short = await asked(source, "sum(increase(errors_total[2h])) or vector(0)")
        assert isinstance(short, Fault)
        assert "only 1h" in short.message
        assert "of 2h recorded" in short.message


async def test_the_end_of_a_series_and_a_failing_scrape_are_named(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    server = await asyncio.to_thread(scraping, http_server, prometheus_factory)
    async with opened("prometheus", url=server.url) as source:
        await until(source, "sum(requests_total)")
        http_server.answers["/metrics"] = Answer(401, "who are you?")
        ended = probe("prometheus", source, "query", {"query": "vector(1)"}, fresh='requests_total{status="200"}')
        read = await answer_until(ended, lambda read: isinstance(read, Fault) and "401" in read.message)
        assert isinstance(read, Fault)
        assert read.kind is FaultKind.STALE
        assert 'the series of requests_total{status="200"} ended' in read.message
        up = await asked(source, 'up{job="app"}')
        assert isinstance(up, Reading)
        assert (up.value, f"scrape of app {HOST}:{http_server.port} fails" in up.remark) == (0.0, True)
        assert "401" in up.remark
        missing = await asked(source, "sum(other_total) or vector(0)")
        assert isinstance(missing, Fault)
        assert "unknown series other_total; scrape of app" in missing.message
        assert missing.message.endswith("; if that is not the reason, correct the query")
        assert "may_be_absent" not in missing.message


@pytest.mark.parametrize(
    ("promql", "place"),
    [
        ("sum(rate(a[5m])", (1, 4)),
        ("sum(rate(a[5m]))\n  / / sum(b)", (2, 5)),
        ("a and on (b)\n  c) > 5", (2, 4)),
        ("rat(a[5m])", (1, 1)),
        ("sum(a) > 0.05 for 5m", (1, 15)),
        ("", (1, 1)),
        ("sum(rate(a[5m])) / sum(b) > 1", None),
    ],
)
async def test_where_a_parser_refuses_promql(promql: str, place: tuple[int, int] | None) -> None:
    found = refusal(promql)
    assert (found and found[:2]) == place


async def test_what_the_parser_does_not_know_is_read_by_its_looks() -> None:
    found = selectors('WITH (x = aa{job="b"}, f(q) = q + 1) f(sum(rate(bb[1h + 5m]))) default 0 unless absent(c)')
    assert {(one.name, one.range_s, one.in_absent) for one in found} == {
        ("aa", 3900.0, False),
        ("bb", 3900.0, False),
        ("c", 3900.0, True),
    }
