"""The PromQL of the packs on a real Prometheus that holds the series of the exporters: pass, warn, fail, unknown.

Each scenario is a job; each signal is judged once for every scenario.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.verdict import Level
from mmcockpit.engine.survey import Survey
from mmcockpit.simulator.servers.prometheus import Prometheus
from mmcockpit.sources.common.secrets import Secrets
from tests.config.files import loaded
from tests.config.packs.shipped import PACKS, PATIENT, cockpit_file, required
from tests.servers.needs import need

pytestmark = [pytest.mark.anyio, pytest.mark.server]

SPAN_S = 900
STEP_S = 15
BUCKETS = ("0.1", "0.5", "1", "5", "+Inf")


def web(rate: float, failing: float, within: Mapping[str, float]) -> dict[str, float]:
    """Return series of a web service, counters as increases per second; `within`: share of requests below a bound."""
    return {
        'http_requests_total{status="200"}': rate * (1 - failing),
        'http_requests_total{status="503"}': rate * failing,
        **{f'http_request_duration_seconds_bucket{{le="{le}"}}': rate * within.get(le, 1.0) for le in BUCKETS},
    }


FAST, SLOW, SLOWER = {"0.1": 0.9, "0.5": 0.99}, {"0.1": 0.0, "0.5": 0.5}, {"0.1": 0.0, "0.5": 0.0, "1": 0.1}
COUNTERS: dict[str, dict[str, float]] = {
    "pass": web(10, 0.001, FAST),
    "warn": web(0.05, 0.03, SLOW),
    "fail": web(10, 0.2, SLOWER),
    "idle": web(0, 0.0, FAST),
}


def rabbit(nodes: int, alarm: int, ready: int, consumers: int) -> dict[str, float]:
    """Return the metrics of rabbitmq_prometheus."""
    return {
        **{f'rabbitmq_identity_info{{rabbitmq_node="{n}"}}': 1 for n in range(nodes)},
        "rabbitmq_alarms_memory_used_watermark": alarm,
        "rabbitmq_alarms_free_disk_space_watermark": 0,
        "rabbitmq_queue_messages_ready": ready,
        "rabbitmq_queue_consumers": consumers,
    }


def exported(nodes: int, alarm: int, ready: int, consumers: int) -> dict[str, float]:
    """Return the metrics of kbudde/rabbitmq_exporter."""
    return {
        **{f'rabbitmq_running{{node="{n}"}}': 1 for n in range(nodes)},
        "rabbitmq_node_mem_alarm": 0,
        "rabbitmq_node_disk_free_alarm": alarm,
        'rabbitmq_queue_messages_ready{queue="a"}': ready,
        'rabbitmq_queue_consumers{queue="a"}': consumers,
    }


def kafka(brokers: int, behind: int, lag: int, members: int) -> dict[str, float]:
    """Return the metrics of kafka_exporter."""
    return {
        "kafka_brokers": brokers,
        'kafka_topic_partition_under_replicated_partition{topic="t",partition="0"}': behind,
        'kafka_consumergroup_lag{consumergroup="orders",topic="t",partition="0"}': lag,
        'kafka_consumergroup_members{consumergroup="orders"}': members,
    }


GAUGES: dict[str, dict[str, float]] = {
    "pass": rabbit(3, 0, 10, 4) | kafka(3, 0, 5, 2),
    "warn": rabbit(2, 0, 5_000, 1) | kafka(2, 1, 5_000, 1),
    "fail": rabbit(1, 1, 50_000, 0) | kafka(1, 1, 50_000, 0),
    "exporter": exported(3, 0, 10, 4),
    "alarmed": exported(1, 1, 50_000, 0),
    "jmx": {
        "kafka_server_replicamanager_underreplicatedpartitions": 0,
        "kafka_controller_kafkacontroller_offlinepartitionscount": 0,
    },
    "offline": {
        "kafka_server_replicamanager_underreplicatedpartitions": 2,
        "kafka_controller_kafkacontroller_offlinepartitionscount": 1,
    },
}
P, W, F, U = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN
NUMBERS = {
    "rabbitmq": {"rabbitmq_nodes": "3", "least_rabbitmq_nodes": "2", "consumers": "3"},
    "kafka": {"brokers": "3", "least_brokers": "2"},
}
MATCHERS = {"web-service": "matchers", "rabbitmq": "rabbitmq_matchers", "kafka": "kafka_matchers"}
EXPECTED: dict[str, dict[str, dict[str, Level]]] = {
    "web-service": {
        "request_rate": {"pass": P, "warn": W, "fail": P, "idle": F, "none": U},
        "error_share": {"pass": P, "warn": W, "fail": F, "idle": U, "none": U},
        "latency_p95": {"pass": P, "warn": W, "fail": F, "idle": U, "none": U},
    },
    "rabbitmq": {
        "rabbitmq_nodes": {"pass": P, "warn": W, "fail": F, "exporter": P, "alarmed": F, "none": U},
        "rabbitmq_alarms": {"pass": P, "warn": P, "fail": F, "exporter": P, "alarmed": F, "none": U},
        "rabbitmq_ready": {"pass": P, "warn": W, "fail": F, "exporter": P, "alarmed": F, "none": U},
        "rabbitmq_consumers": {"pass": P, "warn": W, "fail": F, "exporter": P, "alarmed": F, "none": U},
    },
    "kafka": {
        "kafka_brokers": {"pass": P, "warn": W, "fail": F, "jmx": U, "none": U},
        "kafka_under_replicated": {"pass": P, "warn": W, "fail": W, "jmx": P, "offline": W, "none": U},
        "kafka_offline": {"pass": U, "jmx": P, "offline": F, "none": U},
        "kafka_lag": {"pass": P, "warn": W, "fail": F, "jmx": U, "none": U},
        "kafka_members": {"pass": P, "warn": P, "fail": F, "jmx": U, "none": U},
    },
}
"""Pack to signal to scenario (a job) to the level."""


def openmetrics(now: float) -> str:
    """Return all scenarios as samples up to now, grouped by metric."""
    lines: dict[str, list[str]] = {}
    begin = int(now) - SPAN_S
    for kind, scenarios in (("counter", COUNTERS), ("gauge", GAUGES)):
        for job, series in scenarios.items():
            for selector, value in series.items():
                name, _, labels = selector.partition("{")
                head = f'{name}{{job="{job}"{"," + labels if labels else "}"}'
                for at in range(begin, int(now) + 1, STEP_S):
                    sample = value * (at - begin) if kind == "counter" else value
                    lines.setdefault(name, []).append(f"{head} {sample} {at}")
    return "\n".join(line for name in sorted(lines) for line in lines[name]) + "\n# EOF\n"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus with the series of every scenario."""
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    server = Prometheus(tmp_path_factory.mktemp("prometheus"))
    server.backfill(openmetrics(time.time()))
    with server:
        yield server


