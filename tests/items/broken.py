"""A production in which everything that is asked for is wrong, on real servers of its own."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.items import broken_cluster
from tests.items.cluster import BROKEN, Kubelet
from tests.items.history import openmetrics
from tests.items.tools import Tools
from tests.items.watching import Pager
from tests.servers.control_plane import ControlPlane
from tests.servers.dns import DnsServer
from tests.servers.http import Answer, HttpServer
from tests.servers.together import Together

OUTSIDE = "127.0.0.3"
"""Where the ports are open that must not be."""
MUST_BE_CLOSED = (5432, 6379, 9090)
RULES = """\
groups:
- name: modelmuxer.rules
  rules:
  - {alert: ModelMuxerDown, expr: 'up{job="modelmuxer"} == 0', labels: {severity: critical}}
  - {alert: ModelMuxerHighErrorRate, expr: 'rate(modelmuxer_requests_total{status="5"}[5m]) > 0.05'}
  - {alert: PostgreSQLDown, expr: 'never_there{job="postgresql"} == 0'}
  - {alert: RedisDown, expr: 'never_there{job="redis"} == 0'}
"""
"""As they are delivered: only some, and most of them on metrics that do not exist."""
CHAT = json.dumps({"error": {"message": "All providers failed", "type": "provider_error", "code": "bad_gateway"}})
ANSWERS = {
    "/health": Answer(500, "Internal Server Error", {"Via": "1.1 varnish"}),
    "/v1/models": Answer(body='{"object": "list", "data": []}', headers={"Content-Type": "application/json"}),
    "/v1/chat/completions": Answer(502, CHAT, {"Content-Type": "application/json"}),
    "/api/health": Answer(body='{"database": "failing"}', headers={"Content-Type": "application/json"}),
    "/api/search": Answer(body="[]"),
    "/api/services": Answer(body='{"data": []}'),
}
SMALL = {"shared_buffers": "128kB", "max_connections": "20", "effective_cache_size": "64kB"}


class BrokenProduction(Together):
    """The servers of a night on which nothing is right."""

    def __init__(self, folder: Path, plane: ControlPlane, kubelet: Kubelet) -> None:
        self.folder, self.plane = folder, plane
        self.kubelet = kubelet
        self.web = HttpServer()
        self.web.answers |= ANSWERS
        self.dns = DnsServer()
        self.alertmanager = Pager(folder / "alertmanager", f"{self.web.url}/hook", receiver="null")
        nobody = [f"{HOST}:{free_port()}"]
        self.prometheus = Prometheus(
            folder / "prometheus",
            scrape=[ScrapeJob(name, nobody) for name in ("modelmuxer", "postgresql", "redis")],
            rules=RULES,
        )
        self.cache = Valkey(folder / "valkey", cluster=True, config={"appendonly": "no"})
        self.primary = Postgres(folder / "primary", settings=SMALL)
        self.standby = Postgres(folder / "standby", standby_of=self.primary, settings=SMALL)
        self.tools = Tools(folder / "tools", folder / "ca.pem", self.web.port)
        super().__init__()

    def _start(self) -> None:
        for server in (self.web, self.dns, self.alertmanager, self.cache):
            self._open.enter_context(server)
        for port in MUST_BE_CLOSED:
            self._open.enter_context(socket.create_server((OUTSIDE, port)))
        self.prometheus.folder.mkdir(parents=True)
        self.prometheus.backfill(openmetrics(Path(__file__).with_name("broken.prom"), time.time()))
        self._open.enter_context(self.prometheus)
        self._start_database()
        self._write_files()
        broken_cluster.apply_broken(self.plane)
        self.kubelet.lines[BROKEN] = ["Traceback (most recent call last):", '{"level": "ERROR", "message": "no"}']

    def _start_database(self) -> None:
        self._open.enter_context(self.primary)
        with psycopg.connect(self.primary.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE big AS SELECT n, repeat('x', 500) FROM generate_series(1, 20000) AS n")
            connection.execute("CREATE INDEX invalid ON big (n)")
            connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invalid'::regclass")
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32))")
            connection.execute("INSERT INTO alembic_version VALUES ('old')")
        self._open.enter_context(self.standby)
        for _ in range(16):
            taken = self._open.enter_context(psycopg.connect(self.standby.dsn, autocommit=True))
        for _ in range(5):
            taken.execute("SELECT count(*) FROM big")

    def _write_files(self) -> None:
        slow = {"metrics": {"http_req_duration": {"p(95)": 9000.0}, "http_req_failed": {"value": 0.5}}}
        long_ago = time.time() - 30 * 86_400
        for name in ("load-test.json", "release-test.json"):
            (self.folder / name).write_text(json.dumps(slow))
            os.utime(self.folder / name, (long_ago, long_ago))
        (self.folder / "success-criteria.json").write_text('{"criteria": [{"name": "no number"}]}')
        (self.folder / "burst-header.txt").write_text("Authorization: Bearer nobody\n")
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "modelmuxer-config"},
            "data": {"A": "1"},
        }
        (self.folder / "config.yaml").write_text(json.dumps(config))
        for name, code in (("gitleaks", 3), ("trivy", 3), ("cosign", 1), ("crane", 0)):
            self.tools.exits(name, code)
        self.tools.prints("gh", "run", '[{"workflowName": "ci", "conclusion": "failure"}]')
        self.tools.prints("gh", "pr", '{"reviewDecision": "CHANGES_REQUESTED"}')
        self.tools.prints("crane", "digest", "sha256:another\n")

    def go_wrong(self) -> None:
        """Let happen what goes wrong after the session has begun."""
        backup = self.folder / "config-backup.yaml"
        backup.write_text("")
        os.utime(backup, (time.time() + 2, time.time() + 2))
        broken_cluster.fail_jobs(self.plane)

    def alert(self) -> None:
        """Fire two alerts and silence one."""
        now = datetime.now(UTC)
        ends = (now + timedelta(hours=1)).isoformat()
        alerts = [
            {"labels": {"alertname": name, "severity": "critical", "pod": "modelmuxer-1"}, "endsAt": ends}
            for name in ("HighMemoryUsage", "SomethingElse")
        ]
        silence = {
            "matchers": [{"name": "alertname", "value": "SomethingElse", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": ends,
            "createdBy": "bo",
            "comment": "no",
        }
        for path, body in (("alerts", alerts), ("silences", silence)):
            url = f"{self.alertmanager.url}/api/v2/{path}"
            httpx.post(url, json=body, trust_env=False).raise_for_status()

    @contextmanager
    def looking_up(self) -> Iterator[None]:
        """Look for keys that are not there, all the time."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.2):
                for number in range(40):
                    self.cache.ask("GET", f"gone:{number}")

        with ThreadPoolExecutor(1) as pool:
            looking = pool.submit(look)
            try:
                yield
            finally:
                done.set()
        looking.result()

    def environment(self) -> dict[str, str]:
        """What the cockpit's own process needs in its environment."""
        return {
            "ITEMS_DSN": self.standby.dsn,
            "ITEMS_KEY": "anything",
            "ITEMS_TEST_KEY": "test-api-key",
            "KUBECONFIG": str(self.plane.kubeconfig),
            "PATH": f"{self.tools.folder}:{os.environ['PATH']}",
        }

    def sources(self) -> dict[str, Any]:
        """The sources of the cockpit file."""
        http = {"kind": "http", "url": self.web.url}
        return {
            "prometheus": {"kind": "prometheus", "url": self.prometheus.url},
            "alertmanager": {"kind": "alertmanager", "url": self.alertmanager.url, "resend_every": "1s"},
            "cluster": {"kind": "kubernetes", "kubeconfig": str(self.plane.kubeconfig), "namespace": BROKEN},
            "cache": {"kind": "redis", "url": self.cache.url, "cluster": True},
            "database": {"kind": "postgres", "dsn": {"env": "ITEMS_DSN"}},
            "api": {**http, "token": {"env": "ITEMS_KEY"}},
            "stranger": {**http, "token": {"env": "ITEMS_TEST_KEY"}},
            "dns": {"kind": "dns", "resolvers": [self.dns.address]},
            "file": {"kind": "file", "root": str(self.folder)},
            "command": {"kind": "command", "cwd": str(self.folder)},
            **dict.fromkeys(("grafana", "logging", "tracing", "status", "runbooks"), http),
        }

    def variables(self) -> dict[str, Any]:
        """The vars of the cockpit file."""
        return {
            **broken_cluster.NAMES,
            "version": "2.4.1",
            "digest": "sha256:0000",
            "tls_host": HOST,
            "tls_port": free_port(),
            "outside_host": OUTSIDE,
            "outside_port": MUST_BE_CLOSED[0],
            **{f"resolver_{n}": self.dns.address for n in (1, 2, 3)},
            "migration": "new",
            "commit": "0123abc",
            "pull_request": "12",
        }
