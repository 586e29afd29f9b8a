"""Imported alert rules have the verdict that Prometheus itself gives the same rules; missing data is unknown."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.core.model.verdict import Level
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from tests.conftest import PrometheusFactory
from tests.importers.alert_table import CASES, rule_file, series
from tests.importers.converted import cockpit_of, levels, watch
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import PATIENCE_S

pytestmark = pytest.mark.server


def states(server: Prometheus) -> dict[str, str]:
    """Return the states of the alert rules, as Prometheus evaluates them."""
    with urllib.request.urlopen(f"{server.url}/api/v1/rules", timeout=PATIENCE_S) as response:
        groups = json.load(response)["data"]["groups"]
    return {rule["name"]: rule["state"] for group in groups for rule in group["rules"]}


def test_each_alert_is_judged_as_prometheus_judges_it(prometheus_factory: PrometheusFactory, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(json.dumps(rule_file()))
    server = prometheus_factory(rules=rules.read_text(), backfill=series(time.time()))
    cockpit = cockpit_of("prometheus-rules", rules, tmp_path, server.url)
    expected = {name: case.level for name, case in CASES.items()}
    wanted = {name: case.state for name, case in CASES.items()}
    # An alert with `for:` is pending for a while, here and there.
    found = levels(watch(cockpit, lambda each: each == expected and states(server) == wanted))
    assert states(server) == wanted
    assert found == expected
    by_state = {"firing": {Level.FAIL, Level.WARN}, "inactive": {Level.PASS, Level.UNKNOWN}, "pending": {Level.UNKNOWN}}
    assert all(found[name] in by_state[case.state] for name, case in CASES.items())


RULES = """
groups:
  - name: app
    interval: 1s
    rules:
      - {alert: Queue, expr: queue > 5, for: 2s, labels: {severity: critical}}
      - {alert: Down, expr: 'up{job="app"} == 0', labels: {severity: warning}}
"""


def test_alerts_that_begin_and_end_and_a_target_that_is_gone(
    prometheus_factory: PrometheusFactory, http_server: HttpServer, tmp_path: Path
) -> None:
    def serve(queue: int) -> None:
        http_server.answers = {"/metrics": Answer(body=f"queue {queue}\n", headers={"Content-Type": "text/plain"})}

    serve(1)
    (tmp_path / "rules.yaml").write_text(RULES)
    server = prometheus_factory(scrape=(ScrapeJob("app", [f"{HOST}:{http_server.port}"]),), rules=RULES)
    cockpit = cockpit_of("prometheus-rules", tmp_path / "rules.yaml", tmp_path, server.url)
    steps: list[tuple[dict[str, Level], dict[str, str], Callable[[], object]]] = [
        ({"Queue": Level.PASS, "Down": Level.PASS}, {"Queue": "inactive", "Down": "inactive"}, lambda: serve(9)),
        ({"Queue": Level.FAIL, "Down": Level.PASS}, {"Queue": "firing", "Down": "inactive"}, lambda: serve(1)),
        (
            {"Queue": Level.PASS, "Down": Level.PASS},
            {"Queue": "inactive", "Down": "inactive"},
            lambda: http_server.answers.clear(),
        ),
        # The target is down: its metric is gone, which is no data, and not a queue that is short.
        ({"Queue": Level.UNKNOWN, "Down": Level.WARN}, {"Queue": "inactive", "Down": "firing"}, lambda: serve(1)),
        ({"Queue": Level.PASS, "Down": Level.PASS}, {"Queue": "inactive", "Down": "inactive"}, lambda: None),
    ]
    passed = 0

    def done(found: dict[str, Level]) -> bool:
        nonlocal passed
        # It is evaluated again after the last step: results that have just come are settled first.
        if passed < len(steps):
            wanted, in_prometheus, then = steps[passed]
            if found == wanted and states(server) == in_prometheus:
                passed += 1
                then()
        return passed == len(steps)

    found = levels(watch(cockpit, done))
    assert passed == len(steps), (passed, found, states(server))
