"""A whole production in which nothing is wrong, on real servers, and the cockpit file that asks it everything."""

import gc
import json
import os
import socket
import ssl
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import trustme

from mmcockpit.simulator.caches import Caches
from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.database import SimulatedDatabase
from mmcockpit.simulator.keys import API_KEY, TEST_KEYS
from mmcockpit.simulator.kubernetes.production.modelmuxer import image_of
from mmcockpit.simulator.monitoring import scrape_jobs
from mmcockpit.simulator.production import SLOTS, World
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.history import openmetrics
from mmcockpit.simulator.prometheus.rules import rule_file
from mmcockpit.simulator.prometheus.series import ScrapeTarget
from mmcockpit.simulator.scenarios import SCENARIOS
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus
from tests.items import cluster
from tests.items.application import Application, Mood
from tests.items.loop import Loop
from tests.items.tools import Tools
from tests.items.watching import Exporters, Pager
from tests.servers.control_plane import ControlPlane
from tests.servers.dns import DnsServer, silent
from tests.servers.http import Answer, HttpServer
from tests.servers.together import Together

HOSTS = ("api.modelmuxer.com", "modelmuxer.com", "www.modelmuxer.com")
OUTSIDE = "127.0.0.2"
"""A host on which nothing listens at the ports that must be closed."""
TARGET = "203.0.113.10"
BURST_KEY = "mm-throw-away-key"
DASHBOARDS = [{"uid": "modelmuxer-obsv"}, {"uid": "modelmuxer-cost"}, {"title": "ModelMuxer Overview"}]
AROUND: Mapping[str, Answer] = {
    "/api/health": Answer(body='{"database": "ok"}', headers={"Content-Type": "application/json"}),
    "/api/search": Answer(body=json.dumps(DASHBOARDS)),
    "/ready": Answer(body="ready\n"),
    "/api/services": Answer(body='{"data": ["modelmuxer"]}'),
    "/": Answer(body="ok"),
    "/hook": Answer(),
}
"""Grafana, log store, tracer, status page, runbooks and the pager's webhook."""
LOAD_TEST = {"metrics": {"http_req_duration": {"p(95)": 900.0}, "http_req_failed": {"value": 0.001}}}
CRITERIA = {"criteria": [{"name": "5xx share", "target": "< 1 %", "window": "5m"}]}


def rules() -> str:
    """The rules of the simulated production, and one that a test lets fire at once."""
    document: dict[str, Any] = json.loads(rule_file())
    rule = {"alert": "NightTest", "expr": "node_boot_time_seconds == 0", "labels": {"severity": "critical"}}
    document["groups"].append({"name": "tests", "rules": [rule]})
    return json.dumps(document)


class BusyCaches(Caches):
    """Enough look-ups a second for a hit rate every second."""

    def _commands(self, turn: int) -> list[str]:
        made: list[str] = []
        for part in range(8):
            made += super()._commands(8 * turn + part)
        return made


