"""Keys that arrive in a burst: what is typed behind Enter is part of the next question, wherever the burst is cut."""

import asyncio

import pytest
from textual.events import Key

from mmcockpit.core.decide import command as commands
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout

pytestmark = pytest.mark.anyio

TYPED = "cone\rctwo 2\r"


def keys(text: str) -> list[Key]:
    names = {"\r": "enter", " ": "space"}
    return [Key(names.get(letter, letter), letter) for letter in text]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("cut", range(1, len(TYPED)))
async def test_a_burst_that_is_cut_anywhere_is_taken_in_order(cut: int, turns: int) -> None:
    book = Notebook()
    app = CockpitApp(GoLive().good().feed(book), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        before = app.board.active
        for part in (TYPED[:cut], TYPED[cut:]):
            for key in keys(part):
                app.post_message(key)
            for _ in range(turns):
                await asyncio.sleep(0)
        for _ in range(4):
            await settle(app, pilot)
        assert [one.text for one in book.asked if isinstance(one, commands.AddNote)] == ["one", "two 2"]
        assert app.board.active is before
