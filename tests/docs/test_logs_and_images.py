"""Every example of docs/logs-and-images.md is a cockpit file without mistakes; that of Loki polls a real one."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.engine.survey import Survey
from mmcockpit.sources.common.secrets import Secrets
from tests.docs.examples import blocks, findings
from tests.servers.loki.server import Loki

HEAD = "name: Guide\nenvironment: test\nchecklist: ./list.yaml\n"
LIST = "title: L\nphases: [{title: Logs, sections: [{title: S, items: [{title: I}]}]}]\n"


@pytest.mark.parametrize("example", blocks("logs-and-images"))
def test_an_example_has_no_mistakes_and_no_warnings(tmp_path: Path, example: str) -> None:
    assert findings(tmp_path, HEAD, LIST, example) == ([], [])


@pytest.mark.anyio
async def test_the_example_of_loki_polls_a_real_one(
    loki_server: Loki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOKI_TOKEN", "any")
    example = blocks("logs-and-images")[0].replace("https://loki.example.com", loki_server.url)
    (tmp_path / "list.yaml").write_text(LIST, encoding="utf-8")
    (tmp_path / "cockpit.yaml").write_text(HEAD + example.replace("tenant: shop", "tenant: docs"), encoding="utf-8")
    loki_server.push("docs", [(5, '{"level": "error", "message": "no route"}'), (2, "ready")], app="shop")
    survey = Survey(load_cockpit(tmp_path / "cockpit.yaml", sources).cockpit, Secrets())
    await survey.run()
    levels = {name: (one.verdict.level, verdict_reason(one.verdict)) for name, one in survey.polls.items()}
    assert levels == {
        "error_lines": (Level.PASS, ""),
        "last_errors": (Level.FAIL, "count 1 (must be 0)"),
    }