class Production(Together):
    """The servers of a good go-live night; `sources` and `variables` belong in a cockpit file."""

    def __init__(self, folder: Path, plane: ControlPlane) -> None:
        self.folder, self.plane = folder, plane
        folder.chmod(0o755)
        assert isinstance(SCENARIOS, dict)
        SCENARIOS["calm"] = ()
        self.world = World(7, "calm", WorldClock(time.time()))
        self.loop = Loop()
        self._authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self.ca)
        keys = (API_KEY, BURST_KEY)
        self.api = Application(self.loop, self.world, keys, self.context())
        self.pods = [Application(self.loop, self.world, keys, slot=slot) for slot in range(SLOTS)]
        self.exporters = Exporters(self.world)
        self.around = HttpServer()
        self.around.answers |= AROUND
        self.dns = DnsServer()
        self.alertmanager = Pager(folder / "alertmanager", f"{self.around.url}/hook")
        self.prometheus = Prometheus(
            folder / "prometheus",
            scrape=[*scrape_jobs(self.targets)],
            rules=rules(),
            alertmanagers=(self.alertmanager.url,),
        )
        self.caches = BusyCaches(folder, self.world)
        self.database = SimulatedDatabase(folder, self.world)
        self.kubelet = cluster.Kubelet(plane)
        self.tools = Tools(folder / "tools", self.ca, self.api.port)
        super().__init__()

    def context(self, *names: str) -> ssl.SSLContext:
        """The TLS context of a server with these names, all public ones without any."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*(names or (*HOSTS, HOST, "localhost"))).configure_cert(made)
        return made

    @property
    def targets(self) -> list[ScrapeTarget]:
        """What Prometheus scrapes."""
        found = [
            ScrapeTarget("modelmuxer", f"{HOST}:{pod.port}", "/metrics/prometheus", slot)
            for slot, pod in enumerate(self.pods)
        ]
        return [*found, *(ScrapeTarget(job, f"{HOST}:{self.exporters.port}", f"/{job}") for job in EXPORTERS)]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        with warnings.catch_warnings(action="ignore"):
            # What the end of the servers cut off.
            gc.collect()

    def _start(self) -> None:
        self._open.enter_context(self.loop)
        for server in (self.exporters, self.around, self.dns, self.kubelet):
            self._open.enter_context(server)
        for application in (self.api, *self.pods):
            application.start()
            self._open.callback(application.stop)
        for name in HOSTS:
            self.dns.records[f"{name}.", "A"] = (60, [TARGET])
        self._outside = self._open.enter_context(socket.create_server((OUTSIDE, 0)))
        self._write_files()
        self._say_tools()
        with ThreadPoolExecutor() as pool:
            parts = [pool.submit(part) for part in (self._start_cluster, self._start_backends, self._start_watching)]
        for part in parts:
            part.result()

    def _start_cluster(self) -> None:
        self._open.callback(lambda: self.forbid())
        cluster.serve_metrics(self.plane, self.kubelet)
        self.kubelet.lines[cluster.GOOD] = ['{"level": "INFO", "message": "served"}', "plain line"]
        self.kubectl = cluster.apply_good(self.plane)
        cluster.await_ready(self.kubectl)
        (self.folder / "config.yaml").write_text(self.kubectl("get", "configmap", "modelmuxer-config", "-o", "yaml"))

    def _start_backends(self) -> None:
        self._open.callback(lambda: self.loop.do(self.caches.stop()))
        self.loop.do(self.caches.start())
        self.loop.begin(self.caches.load())
        self._open.callback(lambda: self.loop.do(self.database.stop()))
        self.loop.do(self.database.start())
        self.loop.do(self.database.start_standbys())
        self.loop.begin(self.database.load())

    def _start_watching(self) -> None:
        self._open.enter_context(self.alertmanager)
        self.prometheus.folder.mkdir(parents=True, exist_ok=True)
        self.prometheus.backfill(openmetrics(self.world, self.targets))
        self._open.enter_context(self.prometheus)

    def _write_files(self) -> None:
        for name, value in (
            ("load-test.json", LOAD_TEST),
            ("release-test.json", LOAD_TEST),
            ("success-criteria.json", CRITERIA),
        ):
            (self.folder / name).write_text(json.dumps(value))
        (self.folder / "burst-header.txt").write_text(f"Authorization: Bearer {BURST_KEY}\n")

    def _say_tools(self) -> None:
        digest = image_of(cluster.VERSION).partition("@")[2]
        runs = [{"workflowName": name, "conclusion": "success"} for name in ("ci", "test")]
        self.tools.prints("gh", "run", json.dumps(runs))
        self.tools.prints("gh", "pr", json.dumps({"reviewDecision": "APPROVED"}))
        self.tools.prints("crane", "digest", f"{digest}\n")

    def allow(self) -> None:
        """Let the user of the context `stranger` do everything in the cluster."""
        role = ("--clusterrole=cluster-admin", "--user=stranger")
        self.kubectl.run("create", "clusterrolebinding", "tests-items", *role)

    def forbid(self) -> None:
        """Let it do nothing again."""
        self.kubectl("delete", "clusterrolebinding", "tests-items", "--ignore-not-found")

    def find_nodes(self) -> None:
        """Do what kubelets do when they are back, and kwok does not: report their address, and their pods as ready.

        The pods that the node controller marked as not ready are replaced.
        """
        self.plane.wait_for_nodes()
        cluster.reach_kubelets(self.plane, self.kubelet)
        for namespace in (cluster.GOOD, "ingress-nginx"):
            self.plane.kubectl(namespace)("delete", "pods", "--field-selector=status.phase=Running", "--wait=false")

    def back_up(self) -> None:
        """Make what the go-live makes after the session has begun: both backups and the migration."""
        backup = self.folder / "config-backup.yaml"
        backup.write_text("kind: List\n")
        # Seconds count: it must not be of the very second in which the session began.
        os.utime(backup, (time.time() + 2, time.time() + 2))
        for name in ("pre-cutover-1", "migration-job-1"):
            self.kubectl.apply(cluster.job(name, cluster.GOOD))

    @contextmanager
    def silent(self) -> Iterator[Path]:
        """Let nothing give a complete result; return an empty folder for PATH."""
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        for name in ("load-test.json", "release-test.json", "success-criteria.json", "config-backup.yaml"):
            file = self.folder / "loops" / name
            file.parent.mkdir(exist_ok=True)
            file.symlink_to(file)
        frozen = (self.prometheus, self.alertmanager, self.caches.primary, self.database.primary)
        answers = dict(self.around.answers)
        try:
            for server in frozen:
                server.freeze()
            self.api.mood, self.dns.twist = Mood.HALF, silent
            for path, answer in answers.items():
                self.around.answers[path] = replace(answer, body=b"x" * 100, truncated_to=10)
            yield empty
        finally:
            for server in frozen:
                server.thaw()
            self.api.mood, self.dns.twist = Mood.GOOD, None
            self.around.answers |= answers

    def silent_sources(self) -> dict[str, Any]:
        """The sources of a cockpit file that gets no answer while all is silent: a stranger to the cluster, for one."""
        made = self.sources()
        made["cluster"]["context"] = "stranger"
        made["file"]["root"] = str(self.folder / "loops")
        return made

    def environment(self) -> dict[str, str]:
        """What the cockpit's own process needs in its environment."""
        return {
            "ITEMS_DSN": self.database.dsn,
            "ITEMS_KEY": API_KEY,
            "ITEMS_TEST_KEY": TEST_KEYS[0],
            "KUBECONFIG": str(self.plane.kubeconfig),
            "PATH": f"{self.tools.folder}:{os.environ['PATH']}",
        }

    def sources(self) -> dict[str, Any]:
        """The sources of the cockpit file."""
        http = {"kind": "http", "url": self.api.url, "ca": str(self.ca)}
        around = {"kind": "http", "url": self.around.url}
        return {
            "prometheus": {"kind": "prometheus", "url": self.prometheus.url},
            "alertmanager": {"kind": "alertmanager", "url": self.alertmanager.url, "resend_every": "2s"},
            "cluster": {"kind": "kubernetes", "kubeconfig": str(self.plane.kubeconfig), "namespace": cluster.GOOD},
            "cache": {"kind": "redis", "url": self.caches.primary.url},
            "database": {"kind": "postgres", "dsn": {"env": "ITEMS_DSN"}},
            "api": {**http, "token": {"env": "ITEMS_KEY"}},
            "stranger": {**http, "token": {"env": "ITEMS_TEST_KEY"}},
            "dns": {"kind": "dns", "resolvers": [self.dns.address]},
            "file": {"kind": "file", "root": str(self.folder)},
            "command": {"kind": "command", "cwd": str(self.folder)},
            **dict.fromkeys(("grafana", "logging", "tracing", "status", "runbooks"), around),
        }

    def variables(self) -> dict[str, Any]:
        """The vars of the cockpit file."""
        image = image_of(cluster.VERSION)
        return {
            "namespace": cluster.GOOD,
            "version": cluster.VERSION,
            "image": image.partition(":")[0],
            "digest": image.partition("@")[2],
            "ready_path": "/health",
            "startup_path": "/health",
            "tls_host": HOST,
            "tls_port": self.api.port,
            "outside_host": OUTSIDE,
            "outside_port": self._outside.getsockname()[1],
            "target": TARGET,
            **{f"resolver_{n}": self.dns.address for n in (1, 2, 3)},
            "pg_shared_buffers": 16 * 1024 * 1024,
            "commit": "0123abc",
            "pull_request": "12",
        }
