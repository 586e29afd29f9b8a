"""A Prometheus that answers is not good where the targets that signals ask for are down: doctor shows which and why."""

from pathlib import Path

import pytest

from mmcockpit.cli import main
from mmcockpit.simulator.servers.prometheus import ScrapeJob
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until

COCKPIT = """
name: Night
environment: staging
sources:
  prometheus: {{kind: prometheus, url: "{url}"}}
signals:
  errors: {{prometheus.query: 'sum(rate(http_requests_total{{job="app"}}[5m]))', pass: value < 1}}
  traffic: {{prometheus.query: 'sum(rate(http_requests_total{{job=~"ap."}}[5m]))', pass: value > 1}}
  exporters: {{prometheus.targets: {{jobs: [good, gone]}}, pass: size(value.down) == 0}}
"""


def test_doctor_lists_which_targets_are_down_and_why(
    prometheus_factory: PrometheusFactory, http_server: HttpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = http_server.url.removeprefix("http://")
    http_server.answers = {"/metrics": Answer(401, "no"), "/good": Answer(200, "up_time 1\n")}
    jobs = [ScrapeJob("app", [address]), ScrapeJob("good", [address], "/good"), ScrapeJob("other", [address])]
    server = prometheus_factory(scrape=jobs)
    (tmp_path / "cockpit.yaml").write_text(COCKPIT.format(url=server.url))

    found = ""

    def scraped() -> bool:
        nonlocal found
        assert main(["doctor", str(tmp_path / "cockpit.yaml")]) == 1
        found = capsys.readouterr().out
        return "is down" in found and "job good" not in found

    wait_until(scraped, "all targets were scraped")
    assert found.startswith("LACKS    prometheus   prometheus ")
    down = f"prometheus   target {address} of job app is down: server returned HTTP status 401 Unauthorized"
    assert f"{down} (2 signals need it)\n" in found
    assert "prometheus   no target of job gone (1 signal needs it)\n" in found
    assert "job other" not in found, "no signal asks for it"
