"""Incidents on real servers, as the shipped checklist sees them: item, advice, recovery, delay in polls.

`pytest tests/e2e/test_incidents.py -rP` prints what happened. Every signal is asked each half second, with the
persistence it is shipped with. An item with a hold goes from holding `[~]` to bad `[!]`, one without from good `[+]` to
regressed `[R]`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mmcockpit.core.state import State
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import PostgresCluster, streaming
from tests.e2e.incidents import Incident, go_through, night
from tests.servers.http import HttpServer
from tests.servers.needs import need
from tests.servers.tls import TlsServers
from tests.servers.wait import wait_until

pytestmark = pytest.mark.server
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
    wait_until(lambda: streaming(small_cluster.primary) == ["replica_a", "replica_b"], "both standbys stream", 60)
    monkeypatch.setenv("E2E_DSN", small_cluster.primary.dsn)
    return {"database": {"kind": "postgres", "dsn": {"env": "E2E_DSN"}}}


@pytest.mark.xdist_group("small-cluster")
def test_connections_that_fill_up(tmp_path: Path, small_cluster: PostgresCluster, database: dict[str, Any]) -> None:
    incident = Incident("connections of PostgreSQL fill up", "Database Connectivity", "pg_connections")
    with night(tmp_path, database, {"pg_connections": {}}) as session, ExitStack() as taken:

        def fill() -> None:
            for _ in range(MOST_CONNECTIONS - 2):
                taken.enter_context(psycopg.connect(small_cluster.primary.dsn))

        go_through(session, incident, fill, taken.close, "pg connections", "not value.share < 0.9")


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
            go_through(session, incident, *deeds, "certificate has expired", "not value.verified")
