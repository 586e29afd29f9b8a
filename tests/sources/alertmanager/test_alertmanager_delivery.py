"""From a firing alert to a person: what fires, where it is sent, where it ends; on real servers, amtool the referee."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.process import find_binary
from mmcockpit.simulator.servers.prometheus import Prometheus
from mmcockpit.sources.alertmanager.matchers import UnreadableMatcher
from mmcockpit.sources.alertmanager.routes import routing
from mmcockpit.sources.alertmanager.source import AlertmanagerSource
from mmcockpit.sources.common.contract import Source
from mmcockpit.sources.prometheus.source import PrometheusSource
from tests.conftest import PrometheusFactory
from tests.servers.needs import need
from tests.sources.polling import fault, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio

FIRING = """
groups:
- name: always
  interval: 1s
  rules:
  - {alert: Gone, expr: 'vector(1)', labels: {severity: critical}, annotations: {summary: it is gone}}
  - {alert: Slow, expr: 'vector(1)', labels: {severity: warning}}
"""
NOTIFIES = """
route:
  receiver: "null"
  group_wait: 0s
  routes:
  - {matchers: ['alertname="RedisDown"'], receiver: "null"}
  - {matchers: ['severity="critical"'], receiver: pager, continue: true}
  - {matchers: ['severity="critical"'], receiver: chat}
receivers:
- name: "null"
- name: pager
  webhook_configs: [{url: "http://127.0.0.1:9/"}]
- name: chat
  slack_configs: [{api_url: "http://127.0.0.1:9/", channel: "#alerts"}]
