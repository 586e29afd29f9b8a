"""A package beside the cockpit adds a kind of panel by an entry point: `check` accepts it, the screen draws it."""

from pathlib import Path

import pytest

from mmcockpit.cli import main
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive

pytestmark = pytest.mark.anyio

MODULE = """
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.widgets.panel import Panel


class Queue(Panel):
    title = "Queue"

    def look(self, session, now, width):
        return Rows.of([(0, ((f" {len(session.signals)} signals, drawn by a package", "text"),))])
"""
LAYOUT = """
name: with-queue
panels:
  checklist: {kind: checklist}
  steps: {kind: procedures}
  queue: {kind: KIND}
arrangements:
  - {min_width: 0, columns: [{slots: [checklist, queue]}]}
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package as an installer leaves it: a module, and its metadata with the entry point."""
    (tmp_path / "queue_panel_for_test.py").write_text(MODULE, encoding="utf-8")
    about = tmp_path / "queue_panel_for_test-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: queue-panel-for-test\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(
        "[mmcockpit.panels]\nqueue = queue_panel_for_test:Queue\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("kind", "code"), [("queue", 0), ("lost", 3)])
def test_check_accepts_the_kinds_that_are_installed(
    installed: Path, capsys: pytest.CaptureFixture[str], kind: str, code: int
) -> None:
    path = installed / "layout.yaml"
    path.write_text(LAYOUT.replace("KIND", kind), encoding="utf-8")
    assert (main(["check", str(path)]) == 0) == (code == 0)
    told = capsys.readouterr()
    assert code == 0 or "unknown panel kind 'lost'" in told.err + told.out


async def test_the_screen_draws_a_panel_of_a_package(installed: Path) -> None:
    panels = (PanelSpec("checklist", "checklist"), PanelSpec("queue", "queue"), PanelSpec("lost", "lost"))
    layout = Layout("with-queue", panels, (Arrangement(0, (LayoutColumn(tuple(Slot(panel.id) for panel in panels)),)),))
    app = CockpitApp(GoLive().good().feed(Notebook()), layout)
    async with shown(app, 80, 24) as pilot:
        await settle(app, pilot)
        text = "\n".join(page(app))
    assert "signals, drawn by a package" in text
    assert "unknown panel kind 'lost'" in text
