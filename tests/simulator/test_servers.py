"""Each launcher starts its server for real, stops it, brings it back as it was, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mmcockpit.simulator.ports import PORTS, reserve
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST, ServerFailed, ServerMissing, ServerProcess, accepts, free_port
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import PostgresCluster, PrometheusFactory, ValkeyPair, streaming
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until


class Pocket(ServerProcess):
    """A server of a few lines, for what all servers have in common."""

    name = "pocket"
    start_within_s = PATIENCE_S
    script = """
        import socket, sys
        listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        print("listening", flush=True)
        while True:
            listening.accept()[0].close()
    """

    def command(self) -> list[str]:
        return [sys.executable, "-c", textwrap.dedent(self.script), str(self.port)]


class Broken(Pocket):
    script = "raise SystemExit('no disk today')"


class Deaf(Pocket):
    start_within_s = 0.5
    script = "import time; time.sleep(60)"


class Stubborn(Pocket):
    stop_within_s = 0.2
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + textwrap.dedent(Pocket.script)


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
        return json.load(response)


def has_table(server: Postgres, name: str) -> bool:
    with psycopg.connect(server.dsn) as connection:
        return connection.execute("select to_regclass(%s)", [name]).fetchone() != (None,)


def alive(pid: int) -> bool:
    """Tell whether this process runs; an unreaped zombie does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_server_starts_answers_stops_and_returns_on_its_port(tmp_path: Path) -> None:
    server = Pocket(tmp_path)
    port = server.port
    for _ in range(2):
        with server:
            assert server.running
            assert accepts(port)
            pid = need(server.pid, "a running server has a pid")
        assert not server.running
        assert not accepts(port)
        assert not alive(pid)
    assert server.log.read_text().count("listening") == 2


def test_starting_twice_and_stopping_twice_are_harmless(tmp_path: Path) -> None:
    with Pocket(tmp_path) as server:
        pid = server.pid
        assert server.start().pid == pid
        server.stop()
        server.stop()
        assert server.pid is None


def test_the_error_of_a_server_that_exits_has_its_output(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match=r"pocket: exited with 1; .*pocket\.log ends:\n.*no disk today"):
        Broken(tmp_path).start()


def test_a_server_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    server = Deaf(tmp_path)
    with pytest.raises(ServerFailed, match=r"not ready in 0\.5 s"):
        server.start()
    assert not server.running


def test_a_server_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    with Stubborn(tmp_path) as server:
        pid = need(server.pid, "a running server has a pid")
    assert not alive(pid)


def test_a_frozen_server_can_be_stopped(tmp_path: Path) -> None:
    with Pocket(tmp_path) as server:
        server.freeze()
        began = time.monotonic()
        server.stop()
    assert time.monotonic() - began < server.stop_within_s


def test_free_ports_lie_below_those_of_outgoing_connections() -> None:
    assert free_port() in PORTS
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if ephemeral.exists():
        assert PORTS.stop <= int(ephemeral.read_text().split()[0])


def test_a_port_is_given_to_one_process_until_that_ends() -> None:
    code = "from mmcockpit.simulator.ports import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        taken = int(other.stdout.readline())
        assert not accepts(taken)
        assert not reserve(taken)
        other.kill()
        other.wait()
        assert reserve(taken)
    assert not reserve(taken), "ours by now"


def test_a_missing_binary_is_named_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path))
    assert Prometheus.binary() is None
    with pytest.raises(ServerMissing, match="make servers"):
        Prometheus(tmp_path / "p").start()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that any user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="mmcockpit-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
