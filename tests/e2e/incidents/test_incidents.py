"""Incidents on real servers, as the shipped checklist sees them: item, advice, recovery, delay in polls.

`pytest tests/e2e/incidents -rP` prints what happened. Every signal is asked each half second, with the
persistence it is shipped with. An item with a hold goes from `[~]` to failing `[!]`, one without from good `[+]` to
regressed `[R]`.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Advised
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import PostgresCluster, PrometheusFactory, streaming
from tests.core.reasons import label
from tests.e2e.incidents.incidents import Incident, go_through, night, table
from tests.servers.control_plane import NODES, ControlPlane
from tests.servers.http import HttpServer
from tests.servers.kubectl import Kubectl
from tests.servers.needs import need
from tests.servers.tls import TlsServers
from tests.servers.traffic import Traffic
from tests.servers.wait import wait_until

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
MOST_CONNECTIONS = 25


def test_a_redis_replica_that_is_killed(tmp_path: Path) -> None:
    need(Valkey.binary(), "no valkey-server")
    incident = Incident("a Redis replica is killed", "Redis Cluster", "redis_role")
    with Valkey(tmp_path / "primary") as primary, Valkey(tmp_path / "replica", replica_of=primary) as replica:
        cache = {"cache": {"kind": "redis", "url": primary.url}}
        with night(tmp_path, cache, {"redis_role": {}, "redis_ha": {}}) as session:
            go_through(session, incident, replica.kill, replica.start, "redis replicas", "online 0")


@pytest.fixture(scope="module")
def small_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    """Give a primary of few connections with two standbys, which tests stop and start."""
    need(Postgres.binaries(), "no PostgreSQL server")
    folder = tmp_path_factory.mktemp("small-cluster")
    with ExitStack() as stack:
        settings = {"max_connections": str(MOST_CONNECTIONS)}
        primary = stack.enter_context(Postgres(folder / "primary", settings=settings))
        standbys = [Postgres(folder / name, standby_of=primary) for name in PostgresCluster._fields[1:]]
        yield PostgresCluster(primary, *map(stack.enter_context, standbys))


@pytest.fixture
def database(small_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give the source of the small cluster's primary, both of its standbys streaming."""
    wait_until(lambda: streaming(small_cluster.primary) == ["replica_a", "replica_b"], "both standbys stream")
    monkeypatch.setenv("E2E_DSN", small_cluster.primary.dsn)
    return {"database": {"kind": "postgres", "dsn": {"env": "E2E_DSN"}}}


@pytest.mark.xdist_group("small-cluster")
def test_connections_that_fill_up(tmp_path: Path, small_cluster: PostgresCluster, database: dict[str, Any]) -> None:
    incident = Incident("connections of PostgreSQL fill up", "Database Connectivity", "pg_connections")
    with night(tmp_path, database, {"pg_connections": {}}) as session, ExitStack() as taken:

        def fill() -> None:
            for _ in range(MOST_CONNECTIONS - 3):
                taken.enter_context(psycopg.connect(small_cluster.primary.dsn))

        go_through(session, incident, fill, taken.close, "pg connections", "(must be < 80%)")


@pytest.mark.xdist_group("small-cluster")
def test_streaming_replication_that_stops(
    tmp_path: Path, small_cluster: PostgresCluster, database: dict[str, Any]
) -> None:
    incident = Incident("streaming replication stops", "Read Replicas", "pg_replicas")
    standbys = (small_cluster.replica_a, small_cluster.replica_b)

    def stop() -> None:
        for standby in standbys:
            standby.stop()

    def start() -> None:
        for standby in standbys:
            standby.start()

    with night(tmp_path, database, {"pg_replicas": {}, "read_replicas": {}}) as session:
        go_through(session, incident, stop, start, "pg replicas", "streaming 0")


