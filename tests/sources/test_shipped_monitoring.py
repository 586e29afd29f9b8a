"""Shipped signals of Prometheus and Alertmanager, judged on real ones: healthy, and each broken in one way."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.verdict import Level
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import ScrapeJob
from mmcockpit.sources.alertmanager.source import AlertmanagerSource
from mmcockpit.sources.common.contract import Source
from mmcockpit.sources.prometheus.source import PrometheusSource
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import opened
from tests.sources.shipped import polled, signal

pytestmark = pytest.mark.anyio

ROUTE = '{route="/v1/chat/completions",method="POST",status="%s",job="%s"}'
SHARES: Mapping[str, Mapping[str, float]] = {
    "healthy": {"200": 100.0, "401": 2.0},
    "refused": {"200": 127.0, "401": 86.0},
    "limited": {"200": 90.0, "429": 10.0},
    "split": {"200": 94.0, "401": 3.0, "429": 3.0},
    "never": {"200": 100.0, "502": 50.0},
    "idle": {"200": 0.0, "401": 0.0},
}
"""Job to the chats a minute of each status."""
LEVELS = {
    "healthy": Level.PASS,
    "refused": Level.FAIL,
    "limited": Level.FAIL,
    "split": Level.FAIL,
    "never": Level.PASS,
    "idle": Level.UNKNOWN,
}


def history() -> str:
    """Return counters of ten minutes up to now, each growing by so much a minute; one job's stand still."""
    now = time.time()
    lines = ["# TYPE http_requests counter"]
    for job, statuses in SHARES.items():
        for status, each in statuses.items():
            name = f"http_requests_total{ROUTE % (status, job)}"
            lines += [f"{name} {500.0 + each * n / 4} {now - 600 + n * 15:.3f}" for n in range(41)]
    return "\n".join([*lines, "# EOF\n"])


async def test_the_share_of_refused_chats(prometheus_factory: PrometheusFactory) -> None:
    server = await asyncio.to_thread(lambda: prometheus_factory(backfill=history()))
    query = signal("refused_chats").args["query"]
    found = dict[str, Level]()
    async with opened("prometheus", url=server.url) as source:
        for job in LEVELS:
            asked = query.replace('job="modelmuxer"', f'job="{job}"')
            read, verdict = await polled("prometheus", source, "refused_chats", query=asked)
            found[job] = verdict.raw
            if job == "refused":
                assert isinstance(read, Reading)
                assert read.value == pytest.approx(86 / 213, rel=0.02)
    assert found == LEVELS


UP = {"all": (1, 1, 1), "one": (1, 1, 0), "none": (0, 0, 0)}
"""Job to whether each of its three pods is up."""


async def test_pods_that_are_all_down_fail_and_a_job_that_does_not_exist_is_unknown(
    prometheus_factory: PrometheusFactory,
) -> None:
    now = time.time()
    samples = [
        f'up{{job="{job}",instance="pod-{pod}"}} {value} {now - age:.3f}'
        for job, values in UP.items()
        for pod, value in enumerate(values)
        for age in (45, 30, 15, 0)
    ]
    text = "\n".join(["# TYPE up gauge", *samples, "# EOF\n"])
    server = await asyncio.to_thread(lambda: prometheus_factory(backfill=text))
    query = signal("scraped_pods").args["query"]
    found = dict[str, Level]()
    async with opened("prometheus", url=server.url) as source:
        for job in (*UP, "typo"):
            _, verdict = await polled("prometheus", source, "scraped_pods", query=query.replace("modelmuxer", job))
            found[job] = verdict.raw
    assert found == {"all": Level.PASS, "one": Level.FAIL, "none": Level.FAIL, "typo": Level.UNKNOWN}


