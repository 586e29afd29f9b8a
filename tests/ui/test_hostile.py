"""Foreign text in every place that shows any: it is drawn as text, in its cells, and does nothing."""

import pytest
from rich.cells import cell_len
from textual.events import Paste

from mmcockpit.core.facts.event import (
    Refused,
    Trouble,
)
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.hostile import PANELS, TEXTS, hostile

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_hostile_text_is_only_text_in_every_panel(text: str) -> None:
    feed = ListFeed(hostile(text), Notebook(text))
    feed.not_recording = text
    app = CockpitApp(feed, Layout("all", PANELS))
    async with shown(app, 70, 20) as pilot:
        for panel in list(app.board.panels):
            app.board.focus_on(panel)
            for key in ("j", "enter", "escape", "y"):
                await pilot.press(key)
            app.board.focus_on(panel)
            feed.wait(1)
            await settle(app, pilot)
            lines = page(app)
            assert all(cell_len(line) <= 70 for line in lines)
            raw = [line for line in lines if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in line)]
            assert raw == []
            assert panel.failure == ""
        feed.tell(Refused("x", Refusal(Code.CLAIMED, text, by=text), "ana"), Trouble("here", text))
        await settle(app, pilot)
        assert app.is_running


@pytest.mark.parametrize("keys", ["colon", "slash"])
async def test_what_is_pasted_is_harmless_while_it_is_edited(keys: str) -> None:
    app = CockpitApp(ListFeed(hostile("x"), Notebook("ana")), Layout("all", PANELS))
    async with shown(app, 70, 24) as pilot:
        await pilot.press(keys)
        app.post_message(Paste("say a\x1b[31mb\x9b2Jc\u202ed\u2066e\u200ff\u0085\u00adg"))
        await pilot.pause()
        assert page(app)[-1].rstrip().endswith("say a␛[31mb�2Jcdef")