@pytest.mark.parametrize("launcher", ["valkey.Valkey", "postgres.Postgres"])
def test_a_killed_parent_leaves_no_server_behind(launcher: str, open_folder: Path) -> None:
    module, name = launcher.split(".")
    # Started by a thread that ends at once: it is the process whose death counts.
    program = f"""
        import pathlib, sys, threading
        from mmcockpit.simulator.servers.{module} import {name}
        server = {name}(pathlib.Path(sys.argv[1]))
        thread = threading.Thread(target=server.start)
        thread.start()
        thread.join()
        print(server.pid, server.port, flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), os.fspath(open_folder / "server")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, port = map(int, parent.stdout.readline().split())
        assert alive(pid)
        assert accepts(port)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not alive(pid) and not accepts(port), f"{name} ends after its parent")


def test_postgres_keeps_its_data_in_the_folder_where_it_can(open_folder: Path) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    with Postgres(open_folder / "postgres") as server:
        assert server.data == open_folder / "postgres/data"


def test_postgres_removes_what_it_made_outside_its_folder(tmp_path: Path) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    with Postgres(tmp_path / "postgres") as server:
        data = server.data
        assert data.exists()
    assert data.is_relative_to(tmp_path) or not data.parent.exists()


def test_valkey_keeps_port_and_data_over_a_stop_and_a_crash(tmp_path: Path) -> None:
    need(Valkey.binary(), "no valkey-server")
    with Valkey(tmp_path / "valkey", config={"maxmemory": "64mb"}) as server:
        assert server.ask("SET", "key", "value") == "+OK"
        server.stop()
        assert not accepts(server.port)
        assert server.start().ask("GET", "key") == "value"
        server.kill()
        assert server.start().ask("GET", "key") == "value"
        assert server.ask("CONFIG", "GET", "maxmemory").startswith("*2")
        assert server.url == f"redis://{HOST}:{server.port}/0"


def test_valkey_with_a_password_refuses_strangers_and_feeds_its_replica(tmp_path: Path) -> None:
    need(Valkey.binary(), "no valkey-server")
    with (
        Valkey(tmp_path / "primary", config={"requirepass": "secret"}) as primary,
        Valkey(tmp_path / "replica", replica_of=primary) as replica,
    ):
        primary.ask("SET", "key", "value")
        wait_until(lambda: replica.ask("GET", "key") == "value", "the replica has the key")
        assert ":secret@" in primary.url


def test_a_valkey_replica_follows_its_primary(valkey_pair: ValkeyPair) -> None:
    valkey_pair.primary.ask("SET", "followed", "yes")
    wait_until(lambda: valkey_pair.replica.ask("GET", "followed") == "yes", "the replica has the key")
    assert "role:slave" in valkey_pair.replica.ask("INFO", "replication")


def test_a_valkey_cluster_of_one_owns_all_slots(tmp_path: Path) -> None:
    need(Valkey.binary(), "no valkey-server")
    with Valkey(tmp_path / "cluster", cluster=True) as server:
        assert "cluster_slots_ok:16384" in server.ask("CLUSTER", "INFO")
        server.stop()
        assert "cluster_state:ok" in server.start().ask("CLUSTER", "INFO")


def test_postgres_keeps_port_data_and_password_over_a_stop_and_a_crash(tmp_path: Path) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    server = Postgres(tmp_path / "postgres", settings={"max_connections": "17"})
    with server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("create table kept as select 7 as n")
            assert connection.execute("show max_connections").fetchone() == ("17",)
        for end in (server.stop, server.kill):
            end()
            assert not accepts(server.port)
            server.start()
            with psycopg.connect(server.dsn) as connection:
                assert connection.execute("select n from kept").fetchone() == (7,)
        wrong = server.dsn.replace(server.password, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_postgres_standbys_stream_under_their_names(postgres_cluster: PostgresCluster) -> None:
    wait_until(lambda: streaming(postgres_cluster.primary) == ["replica_a", "replica_b"], "both standbys stream")
    with psycopg.connect(postgres_cluster.primary.dsn, autocommit=True) as primary:
        primary.execute("create table if not exists streamed as select 1 as n")
    for standby in (postgres_cluster.replica_a, postgres_cluster.replica_b):
        wait_until(partial(has_table, standby, "streamed"), "the table has streamed")
        with psycopg.connect(standby.dsn) as connection:
            assert connection.execute("select pg_is_in_recovery()").fetchone() == (True,)


def test_a_standby_that_was_down_catches_up(tmp_path: Path) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    with (
        Postgres(tmp_path / "primary") as primary,
        Postgres(tmp_path / "standby", standby_of=primary) as standby,
    ):
        wait_until(lambda: streaming(primary) == ["standby"], "the standby streams")
        standby.stop()
        wait_until(lambda: streaming(primary) == [], "the primary has noticed")
        standby.start()
        wait_until(lambda: streaming(primary) == ["standby"], "the standby streams again")


def test_prometheus_scrapes_evaluates_backfills_and_alerts(
    prometheus_factory: PrometheusFactory, alertmanager: Alertmanager, http_server: HttpServer
) -> None:
    http_server.answers["/metrics"] = Answer(body="# TYPE load gauge\nload 3\n", headers={"Content-Type": "text/plain"})
    target = f"{HOST}:{http_server.port}"
    rules = "groups: [{name: g, rules: [{alert: Always, expr: 'vector(1)', labels: {severity: page}}]}]"
    hour_ago = int(time.time()) - 3600
    old = "".join(f"old {number} {hour_ago + 15 * number}\n" for number in range(40))
    server = prometheus_factory(
        scrape=(ScrapeJob("app", [target], labels={"zone": "a"}),),
        rules=rules,
        alertmanagers=(alertmanager.url,),
        backfill=f"# TYPE old gauge\n{old}# EOF\n",
    )

    def value(query: str) -> str | None:
        result = get(f"{server.url}/api/v1/query?query={query}")["data"]["result"]
        return result[0]["value"][1] if result else None

    assert value("count_over_time(old[2h])") == "40"
    wait_until(lambda: value("load{job='app',zone='a'}") == "3", "the first scrape")
    wait_until(lambda: bool(get(f"{alertmanager.url}/api/v2/alerts")), "the alert arrives")
    server.stop()
    assert not accepts(server.port)
    server.start()
    wait_until(lambda: value("count_over_time(load[1m])") is not None, "it scrapes again")


def test_prometheus_refuses_an_invalid_backfill(tmp_path: Path) -> None:
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    with pytest.raises(ServerFailed, match="promtool: exited with 1"):
        Prometheus(tmp_path).backfill("not metrics")


def test_alertmanager_returns_on_its_port(tmp_path: Path) -> None:
    need(Alertmanager.binary(), "no prometheus-alertmanager: run `make servers`")
    with Alertmanager(tmp_path) as server:
        server.stop()
        server.start()
        assert get(f"{server.url}/api/v2/status")["cluster"]["status"] == "disabled"