def test_a_certificate_that_expired(tmp_path: Path, tls_servers: TlsServers) -> None:
    incident = Incident(
        "a certificate has expired", "SSL/TLS Certificates", "certificate_days", State.REGRESSED, State.GOOD
    )
    with HttpServer(tls=tls_servers.servers["good"].tls) as door:
        host, port = door.address
        names = {"tls_host": host, "tls_port": port, "host": host}
        api = {"api": {"kind": "http", "url": door.url, "ca": str(tls_servers.ca)}}

        def serve(name: str) -> None:
            door.tls = tls_servers.servers[name].tls

        with night(tmp_path, api, {"certificate_days": {}, "certificates": {}}, names) as session:
            deeds = (lambda: serve("expired"), lambda: serve("good"))
            go_through(session, incident, *deeds, "certificate has expired", "verified: no")


RULES = """\
groups:
  - name: modelmuxer
    rules:
      - alert: ModelMuxerHighErrorRate
        expr: incident > 0
        labels: {severity: critical}
        annotations: {summary: chats fail}
"""
ALERTS: dict[str, Any] = {"critical_alerts": {}, "silences": {}, "alerts_quiet": {}}
FIRED = Incident("a critical alert fires", "Alerts", "critical_alerts")


@pytest.fixture
def traffic(http_server: HttpServer) -> Iterator[Traffic]:
    """Give an application that Prometheus can scrape, and nothing wrong with it."""
    with Traffic(http_server) as traffic:
        traffic.gauges["incident"] = 0.0
        yield traffic


@pytest.fixture
def alerting(tmp_path: Path, prometheus_factory: PrometheusFactory, traffic: Traffic) -> Iterator[Alertmanager]:
    """Give an Alertmanager of this test, and a Prometheus whose rule fires while the gauge `incident` is above 0."""
    need(Alertmanager.binary(), "no prometheus-alertmanager: run `make servers`")
    with Alertmanager(tmp_path / "alertmanager") as manager:
        prometheus_factory(scrape=(application(traffic),), rules=RULES, alertmanagers=(manager.url,))
        yield manager


def application(traffic: Traffic) -> ScrapeJob:
    return ScrapeJob("modelmuxer", [f"{HOST}:{traffic.server.port}"])


def test_an_alert_that_fires(tmp_path: Path, alerting: Alertmanager, traffic: Traffic) -> None:
    manager = {"alertmanager": {"kind": "alertmanager", "url": alerting.url, "resend_every": "2s"}}

    def set_to(value: float) -> None:
        traffic.gauges["incident"] = value

    with night(tmp_path, manager, ALERTS) as session:
        deeds = (lambda: set_to(1), lambda: set_to(0))
        go_through(session, FIRED, *deeds, "critical alerts", "ModelMuxerHighErrorRate")


def test_a_silence_is_no_recovery(tmp_path: Path, alerting: Alertmanager, traffic: Traffic) -> None:
    incident = Incident("the alert is silenced", "Alerts", "silences")
    manager = {"alertmanager": {"kind": "alertmanager", "url": alerting.url, "resend_every": "2s"}}
    with night(tmp_path, manager, ALERTS) as session:
        session.until_state(incident.item, State.HOLDING)
        traffic.gauges["incident"] = 1.0
        session.until_state(incident.item, State.BAD)
        session.advice(incident.item, Advice.NO_GO, "ModelMuxerHighErrorRate")
        session.mark(incident.name)
        silence(alerting, "ModelMuxerHighErrorRate")
        session.advice(incident.item, Advice.NO_GO, "new silences", "ModelMuxerHighErrorRate", "by bo")
        session.until(lambda _: "critical alerts" not in session.says(incident.item), "the alert is no reason any more")
        assert session.item(incident.item).state is State.BAD, "what is only silenced is not good"
        says = session.says(incident.item)
        told = [event for event in session.after(incident.name) if isinstance(event.body, Advised)]
        seen = session.delay(incident.name, incident.signal, told)
        item = session.item(incident.item).item.id
        session.watcher.do(commands.MarkItem("ana", item, "the alert is known, and watched by hand", Mark.OVERRIDE))
        session.until_state(incident.item, State.OVERRIDDEN)
        session.silent(incident.item)
        recovered = "by an override only: a silence of tonight stays one when it ends"
        table(incident, "[!], then [!] [o]", f"{Advice.NO_GO}: {says}", str(seen), recovered)


