"""Every example is free of mistakes, and loads."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.cli import main
from mmcockpit.config.load import load_cockpit

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(path.parent.name for path in FOLDER.glob("*/cockpit.yaml"))


def test_there_is_an_example_for_each_kind_of_go_live() -> None:
    assert EXAMPLES == ["database-migration", "headless", "minimal", "release", "several-clusters", "web-service"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_checked_and_loads(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORDERS_DSN", "postgresql://reader@127.0.0.1/orders")
    path = FOLDER / name / "cockpit.yaml"
    assert main(["check", str(path)]) == 0
    assert "ok" in capsys.readouterr().out
    loaded = load_cockpit(path, sources)
    assert loaded.cockpit.checklist.phases
    # `procedures` has the results of the readiness checks of procedures.
    known = {"session", "procedures", *(source.name for source in loaded.cockpit.sources)}
    assert {signal.source for signal in loaded.cockpit.signals} <= known
