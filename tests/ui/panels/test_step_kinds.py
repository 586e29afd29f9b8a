"""Steps of every kind in the procedures panel, at the smallest and a large size, and without colour."""

from collections.abc import Callable

import pytest

from mmcockpit.core.facts.event import StepChanged, StepState
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout
from tests.ui.runbooks import applying, asking, manual, parallel, retrying, waiting

pytestmark = pytest.mark.anyio

STATES: dict[str, tuple[Callable[[], GoLive], tuple[str, ...]]] = {
    "asking": (asking, ("needs an answer", "asks", "which region is first (one of eu, us)", "answer")),
    "applying": (applying, ("up to 2 more times, 10s after it failed", "procedure dns-back is called for")),
    "retrying": (retrying, ("failed, attempt 2 of 3 in", "stop the retries")),
    "waiting": (waiting, ("waits, 4m 10s left", "for 5m", "end the wait early")),
    "parallel": (parallel, ("Scale the pools: 0 of 2 steps over, 1 running", "4=Scale", "5=Scale")),
    "manual": (manual, ("next: done by a person", "the cockpit never runs it", "curl https://provider")),
}


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
@pytest.mark.parametrize("state", STATES)
async def test_the_panel_shows_the_kind_of_a_step(
    monkeypatch: pytest.MonkeyPatch, state: str, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    night, expected = STATES[state]
    app = CockpitApp(night().feed(Notebook()), go_live_layout())
    async with shown(app, *size) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert [text for text in expected if text not in screen] == [], screen


async def test_a_failure_that_asks_opens_its_dialog_by_itself() -> None:
    feed = parallel().feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await settle(app, pilot)
        assert len(app.screen_stack) == 1
        feed.tell(StepChanged("deploy", "eu", StepState.FAILED, exit=1, ms=900.0))
        await settle(app, pilot)
        assert "Scale the pool eu FAILED" in "\n".join(page(app))
        assert len(app.screen_stack) == 2
