"""PromQL in files: `check` warns where a parser refuses it, `doctor` names what the server refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.cli import main
from mmcockpit.config.load import check_file
from tests.servers.http import Answer, HttpServer

COCKPIT = """\
name: x
environment: test
checklist: ./list.yaml
sources:
  prometheus: {kind: prometheus, url: "URL"}
signals:
  a:
    prometheus.query: |
      sum(rate(x[5m]))
        / / sum(y)
    fresh: x{
    pass: value < 1.0
  b:
    prometheus.query: {query: "sum(rate(a[5m])", each: true}
    pass: value.size() > 0
  c:
    prometheus.query: sum(rate(a[5m])) / sum(b)
    fresh: a{job="x"}
    pass: value < 1.0
"""
LIST = "title: L\nphases: [{title: P, sections: [{title: S, items: [{title: I, signal: a}]}]}]\n"


@pytest.fixture
def cockpit(tmp_path: Path, http_server: HttpServer) -> Path:
    (tmp_path / "list.yaml").write_text(LIST)
    (tmp_path / "cockpit.yaml").write_text(COCKPIT.replace("URL", http_server.url))
    return tmp_path / "cockpit.yaml"


def test_check_warns_at_the_place_of_a_mistake(cockpit: Path) -> None:
    warnings: list[Any] = []
    assert check_file(cockpit, sources, warnings) == []
    told = [str(one).partition("cockpit.yaml:")[2].partition(": promql-parser: ")[0] for one in warnings]
    assert told == [
        "10:11: warning: signals.a.query",
        "11:14: warning: signals.a.fresh",
        "14:35: warning: signals.b.query",
    ]


def test_doctor_names_the_signal_and_the_words_of_the_server(
    cockpit: Path, http_server: HttpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = {"status": "error", "errorType": "bad_data", "error": "1:4: parse error: unclosed left parenthesis"}
    http_server.answers = {"/api/v1/query": Answer(400, json.dumps(refusal))}
    assert main(["doctor", str(cockpit)]) == 1
    told = capsys.readouterr().out
    assert "QUERY    b " in told
    assert "the server refused the query: 1:4: parse error: unclosed left parenthesis" in told
