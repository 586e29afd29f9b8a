"""Everything that the shop has: its site and customers, databases, monitoring, and a namespace of the control plane."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.items.cluster import Kubelet, serve_metrics
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.together import Together
from tests.servers.wait import wait_until
from tests.shop.history import openmetrics
from tests.shop.objects import NAME, WORKER, Object, autoscaler, objects, previous
from tests.shop.site import Customers, Site

RULES = Path(__file__).with_name("rules.yaml")
NAMESPACE = "shop"
READER = "shop_reader"
METRICS_API = "v1beta1.metrics.k8s.io"
ERROR_SHARE = """\
sum(rate(http_requests_total{job="shop",status=~"5.."}[5m])) / sum(rate(http_requests_total{job="shop"}[5m]))"""
_QUERY = re.compile(rf"^{READER} .*(?:statement|execute [^:]*): (?!begin|commit|rollback|set)", re.M | re.I)
USED_SHARE = 68
"""Usage of the pods in per cent of their request: about the 70 that the autoscaler aims at."""


class World(Together):
    """The shop with all that it needs; `cluster` is shared, everything else is its own."""

    def __init__(self, folder: Path, cluster: ControlPlane) -> None:
        super().__init__()
        self.folder, self.cluster = folder, cluster
        self.cache_password = f"canary-cache-{secrets.token_hex(8)}"
        self.database_password = f"canary-database-{secrets.token_hex(8)}"
        self.cache = Valkey(folder / "cache", config={"requirepass": self.cache_password, "maxmemory": "64mb"})
        logged = {"log_statement": "all", "log_line_prefix": "%u "}
        self.database = Postgres(folder / "database", settings=logged)
        self.alertmanager = Alertmanager(folder / "alertmanager")
        self.kubelet = Kubelet(cluster)
        self.kubectl: Kubectl = cluster.kubectl(NAMESPACE)

    @property
    def kubeconfig(self) -> Path:
        return self.cluster.kubeconfig

    @property
    def canaries(self) -> list[str]:
        """Secrets that no file, screen or journal may contain."""
        return [self.cache_password, self.database_password, *self.cluster.api.tokens.values()]

    @property
    def reader_dsn(self) -> str:
        """The DSN of a user that may read what pg_monitor may, password included."""
        return f"postgresql://{READER}:{self.database_password}@{HOST}:{self.database.port}/postgres"

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Stop the database, let requests fail, and let one pod not be ready; all of it is repaired afterwards."""
        (pod, *_) = self.kubectl.json("pods", "-l", f"app.kubernetes.io/name={NAME}")["items"]
        try:
            self._set_ready(pod["metadata"]["name"], "False")
            self.database.stop()
            self.fail()
            yield
        finally:
            self.site.repair()
            self.database.start()
            self._set_ready(pod["metadata"]["name"], "True")
            self.heal()

    def fail(self) -> None:
        """Let all requests fail: first a few, because the rate of a new series begins with its second sample."""
        self.site.break_it(errors=1.0)
        self.customers.rush(1)
        wait_until(lambda: bool(self.query('http_requests_total{status="500",route="/catalog"}')), "failures scraped")
        self.customers.rush(12)

    def heal(self) -> None:
        """Repair the site, and serve customers until hardly any of its latest requests failed."""
        self.site.repair()

        def healed() -> bool:
            self.customers.rush(50)
            return not self.query(f"{ERROR_SHARE} > 0.04") and not self.query('ALERTS{alertstate="firing"}')

        wait_until(healed, "a small share of errors, and no alert")

    def _set_ready(self, pod: str, status: str) -> None:
        condition = {"type": "Ready", "status": status, "reason": "SetByTheTest"}
        patch = json.dumps({"status": {"conditions": [condition]}})
        self.kubectl("patch", "pod", pod, "--subresource=status", "--type=strategic", "-p", patch)

    def queries(self) -> int:
        """Return how many queries the reader sent to the database so far, transactions around them apart."""
        return len(_QUERY.findall(self.database.log.read_text(encoding="utf-8", errors="replace")))

    def _start(self) -> None:
        for server in (self.cache, self.database, self.alertmanager):
            self._open.enter_context(server)
        self._add_reader()
        self.site = self._open.enter_context(Site(self.folder / "site", self.cache.url, self.database.dsn))
        self.customers = self._open.enter_context(Customers(self.site))
        self.prometheus = self._open.enter_context(self._monitoring())
        self._deploy()
        wait_until(self._scraped, "the shop's metrics are in Prometheus")

    def _add_reader(self) -> None:
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            login = sql.SQL("create role {} login in role pg_monitor password {}")
            connection.execute(login.format(sql.Identifier(READER), sql.Literal(self.database_password)))

    def _monitoring(self) -> Prometheus:
        labels = {"namespace": NAMESPACE, "service": NAME}
        job = ScrapeJob("shop", (self.site.address,), labels=labels)
        server = Prometheus(
            self.folder / "prometheus",
            scrape=(job,),
            rules=RULES.read_text(encoding="utf-8"),
            alertmanagers=(self.alertmanager.url,),
        )
        server.backfill(openmetrics(time.time(), {"job": "shop", "instance": self.site.address, **labels}))
        return server

    def _deploy(self) -> None:
        """Release twice, so that there is a revision to go back to; the autoscaler reads the second one's usage."""
        self._open.enter_context(self.kubelet)
        self.kubelet.share[NAMESPACE] = USED_SHARE
        serve_metrics(self.cluster, self.kubelet)
        self.cluster.create_namespace(NAMESPACE)
        self._open.callback(self.kubectl.run, "delete", "namespace", NAMESPACE, "--wait=false")
        self._apply(previous())
        wait_until(lambda: self.kubectl("get", "rs", "-o", "name").count("shop") == 2, "the first revisions")
        self._apply(objects())
        for name in (NAME, WORKER):
            self.kubectl("rollout", "status", f"deploy/{name}", "--timeout=120s")
        self.kubectl("wait", "--for=condition=Available", f"apiservice/{METRICS_API}", "--timeout=120s")
        self.kubectl.apply(autoscaler())
        self.kubectl("wait", "--for=condition=ScalingActive", f"hpa/{NAME}", "--timeout=120s")

    def _apply(self, items: list[Object]) -> None:
        self.kubectl.apply({"apiVersion": "v1", "kind": "List", "items": items})

    def _scraped(self) -> bool:
        return bool(self.query('rate(http_requests_total{job="shop",route="/catalog"}[1m]) > 0'))

    def query(self, text: str) -> list[dict[str, object]]:
        """Return what an instant query finds in Prometheus."""
        body = httpx.get(f"{self.prometheus.url}/api/v1/query", params={"query": text}, trust_env=False).json()
        found: list[dict[str, object]] = body["data"]["result"]
        return found
