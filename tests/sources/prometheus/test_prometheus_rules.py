"""Whether alert rules can fire, as a real Prometheus evaluates them: sane ones, and those that have no result ever."""

import asyncio
import json
import time
from typing import Any

import pytest

from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.sources.prometheus.promql_unfiltered import unfiltered
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer
from tests.sources.polling import opened, poll_until, probe

pytestmark = pytest.mark.anyio

METRICS = """
pg_up 1
redis_up 1
pg_stat_database_numbackends{datname="modelmuxer"} 37
pg_settings_max_connections{server="db:5432"} 40
redis_memory_used_bytes 5
redis_memory_max_bytes 10
http_requests_total{route="/chat",status="200"} 90
latency_bucket{le="1"} 5
latency_bucket{le="+Inf"} 5
maintenance 1
queue{name="a"} 0
"""
FIRES: dict[str, str] = {
    "Down": 'up{job="app"} == 0',
    "ExporterDown": "0 == pg_up",
    "Connections": "sum(pg_stat_database_numbackends) / max(pg_settings_max_connections) > 0.8",
    "Memory": "redis_memory_used_bytes / redis_memory_max_bytes > 0.9",
    "Compared": "redis_memory_used_bytes > redis_memory_max_bytes",
    "Latency": "histogram_quantile(0.95, sum by (le) (rate(latency_bucket[5m]))) > 5",
    "Count": "count(up == 0) > 2",
    "Filtered": "sum(rate(http_requests_total[5m])) / (sum(rate(http_requests_total[5m])) > 0) < 0.5",
    "ErrorsToCome": 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05',
    "Both": "queue > 5 and on () redis_up == 0",
    "Either": "no_such_metric > 1 or queue > 5",
    "Unless": "redis_up == 0 unless on () maintenance == 1",
    "UnlessMissing": "redis_up == 0 unless on () no_such_metric",
    "Absent": 'absent(up{job="nowhere"})',
    "AbsentAnd": 'absent(up{job="nowhere"}) and on () (queue > 5)',
    "AbsentOver": "absent_over_time(no_such_metric[5m])",
    "AlreadyBool": "queue > bool 5 == 1",
    "Alert": 'ALERTS{alertname="Down"} == 1',
    "Constant": "vector(1) > 2",
    "Scalar": "time() > bool 5",
    "Commented": "queue # a > b\n > 5",
    "Braces": 'queue{name=~"a|>|unless"} > 5',
    "Windowed": "max_over_time((queue > 5)[1m:5s]) > 1",
}
NEVER: dict[str, tuple[str, str]] = {
    "Unnamed": ("rate(modelmuxer_errors_total[5m]) > 0.05", "unknown series modelmuxer_errors_total"),
    "HalfNamed": ("redis_memory_used_bytes / redis_limit > 0.9", "unknown series redis_limit"),
    "OtherJob": ('up{job="apps"} == 0', 'no series matches up{job="apps"}'),
    "OtherLabel": ('http_requests_total{code=~"5.."} > 0', 'no series matches http_requests_total{code=~"5.."}'),
    "NoCommonLabels": (
        "pg_stat_database_numbackends / pg_settings_max_connections > 0.8",
        "both sides have series but no labels in common",
    ),
    "NoCommonLabelsAnd": ("redis_up == 0 and queue > 5", "both sides have series but no labels in common"),
    "Old": ("queue > 2 * queue offset 1d", "no data before the last 24h"),
    "BothSides": ("no_such_a > 1 or no_such_b > 1", "unknown series no_such_a, no_such_b"),
    "AbsentAndMissing": ('absent(up{job="nowhere"}) and on () no_such_metric', "unknown series no_such_metric"),
}
BROKEN = {"Ambiguous": "up / on () group_left () (queue or redis_up) > 1"}


def rule_file(rules: dict[str, str]) -> str:
    group = {"name": "g", "interval": "1s", "rules": [{"alert": name, "expr": expr} for name, expr in rules.items()]}
    return json.dumps({"groups": [group, {"name": "r", "rules": [{"record": "a:b", "expr": "no_such_metric"}]}]})


def started(http_server: HttpServer, factory: PrometheusFactory, rules: str | None) -> Prometheus:
    http_server.answers = {"/metrics": Answer(body=METRICS, headers={"Content-Type": "text/plain"})}
    return factory(scrape=(ScrapeJob("app", [f"{HOST}:{http_server.port}"]),), rules=rules)


def name_of(text: str) -> str:
    """Return the rule that a text is about."""
    return text.partition(": ")[0]


async def settled(source: Any, args: dict[str, Any], wanted: Any) -> Any:
    return (await poll_until(probe("prometheus", source, "alert_rules", args), wanted)).value