"""


def telling(source: Source, *senders: Source) -> None:
    assert isinstance(source, AlertmanagerSource)
    prometheis = [one for one in senders if isinstance(one, PrometheusSource)]
    source.completeness.senders = lambda: prometheis


@pytest.fixture
def notifying(tmp_path: Path) -> Iterator[Alertmanager]:
    need(Alertmanager.binary(), "no prometheus-alertmanager: run `make servers`")
    with Alertmanager(tmp_path / "notifying", config=NOTIFIES) as server:
        yield server


async def test_an_alert_that_fires_counts_though_alertmanager_never_received_it(
    alertmanager: Alertmanager, prometheus_factory: PrometheusFactory
) -> None:
    """A Prometheus without `alerting:` sends nothing: the empty list of an Alertmanager proves nothing."""
    unsent = await asyncio.to_thread(prometheus_factory, rules=FIRING)
    async with (
        opened("prometheus", url=unsent.url) as prometheus,
        opened("alertmanager", url=alertmanager.url, resend_every="0s") as source,
    ):
        telling(source, prometheus)
        critical = probe("alertmanager", source, "alerts", {"filters": ['severity="critical"', 'alertname="Gone"']})
        read = await poll_until(critical, lambda rows: rows)
        (row,) = read.value
        assert (row["name"], row["severity"], row["state"], row["summary"]) == (
            "Gone", "critical", "unsent", "it is gone",
        )  # fmt: skip
        assert "sends alerts to no Alertmanager" in read.remark
        quiet = await fault(probe("alertmanager", source, "alerts", {"filters": 'alertname="Quiet"'}))
        assert (quiet.kind, "alerting.alertmanagers" in quiet.message) == (FaultKind.NO_DATA, True), quiet
        senders = await value(probe("alertmanager", source, "senders", {}))
        assert (senders["sends"], senders["alertmanagers"]) == (False, [])
        assert "no Alertmanager" in senders["why"]
        telling(source)
        assert (await fault(probe("alertmanager", source, "senders", {}))).kind is FaultKind.CONFIGURATION


async def test_an_alert_that_was_sent_counts_once_and_not_at_all_while_it_is_silenced(
    notifying: Alertmanager, prometheus_factory: PrometheusFactory
) -> None:
    def started() -> tuple[Prometheus, Prometheus]:
        return prometheus_factory(rules=FIRING, alertmanagers=(notifying.url,)), prometheus_factory()

    sending, elsewhere = await asyncio.to_thread(started)
    async with (
        opened("prometheus", url=sending.url) as prometheus,
        opened("prometheus", url=elsewhere.url) as other,
        opened("alertmanager", url=notifying.url, resend_every="0s") as source,
    ):
        telling(source, prometheus, other)
        critical = probe("alertmanager", source, "alerts", {"filters": 'severity="critical"'})
        read = await poll_until(critical, lambda rows: rows and rows[0]["state"] == "active")
        assert [row["name"] for row in read.value] == ["Gone"]
        senders = await value(probe("alertmanager", source, "senders", {}))
        assert (senders["sends"], senders["alertmanagers"]) == (True, [notifying.url.removeprefix("http://")])
        amtool(
            "silence", "add", "alertname=Gone", "--author=ana", "--comment=known", f"--alertmanager.url={notifying.url}"
        )
        assert (await poll_until(critical, lambda rows: not rows)).remark == ""
        every = probe("alertmanager", source, "alerts", {"filters": 'severity="critical"', "silenced": True})
        assert [row["state"] for row in await value(every)] == ["silenced"]


async def test_the_routes_of_the_running_configuration(notifying: Alertmanager) -> None:
    async with opened("alertmanager", url=notifying.url, resend_every="0s") as source:
        names = ("ModelMuxerDown", "RedisDown")
        alerts = [{"alertname": name, "severity": "critical"} for name in names]
        assert await value(probe("alertmanager", source, "routes", {"alerts": alerts})) == {
            "receivers": ["pager", "chat", "null"],
            "lost": ["RedisDown → null (no integration)"],
            "delivered": ["ModelMuxerDown → pager (webhook), chat (slack)"],
        }
        labels = {"alertname": "CockpitTest", "severity": "critical"}
        assert await value(probe("alertmanager", source, "send", {"labels": labels})) == {
            "receivers": ["pager", "chat"],
            "lost": [],
            "delivered": ["CockpitTest → pager (webhook), chat (slack)"],
        }
        labels = {"alertname": "CockpitTest", "severity": "warning", "team": 'a "b" \\c'}
        sent = await value(probe("alertmanager", source, "send", {"labels": labels}))
        assert (sent["receivers"], sent["delivered"]) == (["null"], [])


async def test_an_alertmanager_that_refuses_an_alert_is_a_fault(alertmanager: Alertmanager) -> None:
    async with opened("alertmanager", url=alertmanager.url, resend_every="0s") as source:
        bad = await fault(probe("alertmanager", source, "send", {"labels": {"not a label": "x"}}))
    assert (bad.kind, "400 Bad Request" in bad.message) == (FaultKind.QUERY, True), bad


RECEIVERS = """
receivers:
- {name: "null"}
- {name: pager, webhook_configs: [{url: "http://127.0.0.1:9/"}]}
- {name: chat, webhook_configs: [{url: "http://127.0.0.1:9/"}]}
- {name: mail, webhook_configs: [{url: "http://127.0.0.1:9/"}]}
"""
TREES: dict[str, str] = {
    "default null": 'route: {receiver: "null"}',
    "default pager": "route: {receiver: pager}",
    "a route that shadows": """
route:
  receiver: pager
  routes:
  - {match: {severity: critical}, receiver: "null"}
  - {match: {severity: critical}, receiver: pager}
""",
    "nested": """
route:
  receiver: "null"
  routes:
  - match: {severity: critical}
    receiver: chat
    routes:
    - {match: {job: redis}, receiver: "null"}
    - {match: {job: modelmuxer}, receiver: pager}
""",
    "the receiver of the parent": """
route:
  receiver: "null"
  routes:
  - receiver: mail
    match: {severity: critical}
    routes:
    - {match: {job: redis}, group_by: [job]}
    - {match: {job: none}, receiver: pager}
""",
    "continue": """
route:
  receiver: "null"
  routes:
  - {matchers: ['severity="critical"'], receiver: chat, continue: true}
  - {matchers: ['job="modelmuxer"'], receiver: pager}
  - {matchers: ['severity="critical"'], receiver: mail}
""",
    "continue inside": """
route:
  receiver: "null"
  routes:
  - matchers: ['severity="critical"']
    receiver: chat
    continue: true
    routes:
    - {matchers: ['job="redis"'], receiver: pager, continue: true}
    - {matchers: ['job=~"re.*"'], receiver: mail}
  - {receiver: "null"}
