"""What changed on the screen: short, the same in a replay, and with every fact of a line in Why."""

from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Advised
from mmcockpit.core.words.changes import what_changed
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import text_of
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, cutover, go_live_layout
from tests.ui.replays import replay

pytestmark = pytest.mark.anyio


async def rows(app: CockpitApp) -> list[str]:
    """Return the rows of the panel."""
    async with shown(app, 120, 40) as pilot:
        await settle(app, pilot)
        panel = app.board.named("log")
        assert panel is not None
        return [text_of(panel._list.draw(n)) for n in range(len(panel._list.keys))]


async def test_an_incident_is_a_few_lines_with_each_advice_once() -> None:
    night = cutover()
    told = await rows(CockpitApp(night.feed(Notebook()), go_live_layout()))
    advised = [event for event in night.events if isinstance(event.body, Advised)]
    advice = [line for line in told if "  advice " in line]
    assert len(advice) < len(advised)
    assert len(set(advice)) == len(advice)
    assert "ROLLBACK: 5xx share on chat routes 8.1% (must be < 5%) for 2m" in advice[-1]
    assert any("FAIL      5xx share on chat routes 8.1% (must be < 5%)" in line for line in told)
    assert "started   ana; 22 items" in told[0]


async def test_a_replay_shows_the_same_lines(tmp_path: Path) -> None:
    night = cutover()
    live = await rows(CockpitApp(night.feed(Notebook()), go_live_layout()))
    feed, _ = replay(tmp_path, night.events, at="100%", playing=False)
    assert await rows(CockpitApp(feed, go_live_layout())) == live


async def test_why_lists_each_fact_of_a_line_that_has_several() -> None:
    night = GoLive().good().watched(200)
    together = next(change for change in what_changed(night.events) if len(change.events) > 1)
    app = CockpitApp(night.feed(Notebook()), go_live_layout())
    async with shown(app, 120, 40) as pilot:
        app.open_details(RowSubject("event", str(together.first.seq)))
        await settle(app, pilot)
        screen = "\n".join(page(app))
    assert screen.count("what ") == len(together.events)
    for event in together.events:
        assert str(night.session.items[event.body.item].item.number) in screen  # type: ignore[union-attr]
