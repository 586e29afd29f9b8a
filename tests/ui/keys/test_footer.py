"""The bottom line: the keys that work in this panel, on this row, in this session."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import ItemMarked
from mmcockpit.core.model.states import Mark
from mmcockpit.ui.actions.footer import footer
from mmcockpit.ui.actions.keymap import holding
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.footer import Hint, footer_line
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import text_of, width_of
from tests.ui.conftest import page, settle, shown
from tests.ui.desks import PlainDesk
from tests.ui.emergencies import called, emergency_file
from tests.ui.feeds import ListFeed, Notebook, go_live, layout
from tests.ui.go_lives import GoLive, cutover, go_live_layout, item


def labels(desk: PlainDesk) -> list[str]:
    return [f"{hint.key} {hint.label}" for hint in footer(desk)]


def on(title: str, operator: str = "ana") -> PlainDesk:
    return PlainDesk(GoLive().good(), RowSubject("item", item(title)), operator)


def test_tick_is_shown_only_where_the_item_can_be_ticked() -> None:
    assert labels(on("Secrets Management"))[0] == "Space tick"
    assert "Space tick" not in labels(on("PostgreSQL")), "its signal decides it"
    assert "Space tick" not in labels(on("Secrets Management", operator=""))


def test_the_next_action_comes_first_wherever_the_cursor_is() -> None:
    desk = PlainDesk(called())
    desk.pane.about = RowSubject("item", item("PostgreSQL"))
    assert labels(desk)[0] == "E roll back"
    held = PlainDesk(GoLive().good().ask(commands.HoldSession("ana", True, "wait for bo")))
    assert labels(held)[0] == "H resume"
    desk.keys = holding({"emergency": "x"}, False)
    assert labels(desk)[0] == "x roll back"


def test_a_procedure_that_has_not_begun_is_opened_and_not_continued() -> None:
    file = emergency_file()
    first, *others = file.checklist.phases
    section = first.sections[0]
    items = tuple(
        msgspec.structs.replace(one, procedure="rollback-kubectl") if one.number == 2 else one for one in section.items
    )
    first = msgspec.structs.replace(
        first, sections=(msgspec.structs.replace(section, items=items), *first.sections[1:])
    )
    checklist = msgspec.structs.replace(file.checklist, phases=(first, *others))
    desk = PlainDesk(GoLive(msgspec.structs.replace(file, checklist=checklist)).good())
    desk.pane.about = RowSubject("item", item("PostgreSQL"))
    assert labels(desk)[0] == "! open the procedure"


def test_the_line_of_an_item_is_the_one_of_the_drawing() -> None:
    desk = PlainDesk(GoLive(emergency_file()).good(), RowSubject("item", item("Secrets Management")))
    assert labels(desk) == [
        *("Space tick", "n next", "Enter why", "/ find", "g phases", "E rollback", ": all", "? help"),
    ]
    assert text_of(footer_line(footer(desk), 80)).startswith("Space tick  n next  Enter why  / find  g phases  E roll")
    desk.pane.by_need = False
    assert "g to do" in labels(desk)


def test_undo_is_shown_where_there_is_a_mark_to_undo() -> None:
    desk = PlainDesk(GoLive().good().tell(ItemMarked(item("API Keys"), Mark.DONE, "ana")))
    desk.pane.about = RowSubject("item", item("API Keys"))
    assert "u undo" in labels(desk)
    assert "u undo" not in labels(on("PostgreSQL"))


def test_the_line_follows_the_panel() -> None:
    desk = on("PostgreSQL")
    desk.pane.kind = "links"
    assert labels(desk)[0] == "y copy"
    desk.pane.kind = "log"
    assert labels(desk)[:2] == ["G latest", "Enter why"]
    group = PlainDesk(GoLive().good())
    group.pane.kind, group.pane.group = "stat", "no answer"
    assert "Enter open or close" in labels(group)
    desk.away = True
    assert "Esc back" in labels(desk)
    desk.pane.filter = "redis"
    assert "n next match" in labels(desk)


def test_a_read_only_session_is_shown_what_works_there() -> None:
    assert labels(on("PostgreSQL", operator="")) == [
        "n next",
        "Enter why",
        "/ find",
        "g phases",
        ": all",
        "? help",
        "q leave",
    ]


def test_a_rebound_key_is_shown_as_it_is_bound() -> None:
    desk = on("Secrets Management")
    desk.keys = holding({"tick": "x", "command": ";"}, False)
    assert labels(desk)[0] == "x tick"
    assert "; all" in labels(desk)


HINT = st.builds(Hint, st.text("abc", min_size=1), st.text("xyz ", max_size=12), st.integers(0, 5))
HINTS = st.lists(HINT, unique_by=lambda hint: hint.key)


@given(HINTS, st.integers(0, 120))
def test_the_line_fits_every_width_and_drops_the_least_important_first(hints: list[Hint], width: int) -> None:
    assert width_of(footer_line(hints, width)) <= width
    kept = text_of(footer_line(hints, width)).split()
    worst = max((hint.rank for hint in hints if hint.key in kept), default=0)
    assert all(hint.rank >= worst for hint in hints if hint.key not in kept)


@pytest.mark.anyio
async def test_the_line_changes_with_the_cursor_and_the_panel() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("j", "j", "j", "j")
        await settle(app, pilot)
        seen = {page(app)[-1]}
        for key in ("L", "0", "2", "question_mark", "escape", "1", "k", "k", "k", "k", "k"):
            await pilot.press(key)
            await settle(app, pilot)
            line = page(app)[-1]
            assert len(line) <= 80
            assert ": all" in line
            assert "? help" in line
            seen.add(line)
        assert len(seen) >= 5, seen


@pytest.mark.anyio
async def test_the_line_names_the_keys_of_a_row_once_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CockpitApp(cutover().feed(Notebook()), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"panel alerts", "enter")
        await settle(app, pilot)
        with monkeypatch.context() as before:
            before.setattr(app.pane, "subject", lambda chosen: None)
            await settle(app, pilot)
            assert "Enter why" not in page(app)[-1]
        await settle(app, pilot)
        assert "Enter why" in page(app)[-1]
