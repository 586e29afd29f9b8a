"""`init --discover` where something is down, refused, too short or too much: the reason is in the file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote_plus

import httpx
import pytest

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from tests.conftest import PrometheusFactory
from tests.discovery.command import Program
from tests.discovery.metrics import SHOP_PAGE, Backfill
from tests.servers.http import Answer, HttpServer, Received
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until
from tests.sources.responses import sampled

ERRORS = {"200": 20.0, "500": 1.0}


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a Prometheus with one hour of samples and an alert that fires for the next 50 minutes."""
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    rules = """
groups:
  - name: shop
    rules:
      - {alert: Busy, expr: 'sum(rate(http_requests_total{job="shop"}[1h])) > 0.1', labels: {severity: warning}}
      - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
"""
    scraped = HttpServer()
    scraped.answers["/metrics"] = Answer(body=SHOP_PAGE, headers={"Content-Type": "text/plain"})
    job = ScrapeJob("shop", [f"{HOST}:{scraped.port}"])
    server = Prometheus(tmp_path_factory.mktemp("young"), rules=rules, scrape=(job,))
    labels = {"job": "shop"}
    found = Backfill(hours=1).requests("http_requests_total", labels, "code", ERRORS)
    found.histogram("http_request_duration_seconds", labels, 20.0)
    found.gauge("process_open_fds", labels, 12).gauge("process_max_fds", labels, 1024)
    found.gauge("process_resident_memory_bytes", labels, 5e7)
    server.backfill(found.text)
    with scraped, server:
        # Its first evaluation of the rules comes some time after it is ready.
        wait_until(lambda: evaluations(server.url) > 2, "the alert Busy has fired for some evaluations")
        yield server.url


def evaluations(url: str) -> int:
    """Return how many samples of the firing alert are recorded; a query of the second before has none of the first."""
    query = 'count_over_time(ALERTS{alertname="Busy",alertstate="firing"}[5m])'
    found = httpx.get(f"{url}/api/v1/query", params={"query": query}, trust_env=False, timeout=PATIENCE_S).json()[
        "data"
    ]["result"]
    return int(found[0]["value"][1]) if found else 0


def test_without_a_day_of_samples_signals_are_informational(young: str, program: Program) -> None:
    ran = program.discover("--prometheus", young, "--job", "shop")
    assert ran.code == 0, ran
    signals = program.signals
    for name in ("shop_errors", "shop_p95", "shop_p99", "shop_rate"):
        assert (signals[name].informational, signals[name].rule.passes) == (True, ""), name
    assert "# no limit: no alert rule has one, and less than 6h of the last 24h is recorded" in program.cockpit_text
    assert program.cockpit.aborts == ()


def test_an_alert_that_fires_now_is_shown_and_listed_as_failing_its_rule(young: str, program: Program) -> None:
    ran = program.discover("--prometheus", young)
    assert ran.code == 0
    assert re.search(r"  warn     firing_alerts +.*Busy", ran.out), ran.out
    assert "Watchdog" not in ran.out
    links = [link.title for link in program.cockpit.checklist.links]
    assert links == ["Alert Busy (warning)"]


class Forbidding(HttpServer):
    """A gateway in front of Prometheus that forbids some paths, and samples everything else."""

    def answer(self, request: Received) -> Answer:
        if request.path.startswith(("/api/v1/rules", "/api/v1/targets")):
            return Answer(403, "not for you")
        return sampled(1)


def test_what_may_not_be_listed_is_a_comment_with_the_reason(program: Program) -> None:
    with Forbidding() as gateway:
        ran = program.discover("--prometheus", gateway.url)
    assert ran.code == 0, ran
    for path, what in (("/api/v1/rules", "alert rules"), ("/api/v1/targets", "scrape targets")):
        assert re.search(rf"# no signal for {what}: .*403 Forbidden from {path}", program.cockpit_text)
        assert re.search(rf"missing +{what}: .*403", ran.out)


def test_a_source_that_is_down_does_not_stop_the_others(young: str, program: Program) -> None:
    port = free_port()
    ran = program.discover("--prometheus", young, "--http", f"http://127.0.0.1:{port}")
    assert ran.code == 0, ran
    assert "shop_errors" in program.signals
    assert f"# no signal for web: http://127.0.0.1:{port}: refused" in program.cockpit_text
    assert re.search(r"DOWN +web", ran.out)
    assert re.search(
        rf'  # did not respond: .*: refused\n  # web: .kind: http, url: "http://127.0.0.1:{port}"', program.cockpit_text
    )
    assert [source.name for source in program.cockpit.sources] == ["prometheus"]


