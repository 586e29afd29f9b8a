"""Prometheus' and Alertmanager's APIs: ours answers like the real one, within noise."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from mmcockpit.simulator.alertmanager import AlertmanagerApi
from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.api import PrometheusApi
from mmcockpit.simulator.prometheus.history import openmetrics
from mmcockpit.simulator.prometheus.promql import canonical
from mmcockpit.simulator.prometheus.queries import answered, ask
from mmcockpit.simulator.prometheus.rules import RULES, alerts, rule_file
from tests.conftest import PrometheusFactory
from tests.simulator.questions import CLOSE, ERROR_SHARE, RPS, TARGETS

pytestmark = pytest.mark.anyio
STARTED = 1_800_000_000.0


class FixedClock(WorldClock):
    """A stopped clock, so that an answer can be compared."""

    __slots__ = ()

    def now(self) -> float:
        return 600.0


async def get(application: web.Application, path: str, **given: str) -> tuple[int, Any]:
    async with TestClient(TestServer(application)) as client:
        response = await client.get(path, params=given)
        return response.status, await response.json()


def api(scenario: str = "gradual") -> PrometheusApi:
    return PrometheusApi(World(1, scenario, FixedClock(STARTED)), TARGETS, "http://127.0.0.1:9093")


@pytest.mark.parametrize("query", [*CLOSE, *(rule.query for rule in RULES)])
def test_the_shipped_queries_are_answered(query: str) -> None:
    assert answered(query)
    assert answered(" ".join(query.split()))


def test_one_spelling_for_blanks_comments_and_the_order_of_matchers() -> None:
    given = "sum ( rate(http_requests_total{ status=~'5..' , job=\"modelmuxer\"}[5m]) )  # errors"
    assert canonical(given) == 'sum(rate(http_requests_total{status=~"5.."}[5m]))'
    assert canonical('(up{job="modelmuxer"})') == 'up{job="modelmuxer"}'


async def test_an_unknown_query_is_refused_as_prometheus_refuses() -> None:
    status, body = await get(api().application(), "/api/v1/query", query="deriv(http_requests_total[5m])")
    assert status == 422
    assert body["status"] == "error"
    assert body["errorType"] == "execution"


async def test_an_instant_query_answers_with_the_time_asked_for() -> None:
    status, body = await get(api().application(), "/api/v1/query", query=RPS, time=str(STARTED + 60.0))
    assert status == 200
    assert body["data"]["resultType"] == "vector"
    stamp, value = body["data"]["result"][0]["value"]
    assert stamp == STARTED + 60.0
    assert 30.0 < float(value) < 80.0


async def test_time_is_a_scalar_and_samples_are_fresh() -> None:
    application = api().application()
    async with TestClient(TestServer(application)) as client:

        async def value(query: str) -> Any:
            return (await (await client.get("/api/v1/query", params={"query": query})).json())["data"]

        now = await value("time()")
        assert now == {"resultType": "scalar", "result": [STARTED + 600.0, str(int(STARTED + 600.0))]}
        newest = await value('max(timestamp(http_requests_total{job="modelmuxer"}\n))')
        assert STARTED + 590.0 < float(newest["result"][0]["value"][1]) <= STARTED + 600.0


async def test_a_range_goes_back_two_hours_and_ends_now() -> None:
    given = {"query": ERROR_SHARE, "start": str(STARTED - 9000.0), "end": str(STARTED + 9000.0), "step": "60s"}
    status, body = await get(api().application(), "/api/v1/query_range", **given)
    values = body["data"]["result"][0]["values"]
    assert status == 200
    assert (values[0][0], values[-1][0]) == (STARTED - 7200.0, STARTED + 600.0)
    assert float(values[0][1]) < 0.005 < 0.05 < float(values[-1][1])


@pytest.mark.parametrize(
    "given",
    [
        {"query": RPS, "start": "0", "end": "10", "step": "0"},
        {"query": RPS, "start": "x", "end": "10", "step": "1"},
        {"query": RPS, "start": "0", "end": "100000", "step": "1"},
    ],
)
async def test_an_invalid_range_is_a_400(given: Mapping[str, str]) -> None:
    status, body = await get(api().application(), "/api/v1/query_range", **given)
    assert (status, body["errorType"]) == (400, "bad_data")


async def test_targets_rules_and_alertmanagers() -> None:
    application = api().application()
    async with TestClient(TestServer(application)) as client:
        targets = (await (await client.get("/api/v1/targets")).json())["data"]["activeTargets"]
        groups = (await (await client.get("/api/v1/rules")).json())["data"]["groups"]
        managers = (await (await client.get("/api/v1/alertmanagers")).json())["data"]["activeAlertmanagers"]
    assert {target["health"] for target in targets} == {"up"}
    rules = {rule["name"]: rule for rule in groups[0]["rules"]}
    assert len(rules) == 17
    assert {rule["health"] for rule in rules.values()} == {"ok"}
    assert rules["ModelMuxerHighErrorRate"]["state"] == "firing"
    assert [name for name, rule in rules.items() if rule["state"] != "inactive"] == ["ModelMuxerHighErrorRate"]
    assert managers == [{"url": "http://127.0.0.1:9093/api/v2/alerts"}]


async def test_rules_have_a_result_without_their_comparison() -> None:
    expressions = ['up{job="modelmuxer"} == bool 0', 'up{job="nowhere"} == bool 0', "redis_up == bool 0"]
    parts = [f'label_replace(count({text}\n), "n", "{n}", "", "")' for n, text in enumerate(expressions)]
    _, body = await get(api().application(), "/api/v1/query", query=" or ".join(parts))
    assert [row["metric"]["n"] for row in body["data"]["result"]] == ["0", "2"]
    only = 'label_replace(count({__name__="up"}), "n", "0", "", "")'
    assert (await get(api().application(), "/api/v1/query", query=only))[0] == 422


async def test_an_interruption_leaves_no_samples() -> None:
    world = World(1, "blind", FixedClock(STARTED))
    given = {"query": "pg_up", "start": str(STARTED + 60), "end": str(STARTED + 300), "step": "30"}
    _, body = await get(PrometheusApi(world, TARGETS).application(), "/api/v1/query_range", **given)
    stamps = [stamp - STARTED for stamp, _ in body["data"]["result"][0]["values"]]
    assert stamps == [60.0, 210.0, 240.0, 270.0, 300.0]


async def test_alertmanager_shows_what_fires_and_filters_it() -> None:
    world = World(1, "gradual", FixedClock(STARTED))
    application = AlertmanagerApi(world, TARGETS).application()
    async with TestClient(TestServer(application)) as client:

        async def found(**given: str) -> list[str]:
            body = await (await client.get("/api/v2/alerts", params=given)).json()
            return [alert["labels"]["alertname"] for alert in body]

        assert await found() == ["ModelMuxerHighErrorRate"]
        assert await found(filter='severity="critical"', silenced="false") == ["ModelMuxerHighErrorRate"]
        assert await found(filter='severity!="critical"') == []
        assert await found(active="false") == []
        assert (await client.get("/api/v2/silences")).status == 200
        assert (await (await client.get("/api/v2/status")).json())["cluster"]["status"] == "ready"


def test_an_alert_is_pending_before_it_fires() -> None:
    world = World(1, "gradual")
    rule = next(rule for rule in RULES if rule.name == "ModelMuxerHighErrorRate")
    states = [(found[0].firing if found else None) for found in (alerts(rule, world, TARGETS, at) for at in RISE)]
    assert states == sorted(states, key=lambda state: (state is not None, bool(state)))
    assert {None, False, True} == set(states)


RISE = [float(at) for at in range(300, 700, 20)]


def test_a_real_prometheus_returns_the_same_within_noise(prometheus_factory: PrometheusFactory) -> None:
    world = World(1, "golive", WorldClock(time.time()))
    real = prometheus_factory(backfill=openmetrics(world, TARGETS), rules=rule_file())
    opener = build_opener(ProxyHandler({}))
    for query, close in CLOSE.items():
        for at in (-7200.0 + 900.0, -45.0):
            asked = urlencode({"query": query, "time": world.clock.wall(at)})
            body = json.load(opener.open(f"{real.url}/api/v1/query?{asked}"))
            there = {_key(each["metric"]): float(each["value"][1]) for each in body["data"]["result"]}
            here = {_key(labels): value for labels, value in ask(world, TARGETS, query, at)}
            assert there == pytest.approx(here, rel=close), query
    body = json.load(opener.open(f"{real.url}/api/v1/rules"))
    assert [rule["name"] for rule in body["data"]["groups"][0]["rules"]] == [rule.name for rule in RULES]


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))