CONFIG = """
route:
  receiver: "null"
  group_wait: 0s
  routes:
  - {matchers: ['severity="critical"', 'service=~"modelmuxer|postgresql|redis"'], receiver: pager}
receivers:
- name: "null"
- name: pager
  webhook_configs: [{url: "http://127.0.0.1:9/"}]
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Alertmanager]:
    need(Alertmanager.binary(), "no prometheus-alertmanager: run `make servers`")
    with Alertmanager(tmp_path / "manager", config=CONFIG) as server:
        yield server


def rules(**expressions: str) -> str:
    """Return the 17 rules of the checklist, healthy but for these; the critical ones are labelled as delivered."""
    written = []
    for name in signal("alert_rules").args["names"]:
        labels = {"severity": "critical", "service": "modelmuxer"} if name.endswith("Down") else {"severity": "warning"}
        written.append({"alert": name, "expr": expressions.get(name, "redis_up > 5"), "labels": labels})
    return json.dumps({"groups": [{"name": "modelmuxer.rules", "interval": "1s", "rules": written}]})


METRICS = 'redis_up 1\npg_stat_database_numbackends{datname="a"} 37\npg_settings_max_connections{server="b"} 40\n'
JOBS = ("modelmuxer", "postgresql", "redis", "kube-state-metrics", "node-exporter", "cadvisor")
DELIVERED = {
    "PostgreSQLHighConnections": "pg_stat_database_numbackends / pg_settings_max_connections > 0.8",
    "ProviderDown": "modelmuxer_provider_available == 0",
    "ModelMuxerDown": 'up{job="modelmuxer"} == 1',
}


async def level(source: Source, kind: str, name: str, wanted: Level, *texts: str) -> None:
    """Poll until the level is the wanted one and these texts are in what was read."""
    read = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                read, verdict = await polled(kind, source, name)
                text = read.message if isinstance(read, Fault) else str(read.value)
                if verdict.raw is wanted and all(part in text for part in texts):
                    return
                await asyncio.sleep(0.2)
    except TimeoutError as error:
        raise AssertionError(f"{name} is not {wanted} with {texts}: {read}") from error


async def test_alerting_that_works_and_alerting_that_does_not(
    prometheus_factory: PrometheusFactory, http_server: HttpServer, manager: Alertmanager, alertmanager: Alertmanager
) -> None:
    http_server.answers = {"/metrics": Answer(body=METRICS, headers={"Content-Type": "text/plain"})}
    address = f"{HOST}:{http_server.port}"

    def started() -> list[str]:
        whole = tuple(ScrapeJob(job, [address]) for job in JOBS)
        healthy = prometheus_factory(scrape=whole, rules=rules(), alertmanagers=(manager.url,))
        return [healthy.url, prometheus_factory(scrape=whole[:3], rules=rules(**DELIVERED)).url]

    urls = await asyncio.to_thread(started)
    async with AsyncExitStack() as stack:
        good, bad = [await stack.enter_async_context(opened("prometheus", url=url)) for url in urls]
        fed, unfed = [
            await stack.enter_async_context(opened("alertmanager", url=one.url, resend_every="0s"))
            for one in (manager, alertmanager)
        ]
        send(fed, good)
        send(unfed, bad)
        for name in ("alert_rules", "pg_rules", "redis_rules", "targets_up"):
            await level(good, "prometheus", name, Level.PASS)
        for name in ("alertmanager_ready", "alert_sender", "alert_receivers", "critical_alerts", "synthetic_alert"):
            await level(fed, "alertmanager", name, Level.PASS)
        # Its own test alert is critical, but no incident.
        await level(fed, "alertmanager", "critical_alerts", Level.PASS)

        # Targets are scraped one after another: until all are, more rules have no result.
        impossible = ("2 of 17 rules can never fire", "ProviderDown: unknown series modelmuxer_provider_available")
        await level(bad, "prometheus", "alert_rules", Level.FAIL, *impossible)
        await level(bad, "prometheus", "pg_rules", Level.FAIL, "no labels in common")
        await level(bad, "prometheus", "redis_rules", Level.PASS)
        absent = "no targets of job kube-state-metrics, node-exporter, cadvisor"
        await level(bad, "prometheus", "targets_up", Level.FAIL, absent)
        unsent, void = "sends alerts to no Alertmanager", "→ void (no integration)"
        await level(unfed, "alertmanager", "critical_alerts", Level.FAIL, "'unsent'")
        await level(unfed, "alertmanager", "alert_sender", Level.FAIL, unsent)
        await level(unfed, "alertmanager", "alert_receivers", Level.FAIL, f"RedisDown {void}")
        await level(unfed, "alertmanager", "synthetic_alert", Level.FAIL, f"CockpitTest {void}")
        # No alert of that name fires, and an Alertmanager that receives nothing proves nothing.
        await level(unfed, "alertmanager", "resource_alerts", Level.UNKNOWN, unsent)


def send(source: Source, prometheus: Source) -> None:
    assert isinstance(source, AlertmanagerSource)
    assert isinstance(prometheus, PrometheusSource)
    source.completeness.senders = lambda: [prometheus]


def test_what_was_tested_is_what_is_shipped() -> None:
    """The test alert of the checklist is routed as a critical alert of the application is."""
    sent: Mapping[str, Any] = signal("synthetic_alert").args["labels"]
    routed = signal("alert_receivers").args["alerts"][0]
    assert {**sent, "alertname": ""} == {**routed, "alertname": ""}