def silence(manager: Alertmanager, alert: str) -> None:
    now = datetime.now(UTC)
    body = {
        "matchers": [{"name": "alertname", "value": alert, "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=10)).isoformat(),
        "createdBy": "bo",
        "comment": "known",
    }
    httpx.post(f"{manager.url}/api/v2/silences", json=body, trust_env=False).raise_for_status()


def test_a_ramp_of_5xx(tmp_path: Path, prometheus_factory: PrometheusFactory, traffic: Traffic) -> None:
    incident = Incident("5xx rise", "Error Rates", "failures", advice=Advice.ROLLBACK)
    prometheus = prometheus_factory(scrape=(application(traffic),))
    source = {"prometheus": {"kind": "prometheus", "url": prometheus.url}}
    abort = [{"signal": "error_rate", "for": "2s", "from": "deployment"}]
    used: dict[str, dict[str, object]] = {"error_rate": {}, "failures": {}, "refused_chats": {}, "chat_errors": {}}
    with night(tmp_path, source, used, abort=abort) as session:

        def ramp() -> None:
            for share in (0.02, 0.1, 0.5):
                traffic.failed_per_s = share * traffic.good_per_s
                asked = session.session.signals["error_rate"].asked_at
                session.until(lambda now, asked=asked: now.signals["error_rate"].asked_at != asked, "another answer")

        def mend() -> None:
            # So many good chats that the failed ones of the last five minutes are a small share.
            traffic.failed_per_s, traffic.good_per_s = 0.0, 20_000.0

        advised = go_through(session, incident, ramp, mend, "failures", "(must be < ")
        first = advised.reasons[0]
        assert label(first) == "abort rule failed error_rate deployment 2"
        assert "5xx share" in reason_text(first)
        print(f"{'first reason':>15} | {reason_text(first)}; {first.before}")
        session.until(
            lambda now: now.advised is not None and now.advised.advice is not Advice.ROLLBACK, "nothing to go back for"
        )


IMAGE, WORSE = "example.test/modelmuxer:2.4.1", "example.test/modelmuxer:missing"
NAMES = {"namespace": "incidents", "pod_selector": "app=modelmuxer", "version": "2.4.1"}


class Cluster(NamedTuple):
    kubectl: Kubectl
    source: dict[str, Any]


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[Cluster]:
    """Give a Deployment of three ready pods on real controllers."""
    kubectl = control_plane.create_namespace(NAMES["namespace"])
    source = {"kind": "kubernetes", "kubeconfig": str(control_plane.kubeconfig), "namespace": kubectl.namespace}
    kubectl("create", "deployment", "modelmuxer", f"--image={IMAGE}", "--replicas=3")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=60s")
    yield Cluster(kubectl, {"cluster": source})
    # Where a test failed before its repair, others would have no nodes.
    kubectl("uncordon", *NODES)
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


def test_a_deleted_pod_that_does_not_come_back(tmp_path: Path, cluster: Cluster) -> None:
    incident = Incident("a pod is deleted, and no node takes its replacement", "Health Checks", "pods_ready")

    def delete() -> None:
        cluster.kubectl("cordon", *NODES)
        first, *_ = cluster.kubectl("get", "pods", "-o", "name").split()
        cluster.kubectl("delete", first, "--wait=false")

    def repair() -> None:
        cluster.kubectl("uncordon", *NODES)

    with night(tmp_path, cluster.source, {"pods_ready": {}, "healthy": {}}, NAMES) as session:
        go_through(session, incident, delete, repair, "pods ready", "2 of 3 ready", "Unschedulable")


def test_a_rollout_that_is_stuck(tmp_path: Path, cluster: Cluster) -> None:
    incident = Incident("a Deployment is stuck in its rollout", "Deploy Application", "rollout")

    def update() -> None:
        patience = json.dumps({"spec": {"progressDeadlineSeconds": 2}})
        cluster.kubectl("patch", "deploy/modelmuxer", "-p", patience)
        cluster.kubectl("set", "image", "deploy/modelmuxer", f"modelmuxer={WORSE}")

    def undo() -> None:
        cluster.kubectl("rollout", "undo", "deploy/modelmuxer")

    with night(tmp_path, cluster.source, {"rollout": {}}, NAMES) as session:
        go_through(session, incident, update, undo, "rollout", "ImagePullBackOff")
