"""Keys that are meant for another panel, and pasted text: nothing is recorded without a question."""

import pytest
from textual import events

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import Mark
from mmcockpit.ui.actions.keymap import ACTIONS
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import settle, shown
from tests.ui.emergencies import chosen

pytestmark = pytest.mark.anyio

ASKS = [key for action in ACTIONS if action.records and not action.replays for key in action.keys]
"""The keys that change the record; with the dangerous step of a rollback ready."""


async def test_no_key_in_the_panel_of_procedures_acts_on_production_or_on_the_gate() -> None:
    app, book = open_cockpit(chosen())
    async with shown(app, 120, 40) as pilot:
        await pilot.press("E")
        for key in ASKS:
            await pilot.press(*_named(key), "enter", "escape")
        await settle(app, pilot)
        assert app.is_running
    harmless = (commands.MarkItem, commands.UndoMark, commands.AddNote, commands.SenseNow, commands.ReadLog)
    assert [one for one in book.asked if not isinstance(one, harmless)] == []
    assert {one.mark for one in book.asked if isinstance(one, commands.MarkItem)} <= {Mark.DONE}


@pytest.mark.parametrize("before", [(), ("E",), ("E", "!"), ("q",)])
async def test_pasted_text_outside_of_an_input_does_nothing(before: tuple[str, ...]) -> None:
    app, book = open_cockpit(chosen())
    async with shown(app, 120, 40) as pilot:
        await pilot.press(*(name for key in before for name in _named(key)))
        await settle(app, pilot)
        dialogs = len(app.dialogs)
        app.post_message(events.Paste("E!run\nmodelmuxer\nq\nl\n:end live\n uOHreason\n"))
        await settle(app, pilot)
        assert book.asked == []
        assert len(app.dialogs) == dialogs
        assert not app.prompt.asking
        assert app.is_running


def _named(key: str) -> tuple[str, ...]:
    return ({"!": "exclamation_mark", " ": "space"}.get(key, key),)
