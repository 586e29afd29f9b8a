"""The help: the keys of this session, by what one does with them, and how it is filtered."""

from pathlib import Path

import pytest

from mmcockpit.ui.actions.help import GROUPS, help_rows
from mmcockpit.ui.actions.keymap import ACTIONS, holding
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.desks import PlainDesk
from tests.ui.feeds import ListFeed, Notebook, go_live, layout
from tests.ui.go_lives import GoLive
from tests.ui.replays import replay

pytestmark = pytest.mark.anyio


def by_title(desk: PlainDesk) -> dict[str, str]:
    return {row.title: row.keys for row in help_rows(desk)}


def test_every_action_has_a_heading_and_live_shows_no_replay_keys() -> None:
    assert {action.group for action in ACTIONS} == set(GROUPS)
    desk = PlainDesk(GoLive().good())
    rows = help_rows(desk)
    assert len(rows) == sum(not action.replays for action in ACTIONS)
    assert GROUPS["Replay"] not in {row.group for row in rows}
    assert all(row.possible for row in rows)


async def test_a_replay_shows_its_own_keys_first_and_none_that_record(tmp_path: Path) -> None:
    feed, _ = replay(tmp_path, go_live(), "50%", playing=False)
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24):
        rows = help_rows(app)
        assert rows[0].group == GROUPS["Replay"]
        assert not {"tick the item, or show why it cannot be ticked", "hold the go-live, or resume it"} & {
            row.title for row in rows
        }


def test_an_action_without_a_key_shows_its_command_and_a_dash_is_a_key() -> None:
    desk = PlainDesk(GoLive().good())
    assert by_title(desk)["pass the gate of the open phase: the next phase opens"] == ":go [PHASE]"
    assert "-" not in {key for row in help_rows(desk) for key in row.keys.split()}
    desk.keys = holding({}, True)
    desk.transport = object()  # type: ignore[assignment]
    assert by_title(desk)["play slower, down to 1/4x"] == "-"


async def test_the_help_filters_while_one_types_and_keeps_the_headings() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("question_mark", "slash", *"reve")
        await settle(app, pilot)
        text = "\n".join(page(app))
        assert "show the rollback procedure" in text, "found by a synonym"
        assert "Roll back, and other procedures" in text
        assert "tick the item" not in text
        await pilot.press(*"rt qq", "enter")
        await settle(app, pilot)
        assert "nothing here matches revert qq" in "\n".join(page(app))
        await pilot.press("escape", "slash", "g", "enter")
        await settle(app, pilot)
        assert len(app.board.active._list.keys) == 2, "the row of the key, and its heading"


async def test_the_help_of_a_read_only_session_marks_what_is_not_possible() -> None:
    app = CockpitApp(ListFeed(go_live()), layout())
    async with shown(app, 120, 40) as pilot:
        await pilot.press("question_mark")
        await settle(app, pilot)
        assert "(not in a read-only session)" in "\n".join(page(app))
