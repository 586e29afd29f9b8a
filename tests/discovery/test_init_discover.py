"""`init --discover` against a real Prometheus: what it writes answers, and a second run changes nothing."""

import re
from pathlib import Path

from tests.conftest import PrometheusFactory
from tests.discovery.command import Program
from tests.discovery.shops import shop
from tests.servers.http import HttpServer


def test_written_signals_answer_and_a_second_run_changes_nothing(
    program: Program, prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    url = shop(http_server, prometheus_factory)
    first = program.discover("--prometheus", url)
    assert first.code == 0, first
    program.assert_all_answer()
    errors, p99 = program.signals["shop_errors"], program.signals["shop_p99"]
    assert (errors.rule.passes, errors.unit) == ("value <= 0.05", "ratio")
    assert p99.rule.passes == "value < 1.3"
    assert re.search(r"p99 of the last 24h \(0\.8\d* s\) x 1\.5", program.cockpit_text)
    assert program.signals["shop_rate"].informational
    aborts = {abort.signal: abort.for_s for abort in program.cockpit.aborts}
    assert aborts == {"shop_errors": 180.0, "shop_p95": 120.0, "shop_p99": 120.0}
    before = program.written()
    for name in ("cockpit", "checklist"):
        schema = f".schemas/{name}.schema.json"
        assert before[f"{name}.yaml"].startswith(f"# yaml-language-server: $schema={schema}\n")
        assert before[schema].startswith("{")
    again = program.discover("--prometheus", url)
    assert again.code == 0
    assert "nothing was written; the files have all of it" in again.out
    assert "@@" not in again.out
    assert program.written() == before


def test_a_changed_file_is_kept_and_its_difference_shown(
    program: Program, prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    url = shop(http_server, prometheus_factory)
    program.discover("--prometheus", url)
    path: Path = program.folder / "cockpit.yaml"
    changed = program.cockpit_text.replace("value <= 0.05", "value <= 0.01")
    path.write_text(changed)
    again = program.discover("--prometheus", url)
    assert again.code == 0
    assert "-    pass: value <= 0.01\n+    pass: value <= 0.05\n" in again.out
    assert path.read_text() == changed


def test_nothing_is_written_if_nothing_responds(program: Program) -> None:
    ran = program.discover("--prometheus", "http://127.0.0.1:9")
    assert (ran.code, program.folder.exists()) == (1, False)
    assert "DOWN" in ran.out
    assert "mmcockpit init: no source responded; nothing was written" in ran.err