def test_no_more_than_100_requests_are_sent(program: Program) -> None:
    class Large(HttpServer):
        """It has every metric of a hundred jobs, each with one sample."""

        def answer(self, request: Received) -> Answer:
            query = unquote_plus(request.target + request.body.decode())
            if "count by (__name__" not in query or "__name__=~" not in query:
                return sampled(1)
            rows = [
                {"metric": {"__name__": "http_requests_total", "job": f"j{number}", "code": "200"}, "value": [1, "1"]}
                for number in range(100)
            ]
            return Answer(body=_vector(rows), headers={"Content-Type": "application/json"})

    with Large() as server:
        ran = program.discover("--prometheus", server.url, "--alertmanager", server.url, "--http", server.url)
        assert ran.code == 0, ran
        assert len(server.requests) <= 100
        counted = int(ran.out.split(" of 100 requests")[0].split()[-1])
        assert len(server.requests) == counted


def _vector(rows: Sequence[Mapping[str, object]]) -> str:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": rows}})


SECRETS = {
    "--redis": ("redis://:hunter2pass@cache:6379", "env:REDIS_URL"),
    "--postgres": ("postgresql://shop:hunter2pass@db/shop", "env:POSTGRES_URL"),
    "--prometheus": ("http://me:hunter2pass@prometheus:9090", "env:NAME"),
    "--http": ("https://me:hunter2pass@shop", ""),
    "--prometheus-token": ("hunter2pass", "env:NAME"),
}


@pytest.mark.parametrize("option", SECRETS)
def test_a_secret_in_an_argument_is_refused_with_the_way_out(option: str, program: Program) -> None:
    value, way_out = SECRETS[option]
    more = ["--prometheus", "http://127.0.0.1:9"] if option.endswith("-token") else []
    ran = program.discover(option, value, *more)
    assert (ran.code, program.folder.exists()) == (2, False)
    assert way_out in ran.err
    assert "hunter2" not in ran.out + ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_token_is_written_as_a_reference(young: str, program: Program) -> None:
    program.environment["PROMETHEUS_TOKEN"] = "hunter2pass"
    ran = program.discover("--prometheus", young, "--prometheus-token", "env:PROMETHEUS_TOKEN")
    assert ran.code == 0, ran
    assert "token: {env: PROMETHEUS_TOKEN}" in program.cockpit_text
    assert "hunter2" not in program.cockpit_text + ran.out


def test_a_variable_that_is_not_set_is_named(program: Program) -> None:
    ran = program.discover("--prometheus", "http://127.0.0.1:9", "--prometheus-token", "env:NOT_SET_HERE")
    assert ran.code == 2
    assert "environment variable NOT_SET_HERE is not set" in ran.err
    ran = program.discover("--redis", "env:NOT_SET_HERE")
    assert "init: redis at {env: NOT_SET_HERE}: environment variable NOT_SET_HERE is not set" in ran.err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--discover"], "--discover needs a source, such as --prometheus URL or --context NAME"),
        (["--prometheus", "http://p"], "add --discover to query the sources that are given"),
        (["--discover", "--prometheus", "ftp://p"], "--prometheus: must begin with http:// or https://"),
        (["--discover", "--alertmanager-token", "env:X"], "--alertmanager-token needs --alertmanager URL"),
    ],
)
def test_a_wrong_call_is_one_line(words: list[str], error: str, program: Program) -> None:
    ran = program.run("init", program.folder, *words)
    assert ran.code == 2
    assert error in ran.err
    assert len(ran.err.splitlines()) == 1


def test_alertmanager_and_prometheus_together_answer(
    program: Program, alertmanager: Alertmanager, prometheus_factory: PrometheusFactory
) -> None:
    server = prometheus_factory(alertmanagers=(alertmanager.url,))
    ran = program.discover("--prometheus", server.url, "--alertmanager", alertmanager.url)
    assert ran.code == 0, ran
    assert program.signals["alertmanager_ready"].rule.passes == "value.ready"
    assert "# Alertmanager 0." in program.cockpit_text
    assert program.run("check", program.folder / "cockpit.yaml").code == 0