def entries(name: str) -> list[dict[str, Any]]:
    """Return a `use:` entry of a pack for each scenario, with the scenario as its prefix."""
    jobs = sorted({job for levels in EXPECTED[name].values() for job in levels})
    found = []
    for job in jobs:
        chosen = {MATCHERS[name]: f'job="{job}"'}
        if name == "rabbitmq":
            chosen["queue_matchers"] = f'job="{job}"'
        variables = {**required(name), **NUMBERS.get(name, {}), **chosen}
        found.append({"pack": name, "prefix": job, "vars": variables, "only": ["signals"]})
    return found


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_queries_of_a_pack_find_each_level(name: str, prometheus: Prometheus, tmp_path: Path) -> None:
    fast = {**PATIENT, "every": "60s", "budget": 1000}
    sources: dict[str, dict[str, Any]] = {"prometheus": {"kind": "prometheus", "url": prometheus.url, **fast}}
    if "api" in PACKS[name]["needs"]:
        sources["api"] = {"kind": "http", "url": prometheus.url, **fast}
    survey = Survey(loaded(cockpit_file(tmp_path, entries(name), sources)).cockpit, Secrets())
    await survey.run()
    found = {
        signal: {job: survey.polls[f"{job}_{signal}"].verdict.level for job in levels}
        for signal, levels in EXPECTED[name].items()
    }
    assert found == EXPECTED[name]
    assert set(EXPECTED[name]) >= {key for key, each in PACKS[name]["signals"].items() if "prometheus.query" in each}
