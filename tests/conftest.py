"""Real servers as fixtures. Those of session scope are shared: tests leave them running and clean up their own data.

A test that stops, freezes or kills a server starts one of its own from the same launcher.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import ServerProcess
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.servers.control_plane import PROGRAMS, ControlPlane
from tests.servers.go_programs import kubernetes_program
from tests.servers.http import HttpServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.loki.server import Loki, require_loki
from tests.servers.needs import need
from tests.servers.tls import TlsServers
from tests.servers.wait import PATIENCE_S, wait_until

# Where compiled files are forbidden, every start of mmcockpit compiles all that it imports: a second each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# No two workers, nor what they start, may choose the same port.
os.environ.setdefault("MMCOCKPIT_PORTS", f"{tempfile.gettempdir()}/mmcockpit-ports-{os.getuid()}")

# A machine that runs five tests at once may take long to start a server.
ServerProcess.start_within_s = PATIENCE_S

# How long an example takes depends more on the machine than on the code.
settings.register_profile("mmcockpit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mmcockpit")

# What is made while tests are collected lives until the end: no search for garbage has to look at it.
gc.disable()

# Tests of one group run in one worker, so that not every worker starts the expensive servers; the dearest first.
GROUPS = {
    "control_plane": "control-plane",
    "kube_apiserver": "kube-apiserver",
    "postgres_cluster": "postgres",
    "postgres": "postgres",
    "loki_server": "loki",
}
APART = {
    "tests/items": "items",
    "tests/shipping": "shipping",
    "tests/shop": "shop",
    "tests/spellings": "spellings",
    "share/postgres": "share-postgres",
}
"""Folders of tests whose group is one of their own: together with the others of it, it would take the longest."""

SERVERS = frozenset(
    {*GROUPS, "valkey", "valkey_pair", "prometheus_factory", "alertmanager", "tls_servers", "http_server"}
)


LONGEST_ID = 200
"""Characters of a test's id: every worker reports every id, and some texts of tests have millions of characters."""


def pytest_make_parametrize_id(val: object) -> str | None:
    text = val.decode("latin-1") if isinstance(val, bytes) else val
    return f"{text[:LONGEST_ID]}…{len(text)}" if isinstance(text, str) and len(text) > LONGEST_ID else None


def pytest_xdist_auto_num_workers() -> int:
    """Tests wait for servers, programs and dialogs most of their time: five of them at once keep two cores busy."""
    return max(5, os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        used = SERVERS.intersection(getattr(item, "fixturenames", ()))
        if used:
            item.add_marker(pytest.mark.server)
        own = APART.get("/".join(item.path.parent.parts[-2:]))
        groups = [own] if own else [group for name, group in GROUPS.items() if name in used]
        if groups and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(groups[0]))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the servers of a group behind its last test in a worker: an idle cluster takes processor time to the end."""
    if nextitem is None or not isinstance(item, pytest.Function) or _group(item) in ("", _group(nextitem)):
        return
    for name in GROUPS:
        for fixture in item.session._fixturemanager.getfixturedefs(name, item) or ():
            if fixture.scope == "session":
                fixture.finish(item._request)  # type: ignore[arg-type]


def _group(item: pytest.Item) -> str:
    """Return the group of a test that xdist keeps in one worker, and whose name it appends to the test's id."""
    group = item.nodeid.rpartition("@")[2]
    return group if group in GROUPS.values() else ""


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    need(Valkey.binary(), "no valkey-server")
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


class ValkeyPair(NamedTuple):
    primary: Valkey
    replica: Valkey


@pytest.fixture(scope="session")
def valkey_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyPair]:
    need(Valkey.binary(), "no valkey-server")
    folder = tmp_path_factory.mktemp("valkey-pair")
    with Valkey(folder / "primary") as primary, Valkey(folder / "replica", replica_of=primary) as replica:
        # Its first acknowledgement comes up to a second after its link is up.
        wait_until(lambda: "state=online" in primary.ask("INFO", "replication"), "the replica is online")
        yield ValkeyPair(primary, replica)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    need(Postgres.binaries(), "no PostgreSQL server")
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


