"""Steps of every kind and the targets of a wave as pictures: at both sizes, and without colour."""

from collections.abc import Callable

import pytest

from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import Picture, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout
from tests.ui.runbooks import applying, asked, asking, both_run, manual, retrying, waiting
from tests.ui.waves import three_targets

pytestmark = pytest.mark.anyio


STATES: dict[str, tuple[Callable[[], GoLive], tuple[str, ...]]] = {
    "asking": (asking, ("E",)),
    "answer": (asking, ("E", "exclamation_mark")),
    "ready": (applying, ("E",)),
    "retrying": (retrying, ("E",)),
    "waiting": (waiting, ("E",)),
    "parallel": (both_run, ("E",)),
    "failed": (asked, ("E",)),
    "manual": (manual, ("E",)),
    "targets": (three_targets, ()),
}
SIZES = {"80x24": (80, 24, False), "200x50": (200, 50, False), "mono": (80, 24, True)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
async def test_steps(picture: Picture, monkeypatch: pytest.MonkeyPatch, state: str, size: str) -> None:
    monkeypatch.chdir("/")
    width, height, mono = SIZES[size]
    if mono:
        monkeypatch.setenv("NO_COLOR", "1")
    make, keys = STATES[state]
    night = make()
    layout = night.session.cockpit.layout if state == "targets" else go_live_layout()
    app = CockpitApp(night.feed(Notebook()), layout)
    async with shown(app, width, height) as pilot:
        for key in keys:
            await pilot.press(key)
            await settle(app, pilot)
        assert picture(app)
