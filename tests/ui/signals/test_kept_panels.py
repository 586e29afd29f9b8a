"""Rows, titles and blocks that a panel has kept are those that it would draw now, whatever happened meanwhile."""

import random

import msgspec
import pytest

from mmcockpit.core.facts.event import Held, ItemMarked, Observed
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.rollout import RolloutPanel
from mmcockpit.ui.widgets.canvas import Row
from mmcockpit.ui.widgets.panel import Panel
from tests.ui.conftest import shown
from tests.ui.feeds import ListFeed, Notebook, go_live, judged, layout, pods

pytestmark = pytest.mark.anyio

LEVELS = (Level.PASS, Level.PASS, Level.FAIL, Level.WARN, Level.UNKNOWN)


def _with_rollout() -> Layout:
    """Return the layout with a rollout in place of the chart."""
    base = layout()
    panels = (*base.panels, PanelSpec("rollout", "rollout", "Rollout", ("pods_ready", "pg_connections")))
    places = (LayoutColumn((Slot("checklist"), Slot("log"))), LayoutColumn((Slot("signals"), Slot("rollout"))))
    return msgspec.structs.replace(base, panels=panels, arrangements=(Arrangement(0, places),))


def _answer(name: str, chance: random.Random) -> Answer:
    if chance.random() < 0.2:
        return Fault(FaultKind.TIMEOUT, chance.choice(["slow", "slower"]))
    if name == "pods_ready":
        return Reading(pods(chance.randrange(7)))
    if name == "pg_connections":
        # Equal values that are not drawn alike.
        return Reading({"connections": chance.choice([1, True, 1.0, 2]), "max_connections": 2})
    return Reading(chance.choice([0.1, 0.2, 2500.0]))


def _afresh(panel: Panel) -> tuple[Row, ...]:
    """Return the rows of a panel that has kept nothing."""
    panel._bodies.clear()
    panel._drawn.clear()
    panel._titled = (None, ((), ""))
    if isinstance(panel, RolloutPanel):
        panel._blocks.clear()
    panel.redraw()
    return panel.rows


def _happens(app: CockpitApp, feed: ListFeed, chance: random.Random) -> None:
    feed.wait(chance.choice([0.05, 1.0, 1.0, 20.0]))
    match chance.randrange(12):
        case 0:
            item = chance.choice(list(app.session.items))
            feed.tell(ItemMarked(item, chance.choice([Mark.DONE, Mark.CLAIM]), "ana"))
        case 1:
            feed.tell(Held(chance.random() < 0.5, "bo", "a reason"))
        case 2:
            app.board.step(chance.choice([1, -1]))
        case 3 | 4:
            app.board.active.move(chance.choice([1, -1, 5]))
        case 5:
            app.board.active.filter = chance.choice(["", "", "conn"])
            app.board.active.redraw()
        case 6:
            app.board.zoom()
        case _:
            for name in chance.sample(["error_rate", "p95", "pods_ready", "pg_connections"], 2):
                verdict = judged(chance.choice(LEVELS), chance.choice(["", "a reason"]))
                feed.tell(Observed(name, _answer(name, chance), verdict, 1.0))


async def test_what_panels_keep_is_what_they_would_draw_afresh() -> None:
    chance, kept = random.Random(7), 0
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, _with_rollout())
    async with shown(app, 140, 44) as pilot:
        for _ in range(150):
            _happens(app, feed, chance)
            app.frame()
            for panel in app.board.placed:
                panel.show(app.session, app.now)
                before, bodies = panel.rows, {id(row) for _, row in panel._bodies.values()}
                panel.show(app.session, app.now)
                kept += sum(id(row) in bodies for row in panel.rows)
                assert panel.rows == before == _afresh(panel)
                assert not panel.failure
            if chance.random() < 0.1:
                await pilot.pause()
    assert kept > 1000