class PostgresCluster(NamedTuple):
    """Standbys stream under the application names replica_a and replica_b."""

    primary: Postgres
    replica_a: Postgres
    replica_b: Postgres


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    need(Postgres.binaries(), "no PostgreSQL server")
    folder = tmp_path_factory.mktemp("postgres-cluster")
    with ExitStack() as stack:
        primary = stack.enter_context(Postgres(folder / "primary"))
        standbys = [Postgres(folder / name, standby_of=primary) for name in PostgresCluster._fields[1:]]
        cluster = PostgresCluster(primary, *map(stack.enter_context, standbys))
        wait_until(lambda: streaming(primary) == ["replica_a", "replica_b"], "both standbys stream")
        yield cluster


def streaming(primary: Postgres) -> list[str]:
    """Return the application names of the standbys that stream from this primary, sorted."""
    with psycopg.connect(primary.dsn) as connection:
        rows = connection.execute("select application_name from pg_stat_replication where state = 'streaming'")
        return sorted(name for (name,) in rows)


PrometheusFactory = Callable[..., Prometheus]


@pytest.fixture
def prometheus_factory(tmp_path: Path) -> Iterator[PrometheusFactory]:
    """Return a function that starts a Prometheus of this test: the launcher's keywords, and `backfill` text."""
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    with ExitStack() as stack:

        def start(
            scrape: tuple[ScrapeJob, ...] = (),
            rules: str | None = None,
            alertmanagers: tuple[str, ...] = (),
            backfill: str | None = None,
        ) -> Prometheus:
            folder = tmp_path / f"prometheus-{len(list(tmp_path.glob('prometheus-*')))}"
            server = Prometheus(folder, scrape=scrape, rules=rules, alertmanagers=alertmanagers)
            if backfill:
                server.backfill(backfill)
            return stack.enter_context(server)

        yield start


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    need(Alertmanager.binary(), "no prometheus-alertmanager: run `make servers`")
    with Alertmanager(tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


@pytest.fixture(scope="session")
def loki_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loki]:
    """Give a Loki that all tests share: each has a tenant of its own."""
    require_loki()
    with Loki(tmp_path_factory.mktemp("loki")) as server:
        yield server


@pytest.fixture(scope="session")
def tls_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServers]:
    with TlsServers(tmp_path_factory.mktemp("tls")) as servers:
        yield servers


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


class KubernetesApi(Protocol):
    """What the real API server and the simulated one have in common."""

    @property
    def kubeconfig(self) -> Path: ...
    @property
    def url(self) -> str: ...


@pytest.fixture(scope="session")
def kube_apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApiserver]:
    need(kubernetes_program("kube-apiserver"), "no kube-apiserver: run `make kubernetes`")
    with KubeApiserver(tmp_path_factory.mktemp("kube-apiserver")) as server:
        yield server


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Give a cluster with the real controllers and scheduler, and three simulated nodes."""
    yield from started_plane(tmp_path_factory)


def started_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Start a cluster for a fixture."""
    for program in PROGRAMS:
        need(kubernetes_program(program), f"no {program}: run `make kubernetes`")
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as cluster:
        yield cluster


@pytest.fixture(
    scope="session",
    params=[
        "simulator",
        pytest.param("real", marks=[pytest.mark.server, pytest.mark.xdist_group("kube-apiserver")]),
    ],
)
def kubernetes_api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesApi]:
    """Give a Kubernetes API; every test that asks for it runs against the simulator and against the real one."""
    if request.param == "real":
        yield request.getfixturevalue("kube_apiserver")
    else:
        simulator = import_module("mmcockpit.simulator.kubernetes.server")
        with simulator.SimulatedKubernetes(tmp_path_factory.mktemp("kubernetes")).in_thread() as simulated:
            yield simulated