async def test_a_rule_that_can_never_fire_is_named_with_its_cause(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    rules = {**FIRES, **{name: expr for name, (expr, _) in NEVER.items()}, **BROKEN}
    server = await asyncio.to_thread(started, http_server, prometheus_factory, rule_file(rules))
    async with opened("prometheus", url=server.url) as source:
        # rate() needs two samples.
        read = await settled(
            source,
            {},
            lambda read: (
                read["unhealthy"] and not read["late"] and sorted(map(name_of, read["never"])) == sorted(NEVER)
            ),
        )
        assert (read["expected"], read["loaded"], read["missing"]) == (len(rules), len(rules), [])
        found = dict(text.split(": ", 1) for text in read["never"])
        for name, (_, why) in NEVER.items():
            assert found[name].startswith(why), (name, found[name])
        assert [text.split(":")[0] for text in read["unhealthy"]] == ["Ambiguous"]
        assert "many-to-many" in read["unhealthy"][0] or "duplicate" in read["unhealthy"][0], read["unhealthy"]
        assert read["reason"].startswith(f"{len(NEVER)} of {len(rules)} rules can never fire: Unnamed: unknown series")
        assert f"1 of {len(rules)} rules cannot be evaluated: Ambiguous" in read["reason"]

        # A scrape that a busy machine does not answer within its second ends all series for a moment.
        why = "1 of 3 rules not loaded: Lost. 1 of 3 rules can never fire: NoCommonLabels"
        names = {"names": ["Down", "Lost", "NoCommonLabels"]}
        named = await settled(source, names, lambda read: read["reason"].startswith(why))
        assert (named["expected"], named["loaded"], named["missing"]) == (3, 2, ["Lost"])
        await settled(source, {"names": ["Down", "Absent"]}, lambda read: (read["reason"], read["loaded"]) == ("", 2))
        other = await settled(source, {"names": ["Lost"]}, lambda read: True)
        assert other["reason"] == f"none of 1 expected alert rules is loaded, {len(rules) + 1} other rules are"
        # The target is gone: the cause is the scrape.
        await asyncio.to_thread(http_server.stop)
        await settled(
            source,
            {"names": ["Connections"]},
            lambda read: read["never"] and "scrape of app" in read["reason"] and "refused" in read["reason"],
        )


async def test_a_counter_that_vanished_with_a_restart_may_come_back(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    rules = rule_file(
        {
            "Vanished": 'increase(shop_errors_total{code="5xx"}[5m]) > 0',
            "Share": "rate(shop_errors_total[5m]) / rate(shop_requests_total[5m]) > 0.05",
            "Misspelt": "increase(shop_error_total[5m]) > 0",
            "Older": "increase(shop_old_total[5m]) > 0",
        }
    )
    http_server.answers = {"/metrics": Answer(body="shop_up 1\n", headers={"Content-Type": "text/plain"})}
    now = time.time()
    past = "\n".join(
        [
            "# TYPE shop_errors counter",
            *(f'shop_errors_total{{code="4xx",job="app"}} 1 {now - 7200 + step}' for step in (0, 60)),
            "# TYPE shop_requests counter",
            *(f'shop_requests_total{{job="app"}} 1 {now - 7200 + step}' for step in (0, 60)),
            "# TYPE shop_old counter",
            *(f'shop_old_total{{job="app"}} 1 {now - 100_000 + step}' for step in (0, 60)),
            "# EOF\n",
        ]
    )
    jobs = (ScrapeJob("app", [f"{HOST}:{http_server.port}"]),)
    server = await asyncio.to_thread(prometheus_factory, scrape=jobs, rules=rules, backfill=past)
    async with opened("prometheus", url=server.url) as source:
        read = await settled(source, {}, lambda read: not read["late"] and len(read["never"]) == 2)
        assert sorted(read["never"]) == [
            "Misspelt: unknown series shop_error_total",
            "Older: unknown series shop_old_total",
        ]
        # The scrape that brought it fails: it does not come back by itself.
        await asyncio.to_thread(http_server.stop)
        await settled(source, {"names": ["Share"]}, lambda read: read["never"] and "scrape of app" in read["reason"])


async def test_without_any_rule_the_pattern_of_the_files_is_the_cause(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    server = await asyncio.to_thread(started, http_server, prometheus_factory, None)
    async with opened("prometheus", url=server.url) as source:
        read = await settled(source, {"names": ["Down", "Lost"]}, lambda read: True)
    assert (read["expected"], read["loaded"], read["missing"], read["never"]) == (2, 0, ["Down", "Lost"], [])
    assert read["reason"].startswith("none of 2 expected alert rules is loaded: rule_files (")
    assert "matches no file with rules" in read["reason"]


@pytest.mark.parametrize(
    ("promql", "left"),
    [
        ("up == 0", "up == bool  0"),
        ("a > bool 1", "a > bool 1"),
        ('a{b=">"} >= 1', 'a{b=">"} >= bool  1'),
        ("a unless b or c", "a or c"),
        ("sum(a unless on(x) (b and c), 1)", "sum(a , 1)"),
        ("absent(a)", "vector(1)"),
        ('absent(a{b="c",d!="e"})', 'label_replace(vector(1), "b", "c", "", "")'),
        ("absent (a) or b", "vector(1) or b"),
        ("unless_total > 1", "unless_total > bool  1"),
    ],
)
def test_an_expression_without_its_filters(promql: str, left: str) -> None:
    assert unfiltered(promql).split() == left.split()
