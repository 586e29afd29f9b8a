"""The process behind the demo: its line comes fast, its servers answer, and it leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, LiteralString
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import psycopg
import pytest
import redis

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.prometheus import Prometheus
from tests.programs.forked import Program
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until
from tests.simulator.questions import ERROR_SHARE, RPS

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("simulated-production")]
COMMAND = (sys.executable, "-m", "mmcockpit.simulator")
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
FIELDS = (
    *(
        "prometheus",
        "alertmanager",
        "api",
        "api_tls",
        "ca",
        "kubernetes",
        "kubeconfig",
        "namespace",
        "redis",
        "redis_replica",
    ),
    *("postgres", "old_version", "version", "started"),
)
LINE_COSTS_S = 2.0
"""Processor time until the line; the goal is 0.4 s. Wall time depends more on how busy the machine is."""


class Production:
    """A simulator as a child process; `start` is what starts it: `Program` saves the time of its imports."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        start: type[subprocess.Popen[Any]] = Program,
    ) -> None:
        self.errors = folder / "stderr.txt"
        environment = {**os.environ, "TMPDIR": str(folder), **(environment or {})}
        with self.errors.open("wb") as errors:
            self.child = start(
                [*COMMAND, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        assert self.child.stdout
        self.addresses: dict[str, Any] = json.loads(self.child.stdout.readline())
        self.line_cost_s = processor_seconds(self.child.pid)

    def get(self, where: str, path: str = "", **given: object) -> Any:
        url = f"{self.addresses[where]}{path}" + (f"?{urlencode(given)}" if given else "")
        with build_opener(ProxyHandler({})).open(url, timeout=PATIENCE_S) as response:
            return json.load(response)

    def query(self, text: str) -> list[Any]:
        found: list[Any] = self.get("prometheus", "/api/v1/query", query=text)["data"]["result"]
        return found

    def errors_over(self, limit: float) -> bool:
        """Whether more than this share of the chats fails."""
        found = self.query(ERROR_SHARE)
        return bool(found) and float(found[0]["value"][1]) > limit

    def kubectl(self, *words: str) -> str:
        environment = {**os.environ, "KUBECONFIG": self.addresses["kubeconfig"], "HOME": str(self.errors.parent)}
        command = [str(KUBECTL), "-n", self.addresses["namespace"], *words]
        return subprocess.run(
            command, env=environment, text=True, capture_output=True, timeout=PATIENCE_S, check=True
        ).stdout

    def answers(self, where: str, path: str) -> bool:
        try:
            with build_opener(ProxyHandler({})).open(f"{self.addresses[where]}{path}", timeout=5):
                return True
        except OSError:
            return False

    def cache_answers(self) -> bool:
        """Whether the cache takes commands."""
        with redis.Redis.from_url(self.addresses["redis"]) as cache:
            try:
                return bool(cache.ping())
            except redis.ConnectionError:
                return False

    def database_answers(self) -> bool:
        try:
            with psycopg.connect(self.addresses["postgres"]) as connection:
                return connection.execute("SELECT version_num FROM alembic_version").fetchone() is not None
        except psycopg.Error:
            return False

    def end(self) -> int:
        assert self.child.stdin
        assert self.child.stdout
        self.child.stdin.close()
        try:
            return self.child.wait(PATIENCE_S)
        finally:
            self.child.kill()
            self.child.wait()
            self.child.stdout.close()


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process took so far, 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processes_naming(text: str) -> list[int]:
    """The living processes whose command line holds a text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if text.encode() in words and state != "Z":
                found.append(int(entry.name))
    return found


def programs_below(pid: int) -> set[str]:
    """Return the names of the programs that a process started, directly or not."""
    names: set[str] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0]
            names |= {Path(os.fsdecode(command)).name, *programs_below(int(child))}
    return names


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    production = Production(folder, "--scenario", "quiet", "--seed", "5", start=subprocess.Popen)
    try:
        yield production
    finally:
        production.end()


def test_the_line_comes_fast_and_names_everything(production: Production) -> None:
    assert production.line_cost_s < LINE_COSTS_S
    assert set(FIELDS) <= production.addresses.keys()


def test_every_server_answers(production: Production) -> None:
    wait_until(lambda: production.answers("api", "/health/ready"), "the API answers")
    wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus is ready")
    wait_until(lambda: production.answers("alertmanager", "/-/ready"), "Alertmanager is ready")
    wait_until(production.database_answers, "the database has its schema")
    wait_until(Path(production.addresses["kubeconfig"]).exists, "the kubeconfig is written")
    assert f"server: {production.addresses['kubernetes']}\n" in Path(production.addresses["kubeconfig"]).read_text()
    assert Path(production.addresses["ca"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    with redis.Redis.from_url(production.addresses["redis_replica"]) as replica:
        assert replica.info("replication")["role"] == "slave"


def test_at_speed_1_the_real_prometheus_and_alertmanager_run(production: Production) -> None:
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus is ready")
    build = production.get("prometheus", "/api/v1/status/buildinfo")["data"]
    programs = programs_below(production.child.pid)
    assert build["goVersion"].startswith("go"), "the computed API is no Go program"
    assert "prometheus" in programs
    assert ("prometheus-alertmanager" in programs or "alertmanager" in programs) == (Alertmanager.binary() is not None)


def test_a_real_prometheus_sends_its_alerts_to_a_computed_alertmanager(tmp_path: Path) -> None:
    """On a machine that has a Prometheus and no Alertmanager."""
    found = need(Prometheus.binary(), "no prometheus: run `make servers`")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("prometheus", "promtool"):
        (programs / name).symlink_to(found.parent / name)
    data = tmp_path / "data"
    data.mkdir()
    environment = {"PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "empty")}
    production = Production(data, "--scenario", "quiet", environment=environment)
    try:
        wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus is ready")
        wait_until(lambda: production.answers("alertmanager", "/-/ready"), "Alertmanager is ready")
        running = programs_below(production.child.pid)
        assert "prometheus" in running
        assert not any("alertmanager" in name for name in running)
        url = f"{production.addresses['alertmanager']}/api/v2/alerts"

        def managers() -> list[str]:
            active = production.get("prometheus", "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
            return [manager["url"] for manager in active]

        wait_until(lambda: managers() == [url], "Prometheus sends its alerts there")
    finally:
        production.end()


def test_every_target_is_scraped_beside_two_hours_of_history(production: Production) -> None:
    wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus is ready")

    def healthy() -> bool:
        targets = production.get("prometheus", "/api/v1/targets")["data"]["activeTargets"]
        return len(targets) == 8 and {target["health"] for target in targets} == {"up"}

    wait_until(healthy, "all targets are up")
    now = time.time()
    given = {"query": "sum(rate(http_requests_total[1m]))", "start": now - 7000, "end": now, "step": 60}
    values = production.get("prometheus", "/api/v1/query_range", **given)["data"]["result"][0]["values"]
    assert len(values) > 115
    assert all(20.0 < float(value) < 100.0 for _, value in values)


def test_the_cache_is_looked_up_and_the_database_has_clients(production: Production) -> None:
    wait_until(production.cache_answers, "the cache is up")
    with redis.Redis.from_url(production.addresses["redis"]) as cache:
        wait_until(lambda: cache.info("stats")["keyspace_hits"] > 30, "look-ups hit")
        assert cache.info("stats")["instantaneous_ops_per_sec"] < 500
    wait_until(production.database_answers, "the database has its schema")
    with psycopg.connect(production.addresses["postgres"], autocommit=True) as connection:

        def count(query: LiteralString) -> int:
            row = connection.execute(query).fetchone()
            assert row
            return int(row[0])

        clients = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'modelmuxer'"
        wait_until(lambda: count(clients) >= 4, "the application is connected")
        standbys = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        wait_until(lambda: count(standbys) == 2, "two standbys stream")


@pytest.mark.parametrize("how", ["stdin", "SIGTERM", "SIGINT", "SIGHUP"])
def test_it_ends_in_order_and_removes_its_folder(how: str, tmp_path: Path) -> None:
    production = Production(tmp_path)
    folder = str(Path(production.addresses["ca"]).parent)
    if how == "stdin":
        # In the middle of starting.
        assert production.end() == 0
    else:
        wait_until(production.database_answers, "it is up")
        production.child.send_signal(signal.Signals[how])
        assert production.child.wait(PATIENCE_S) == 0
        production.end()
    assert not Path(folder).exists()
    assert processes_naming(folder) == []
    assert production.errors.read_text() == ""


PARENT = """
    import subprocess, sys, time
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    print(child.pid, child.stdout.readline().decode(), flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("victim", ["parent", "simulator"])
def test_nothing_stays_behind_after_kill_9(victim: str, passable_folder: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(PARENT), *COMMAND, "--folder", str(passable_folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout
            pid, _, line = parent.stdout.readline().decode().partition(" ")
            folder = str(Path(json.loads(line)["ca"]).parent)
            wait_until(lambda: len(processes_naming(folder)) >= 5, "servers run")
            os.kill(parent.pid if victim == "parent" else int(pid), signal.SIGKILL)
            wait_until(lambda: not [p for p in processes_naming(folder) if p != parent.pid], "all have ended")
        finally:
            parent.kill()


@pytest.fixture
def passable_folder() -> Iterator[Path]:
    """A folder that the unprivileged user of the database can reach, so that its data is in there too."""
    folder = Path(tempfile.mkdtemp(prefix="mmcockpit-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_sped_up_it_computes_the_apis_itself(tmp_path: Path) -> None:
    production = Production(tmp_path, "--scenario", "gradual", "--speed", "60")
    try:
        wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus answers")
        assert 20.0 < float(production.query(RPS)[0]["value"][1]) < 100.0
        with pytest.raises(HTTPError, match="422"):
            production.query("deriv(http_requests_total[5m])")
        wait_until(lambda: bool(production.get("alertmanager", "/api/v2/alerts")), "an alert fires")
    finally:
        production.end()


def test_the_incident_ends_when_the_deployment_is_rolled_back(tmp_path: Path) -> None:
    production = Production(tmp_path, "--scenario", "gradual", "--speed", "60")
    try:
        wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus answers")
        wait_until(lambda: production.errors_over(0.055), "the incident is at its height")
        bad = f"release {production.addresses['version']}"
        assert bad in production.kubectl("rollout", "history", "deploy/modelmuxer").splitlines()[-2]
        assert production.errors_over(0.055)
        production.kubectl("rollout", "undo", "deploy/modelmuxer", "--to-revision=2")
        production.kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
        wait_until(lambda: not production.errors_over(0.005), "the errors are gone")
        wait_until(lambda: not production.get("alertmanager", "/api/v2/alerts"), "the alert has ended")
        restarts = production.query('kube_pod_container_status_restarts_total{pod=~"modelmuxer-.*"}')
        assert {sample["value"][1] for sample in restarts} == {"0"}
    finally:
        production.end()


def test_an_interrupted_prometheus_comes_back(tmp_path: Path) -> None:
    # It is silent for two minutes, after the first 90 seconds: long enough to be seen on a busy machine.
    production = Production(tmp_path, "--scenario", "blind", "--speed", "12")
    try:
        wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus answers")
        wait_until(lambda: not production.answers("prometheus", "/-/ready"), "Prometheus is silent")
        wait_until(lambda: production.answers("prometheus", "/-/ready"), "Prometheus answers again")
    finally:
        production.end()
