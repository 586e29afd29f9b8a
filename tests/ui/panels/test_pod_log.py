"""The end of a pod's log in the panel Why: read when the pod is opened, and the same in a replay."""

from typing import Any

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import LogRead
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.rows import RowSubject
from tests.ui.conftest import Picture, page, settle, shown
from tests.ui.feeds import Notebook, pods
from tests.ui.go_lives import GoLive, go_live_layout

pytestmark = pytest.mark.anyio

SIGNAL = "pods_ready"


async def test_enter_on_a_pod_reads_its_log_and_shows_whose_it_is(picture: Picture) -> None:
    book = Notebook()
    value: dict[str, Any] = pods(3)
    name = str(value["pods"][1]["name"])
    feed = GoLive().good(**{SIGNAL: value}).feed(book)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 120, 40) as pilot:
        await pilot.press("colon", *"panel pods", "enter")
        await settle(app, pilot)
        assert app.board.active.reach(RowSubject("entry", f"{SIGNAL}/{name}"))
        await pilot.press("enter")
        await settle(app, pilot)
        assert book.asked == [commands.ReadLog("ana", SIGNAL, name)]
        assert "log: not read" in "\n".join(page(app))
        feed.tell(LogRead(SIGNAL, name, "app", ("panic: no route", "token=•••"), previous=True))
        feed.wait(1)
        await settle(app, pilot)
        text = "\n".join(page(app))
        assert "log of app, previous run, read <10s ago; Ctrl+R reads it again" in text
        assert "panic: no route" in text
        assert picture(app)
        await pilot.press("ctrl+r")
        assert book.asked[1:] == [commands.SenseNow("ana"), commands.ReadLog("ana", SIGNAL, name)]
        feed.tell(LogRead(SIGNAL, name, failed='may not read logs: pods "x" is forbidden'))
        feed.wait(1)
        await settle(app, pilot)
        assert "may not read logs" in "\n".join(page(app))


async def test_a_replay_shows_what_was_read_and_reads_nothing() -> None:
    value: dict[str, Any] = pods(3)
    name = str(value["pods"][0]["name"])
    night = GoLive().good(**{SIGNAL: value})
    night.tell(LogRead(SIGNAL, name, "app", ("ready",)))
    app = CockpitApp(night.feed(None), go_live_layout())
    async with shown(app, 120, 40) as pilot:
        await pilot.press("colon", *"panel pods", "enter")
        await settle(app, pilot)
        assert app.board.active.reach(RowSubject("entry", f"{SIGNAL}/{name}"))
        await pilot.press("enter")
        await settle(app, pilot)
        assert "log of app, read" in "\n".join(page(app))
