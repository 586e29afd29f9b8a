"""A real Prometheus, asked by every probe."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.sources import kind
from mmcockpit.sources.common.contract import Backfills, Source
from mmcockpit.sources.prometheus.probes import Query, Range
from mmcockpit.sources.prometheus.promql import metric_names
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer
from tests.sources.polling import answer_until, fault, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio

RULES = """
groups:
- name: modelmuxer
  rules:
  - {alert: Down, expr: 'up{job="modelmuxer"} == 0', for: 1m}
  - {alert: Never, expr: 'rate(modelmuxer_errors_total[5m]) / rate(requests_total[5m]) > 0.05'}
- name: recorded
  rules:
  - {record: requests:rate1m, expr: 'sum by (status) (rate(requests_total[1m]))'}
"""
METRICS = 'requests_total{status="200"} 90\nrequests_total{status="502"} 10\n'


async def until(source: Source, name: str, args: dict[str, Any], condition: Callable[[Any], bool]) -> Any:
    """Poll until the value meets a condition: the first scrape and the first evaluation take some time."""
    return (await poll_until(probe("prometheus", source, name, args), condition)).value


def scraped(http_server: HttpServer, factory: PrometheusFactory) -> Prometheus:
    """Start a Prometheus that scrapes one target of ours and one that is not there."""
    http_server.answers = {"/metrics": Answer(body=METRICS, headers={"Content-Type": "text/plain"})}
    jobs = (ScrapeJob("modelmuxer", [f"{HOST}:{http_server.port}"]), ScrapeJob("gone", [f"{HOST}:1"]))
    return factory(scrape=jobs, rules=RULES)


async def test_every_probe_of_a_real_prometheus(prometheus_factory: PrometheusFactory, http_server: HttpServer) -> None:
    server = await asyncio.to_thread(scraped, http_server, prometheus_factory)
    selector = 'up{job="modelmuxer"}'
    async with opened("prometheus", url=server.url) as source:
        await until(source, "query", {"query": selector}, lambda read: read == 1.0)
        await until(source, "query", {"query": "count(up)"}, lambda read: read == 2.0)

        # A scrape that a busy machine does not answer within its second ends the series for a moment.
        await until(source, "query", {"query": "sum(requests_total)"}, lambda read: read == 100.0)
        assert await value(probe("prometheus", source, "query", {"query": "no_such"})) == []
        by_status = [
            {"labels": {"status": status}, "value": number} for status, number in (("200", 90.0), ("502", 10.0))
        ]
        await until(
            source,
            "query",
            {"query": "sum by (status) (requests_total)", "each": True},
            lambda read: sorted(read, key=str) == by_status,
        )
        assert (await fault(probe("prometheus", source, "query", {"query": "sum("}))).kind is FaultKind.CONFIGURATION
        several = await fault(probe("prometheus", source, "query", {"query": "requests_total"}))
        assert (several.kind, "2 series" in several.message) == (FaultKind.QUERY, True)

        recent = probe("prometheus", source, "query", {"query": selector}, fresh=selector, stale_after=10)
        await answer_until(recent, lambda read: isinstance(read, Reading) and read.sampled is not None)
        over = {"query": f"{selector} # why", "over": "1m", "step": "1s"}
        points = await until(source, "range", over, lambda read: len(read) > 1)
        assert points[-1][1] == 1.0
        assert points == sorted(points)
        await targets_and_rules(source)


async def targets_and_rules(source: Source) -> None:
    """Ask what is scraped, what is evaluated, and whether all may be asked."""

    def scraped_once(read: Any) -> bool:
        if len(read) < 2 or not all("age_s" in row for row in read):
            return False
        gone, up = read
        down = (gone["job"], gone["up"], "refused" in gone["error"]) == ("gone", False, True)
        return down and (up["job"], up["up"], up["error"], 0 <= up["age_s"] < 10) == ("modelmuxer", True, "", True)

    gone, _ = await until(source, "targets", {}, scraped_once)
    assert len(await value(probe("prometheus", source, "targets", {"job": "modelmuxer"}))) == 1

    jobs = {"jobs": ["modelmuxer", "redis", "gone", "cadvisor"]}
    expected = await until(source, "targets", jobs, lambda read: read["up"] == 1)
    assert (expected["total"], expected["missing"]) == (2, ["redis", "cadvisor"])
    assert expected["down"] == [f"gone {HOST}:1: {gone['error']}"]
    assert expected["reason"].startswith("no targets of job redis, cadvisor. 1 of 2 targets down: gone ")
    await until(source, "targets", {"jobs": ["modelmuxer"]}, lambda read: read["reason"] == "")

    states = [
        ("Down", "modelmuxer", "inactive", True),
        ("Never", "modelmuxer", "inactive", False),
        ("requests:rate1m", "recorded", "", True),
    ]
    await until(
        source,
        "rules",
        {},
        lambda read: (
            all(row["health"] == "ok" and 0 <= row["evaluated_age_s"] < 10 for row in read)
            and [(row["name"], row["group"], row["state"], row["has_series"]) for row in read] == states
        ),
    )
    wanted = await value(probe("prometheus", source, "rules", {"names": ["Down", "Lost"]}))
    assert [(row["name"], row["health"]) for row in wanted] == [("Down", "ok"), ("Lost", "missing")]

    health = await source.check()
    assert (health.reachable, health.authorised, health.missing) == (True, True, ())
    assert health.version.startswith("2.")
    assert health.ms > 0


async def test_a_target_that_dies_makes_its_signal_stale(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    server = await asyncio.to_thread(scraped, http_server, prometheus_factory)
    async with opened("prometheus", url=server.url) as source:
        await until(source, "query", {"query": "sum(requests_total)"}, lambda read: read == 100.0)
        asking = probe("prometheus", source, "query", {"query": "vector(1)"}, fresh="requests_total", stale_after=10)
        assert await value(asking) == 1.0
        await asyncio.to_thread(http_server.stop)
        await until(source, "query", {"query": "sum(requests_total)"}, lambda read: read == [])
        # What was found fresh a moment ago counts as fresh for a second more.
        read = await answer_until(asking, lambda read: isinstance(read, Fault))
        assert isinstance(read, Fault)
        assert read.kind is FaultKind.STALE


async def test_history_fills_a_chart_and_freshness_looks_back_as_far_as_allowed(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    async with opened("prometheus", url=(await started(prometheus_factory, http_server)).url) as source:
        now = await value(probe("prometheus", source, "query", {"query": "time()"}))
        asking = probe("prometheus", source, "query", {"query": "backup_bytes or vector(NaN)"})
        assert isinstance(asking, Backfills)
        points = await asking.history(now - 3600, now, 60)
        assert points
        assert {number for _, number in points} == {7.0}
        one = {"query": "vector(1)"}
        assert await value(probe("prometheus", source, "query", one, fresh="backup_bytes", stale_after=3600)) == 1.0
        found = await fault(probe("prometheus", source, "query", one, fresh="backup_bytes", stale_after=600))
        assert found.kind is FaultKind.STALE


async def started(factory: PrometheusFactory, clock: HttpServer) -> Prometheus:
    """Start a Prometheus whose only samples are 20 to 40 minutes old."""
    bare = await asyncio.to_thread(factory)
    async with opened("prometheus", url=bare.url) as source:
        now = await value(probe("prometheus", source, "query", {"query": "time()"}))
    samples = "".join(f"backup_bytes 7 {now - minutes * 60:.0f}\n" for minutes in range(40, 19, -1))
    return await asyncio.to_thread(factory, backfill=f"# TYPE backup_bytes gauge\n{samples}# EOF\n")


async def test_a_restart_is_a_fault_and_then_a_reading(prometheus_factory: PrometheusFactory) -> None:
    server = await asyncio.to_thread(prometheus_factory)
    async with opened("prometheus", url=server.url) as source:
        asking = probe("prometheus", source, "query", {"query": "vector(1)"})
        assert await value(asking) == 1.0
        server.freeze()
        assert (
            await fault(probe("prometheus", source, "query", {"query": "vector(1)"}, timeout=1.0))
        ).kind is FaultKind.TIMEOUT
        server.thaw()
        assert await value(asking) == 1.0
        await asyncio.to_thread(server.stop)
        assert (await fault(asking)).kind is FaultKind.REFUSED
        health = await source.check()
        assert (health.reachable, "connection refused" in health.message) == (False, True)
        await asyncio.to_thread(server.start)
        assert await value(asking) == 1.0


async def test_check_names_what_a_token_may_not_ask(http_server: HttpServer) -> None:
    scalar = '{"status":"success","data":{"resultType":"scalar","result":[1.5,"1.5"]}}'
    http_server.answers = {
        "/api/v1/query": Answer(body=scalar),
        "/api/v1/targets": Answer(403),
        "/api/v1/rules": Answer(403),
        "/-/ready": Answer(body="ready"),
        "/api/v1/status/buildinfo": Answer(body='{"status":"success","data":{"version":"3.1.0"}}'),
    }
    async with opened("prometheus", url=http_server.url) as source:
        health = await source.check()
        assert (health.reachable, health.authorised, health.version) == (True, True, "3.1.0")
        assert health.missing == ("targets", "rules")
        http_server.answers["/api/v1/query"] = Answer(401)
        assert (await source.check()).authorised is False


@pytest.mark.parametrize(
    ("promql", "names"),
    [
        ("up == 0", {"up"}),
        ('sum by (le, route) (rate(a_bucket{route=~"/x|up"}[5m])) # and b', {"a_bucket"}),
        ("SUM(a) BY (job) / on(instance) group_left(node) c > bool 0.5", {"a", "c"}),
        ("job:errors:rate5m / ignoring(x) job:all:m offset 5m > 1e3 or vector(0)", {"job:errors:rate5m", "job:all:m"}),
        ("absent(up{job='a'}) unless count(b @ end())", {"up", "b"}),
        ('{__name__="a"} * 2 and time() - Inf', set()),
        ('label_replace(a, "b", "$1", "c", `d.*`)', {"a"}),
    ],
)  # fmt: skip
async def test_the_metrics_of_an_expression(promql: str, names: set[str]) -> None:
    assert metric_names(promql) == names


async def test_what_a_cockpit_file_may_not_say() -> None:
    options = kind("prometheus").options
    for bad in ("prometheus:9090", "ftp://a", "http://u:hunter2@a", "http://a?b=c", "http://a:0", "http://"):
        with pytest.raises(ValidationError) as refused:
            options.model_validate({"url": bad})
        assert "hunter2" not in str(refused.value)
    with pytest.raises(ValidationError, match="exclude each other"):
        options.model_validate({"url": "https://a", "ca": "x.pem", "verify": False})
    with pytest.raises(ValidationError, match="not a duration"):
        Range(query="up", over="an hour")
    with pytest.raises(ValidationError, match="longer step"):
        Range(query="up", over="1d", step="1s")
    assert (Query(query="a").numeric, Query(query="a", each=True).numeric) == (True, False)
    assert kind("prometheus").target(options.model_validate({"url": "https://a/prom/"})) == "https://a/prom"


async def test_no_client_is_imported_before_the_first_question() -> None:
    clients = {"requests", "urllib3", "httpx", "prometheus_api_client", "cryptography"}
    imports = "import sys; from mmcockpit.sources import kind; kind('prometheus'), kind('http')"
    code = f"{imports}; print({clients} & {{*sys.modules}})"
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"set()\n", b"")