""",
    "match_re is anchored": """
route:
  receiver: "null"
  routes:
  - {match_re: {severity: crit}, receiver: chat}
  - {match_re: {severity: crit.*|page}, receiver: pager}
""",
    "not equal": """
route:
  receiver: "null"
  routes:
  - {matchers: ['severity!="critical"'], receiver: chat}
  - {matchers: ['team!=""'], receiver: mail}
  - {matchers: ['team=""', 'job!="redis"'], receiver: pager}
""",
    "patterns": """
route:
  receiver: "null"
  routes:
  - {matchers: ['severity!~"crit.*"'], receiver: chat}
  - {matchers: ['alertname=~"Redis|Model"'], receiver: chat}
  - {matchers: ['alertname=~"(Redis|Model).*"', 'missing!~".+"'], receiver: pager}
""",
    "quoted values": r"""
route:
  receiver: "null"
  routes:
  - {matchers: ['{severity="critical",summary="a, \"b\" {c}\\d"}'], receiver: pager}
  - {matchers: [' severity = critical ', "alertname =~ 'x'"], receiver: chat}
  - {matchers: ["severity=~crit.*"], receiver: mail}
""",
    "all three forms together": """
route:
  receiver: "null"
  routes:
  - {match: {severity: critical}, match_re: {job: "model.*|post.*"}, matchers: [team!=x], receiver: pager}
""",
    "an alert without a severity": """
route:
  receiver: "null"
  routes:
  - {matchers: ['severity=""'], receiver: mail}
  - {matchers: ['severity=~"|info"'], receiver: chat}
""",
    "mute and active times change no receiver": """
route:
  receiver: "null"
  routes:
  - {matchers: ['severity="critical"'], receiver: pager, mute_time_intervals: [night], active_time_intervals: [never]}
time_intervals:
- {name: night, time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]}
- {name: never, time_intervals: [{years: ["1999"]}]}
""",
}
ALERTS: tuple[dict[str, str], ...] = (
    {"alertname": "ModelMuxerDown", "severity": "critical", "job": "modelmuxer"},
    {"alertname": "RedisDown", "severity": "critical", "job": "redis"},
    {"alertname": "PostgreSQLDown", "severity": "critical", "job": "postgresql", "team": "x"},
    {"alertname": "Quoted", "severity": "critical", "summary": 'a, "b" {c}\\d'},
    {"alertname": "Slow", "severity": "warning"},
    {"alertname": "Bare"},
)


def amtool(*words: str) -> str:
    binary = need(find_binary(["amtool"]), "no amtool: run `make servers`")
    done = subprocess.run([str(binary), *words], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_receiver_of_an_alert_is_that_of_amtool(tmp_path: Path) -> None:
    differing = list[str]()
    for title, tree in TREES.items():
        config = tree + RECEIVERS
        file = tmp_path / "alertmanager.yml"
        file.write_text(config)
        found = routing(config)
        for alert in ALERTS:
            labels = [f"{name}={json.dumps(value)}" for name, value in alert.items()]
            told = amtool("config", "routes", "test", f"--config.file={file}", *labels).strip()
            ours = ",".join(dict.fromkeys(found.root.ends(alert)))
            theirs = ",".join(dict.fromkeys(told.split(",")))
            if ours != theirs:
                differing.append(f"{title}: {alert}: amtool {theirs}, we {ours}")
    assert differing == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("", "no route"),
        ("[1]", "no route"),
        ("route: {receiver: a, routes: [{matchers: ['severity'], receiver: b}]}", "cannot read the matcher"),
        ("route: {receiver: a, routes: [{matchers: ['a=~\"[[:alpha:]]+\"'], receiver: b}]}", "regular expression"),
        ("route: {receiver: a, routes: [{matchers: ['a=~\"(\"'], receiver: b}]}", "regular expression"),
        ("route: {", "not YAML"),
        ("route: &r {receiver: a, routes: [*r]}", "inside each other"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_no_verdict(config: str, words: str) -> None:
    with pytest.raises(UnreadableMatcher, match=words):
        list(routing(config).root.ends({"a": "b", "severity": "critical"}))
