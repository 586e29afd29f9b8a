"""Everything that the shop has: its site and customers, databases, monitoring, and a namespace of the control plane."""

import secrets
import time
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.together import Together
from tests.servers.wait import wait_until
from tests.shop.history import openmetrics
from tests.shop.objects import NAME, WORKER, document
from tests.shop.site import Customers, Site

RULES = Path(__file__).with_name("rules.yaml")
NAMESPACE = "shop"
READER = "shop_reader"


class World(Together):
    """The shop with all that it needs; `cluster` is shared, everything else is its own.

    `cache_password` and `database_password` are canaries: no file, screen or journal may contain them.
    """

    def __init__(self, folder: Path, cluster: ControlPlane) -> None:
        super().__init__()
        self.folder, self.cluster = folder, cluster
        self.cache_password = f"canary-cache-{secrets.token_hex(8)}"
        self.database_password = f"canary-database-{secrets.token_hex(8)}"
        self.cache = Valkey(folder / "cache", config={"requirepass": self.cache_password, "maxmemory": "64mb"})
        self.database = Postgres(folder / "database")
        self.alertmanager = Alertmanager(folder / "alertmanager")
        self.kubectl: Kubectl = cluster.kubectl(NAMESPACE)

    @property
    def kubeconfig(self) -> Path:
        return self.cluster.kubeconfig

    @property
    def reader_dsn(self) -> str:
        """The DSN of a user that may read what pg_monitor may, password included."""
        return f"postgresql://{READER}:{self.database_password}@{HOST}:{self.database.port}/postgres"

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
        self.cluster.create_namespace(NAMESPACE)
        self._open.callback(self.kubectl.run, "delete", "namespace", NAMESPACE, "--wait=false")
        done = self.kubectl.run_with(document(), "apply", "-f", "-")
        assert done.returncode == 0, done.stderr
        for name in (NAME, WORKER):
            self.kubectl("rollout", "status", f"deploy/{name}", "--timeout=60s")

    def _scraped(self) -> bool:
        return bool(self.query('rate(http_requests_total{job="shop",route="/catalog"}[1m]) > 0'))

    def query(self, text: str) -> list[dict[str, object]]:
        """Return what an instant query finds in Prometheus."""
        body = httpx.get(f"{self.prometheus.url}/api/v1/query", params={"query": text}, trust_env=False).json()
        found: list[dict[str, object]] = body["data"]["result"]
        return found
