"""What keys, commands and facts do to the screen."""

import os
from pathlib import Path

import pytest
from textual.events import Key

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Closed, ItemMarked, Noted, Observed, Refused
from mmcockpit.core.model.layout import Layout, PanelSpec
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.stat import StatPanel
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.widgets.panel import Panel
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.feeds import ListFeed, Notebook, go_live, judged, layout

pytestmark = pytest.mark.anyio

TLS = "readiness/security-compliance/ssl-tls-certificates"
SECRETS = "readiness/security-compliance/secrets-management"


def screen(app: CockpitApp) -> str:
    return "\n".join(page(app))


async def test_space_asks_the_engine_to_tick_the_item_under_the_cursor() -> None:
    book = Notebook()
    app = CockpitApp(ListFeed(go_live(), book), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("w", "j", "j", "j", "space", "u", "ctrl+r")
        assert book.asked == [
            commands.MarkItem("ana", SECRETS),
            commands.UndoMark("ana"),
            commands.SenseNow("ana"),
        ]


async def test_a_mark_is_shown_when_the_fact_comes_and_not_before() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    audit = "readiness/security-compliance/audit-logging"
    async with shown(app, 80, 24) as pilot:
        await pilot.press("w", "j", "j", "j", "j", "j", "j", "space")
        await settle(app, pilot)
        assert "[ ]   5 Audit Logging" in screen(app)
        feed.tell(ItemMarked(audit, Mark.DONE, "ana"))
        await settle(app, pilot)
        assert "[x]   5 Audit Logging" in screen(app)


async def test_a_refusal_shows_why() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        feed.tell(Refused("tick", Refusal(Code.SENSED, "TLS", "certificate_days"), "ana"))
        await settle(app, pilot)
        assert "refused: TLS cannot be ticked: signal certificate_days decides it" in page(app)[-1]
        feed.wait(20)
        await settle(app, pilot)
        assert ": all" in page(app)[-1]


@pytest.mark.parametrize(("keymap", "key"), [({}, "u"), ({"undo": "ctrl+y"}, "Ctrl+Y"), ({"undo": "v, u"}, "v")])
async def test_a_refusal_and_the_log_name_the_effective_key(keymap: dict[str, str], key: str) -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout(), keymap=keymap)
    async with shown(app, 120, 40) as pilot:
        feed.tell(Refused("mark", Refusal(Code.ALREADY_DONE, "TLS", by="bo"), "ana"))
        await settle(app, pilot)
        sentence = f"TLS is already done by bo; press {key} to undo it"
        assert f"refused: {sentence}" in page(app)[-1]
        assert any(f"ana mark: {sentence}" in line for line in page(app)[:-1])


async def test_a_remark_about_the_item_is_typed_at_the_bottom() -> None:
    book = Notebook()
    app = CockpitApp(ListFeed(go_live(), book), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("w", "j", "j", "c", *"q [/b] u", "enter")
        await settle(app, pilot)
        assert book.asked == [commands.AddNote("ana", "q [/b] u", TLS)]
        await pilot.press("m", "enter")
        assert book.asked[1:] == [commands.AddNote("ana", "", marker=True)]


async def test_the_cursor_stays_on_its_item_while_rows_come_and_go() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("w", *["j"] * 5, "f")
        panel = app.board.active
        key = panel.chosen
        feed.tell(ItemMarked("readiness/security-compliance/audit-logging", Mark.DONE, "bo"))
        await settle(app, pilot)
        assert panel.chosen == key
        await pilot.press("f")
        assert panel.chosen == key


async def test_a_storm_of_sizes_neither_moves_the_cursor_nor_mounts_anything() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 120, 40) as pilot:
        await pilot.press("w", *["j"] * 9)
        panel = app.board.active
        key, widgets = panel.chosen, list(app.screen.walk_children())
        for width, height in [(80, 24), (40, 12), (200, 60), (20, 5), (1, 1), (79, 23), (160, 40), (121, 30), (80, 24)]:
            await pilot.resize_terminal(width, height)
            await settle(app, pilot)
        assert panel.chosen == key
        assert list(app.screen.walk_children()) == widgets
        assert "> [+]   7 Read Replicas" in screen(app)


async def test_closing_a_section_puts_the_cursor_on_its_heading() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("w", "j", "j", "j", "h")
        await settle(app, pilot)
        assert ">  ▸ Security & Compliance"[:3] == page(app)[6][:3].replace("> ▸", ">  ")
        assert "Secrets" not in screen(app)
        await pilot.press("l")
        await settle(app, pilot)
        assert "Secrets" in screen(app)


@pytest.mark.parametrize("back", ["go_back", "overview", "zoom"])
async def test_a_hidden_panel_does_not_come_back_with_what_was_true_when_it_was_left(back: str) -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        checklist = app.board.named("checklist")
        assert checklist is not None
        await pilot.press("w")
        await settle(app, pilot)
        assert "[ ]   5 Audit Logging" in drawn(checklist)
        await pilot.press("2", "z")
        feed.tell(ItemMarked("readiness/security-compliance/audit-logging", Mark.DONE, "ana"))
        await settle(app, pilot)
        assert drawn(checklist) == "", "Textual paints what is left for a frame before the panel is drawn again"
        getattr(app, back)()
        await settle(app, pilot)
        assert "[x]   5 Audit Logging" in screen(app)


def drawn(panel: Panel) -> str:
    """Return what a panel draws, whether it is in sight or not."""
    return "\n".join("".join(part for part, _ in line) for line, _ in panel.rows)


async def test_a_pane_alone_and_back() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("2", "z")
        await settle(app, pilot)
        assert "To do" not in screen(app)
        await pilot.press("0")
        await settle(app, pilot)
        assert "To do" in screen(app)
        await pilot.press("6")
        await settle(app, pilot)
        assert "━ 6 Redis" in screen(app)
        await pilot.press("escape")
        await settle(app, pilot)
        assert "┮ 2 Signals ━" in screen(app)


async def test_a_fault_keeps_the_last_value_and_shows_why() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 120, 40) as pilot:
        feed.wait(60)
        feed.tell(Observed("p95", Fault(FaultKind.UNREACHABLE, "connection refused"), judged(Level.UNKNOWN)))
        await settle(app, pilot)
        row = next(line for line in page(app) if "p95 of chat routes" in line)
        assert "[?]" in row
        assert "2098 ms" in row
        assert "unreach" in row
        assert "1m" in row


async def test_a_saturated_instrument_is_marked() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 120, 40) as pilot:
        feed.tell(Observed("p95", Reading(5000.0), judged(Level.FAIL)))
        await settle(app, pilot)
        assert ">=5000 ms" in screen(app)


async def test_the_display_freezes_while_recording_continues() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("p")
        feed.wait(5)
        feed.tell(Noted("seen while frozen", "bo"))
        await settle(app, pilot)
        assert "FROZEN 5s" in screen(app)
        assert "paused, 1 update queued; p resumes" in screen(app)
        assert "seen while frozen" not in screen(app)
        await pilot.press("p")
        await settle(app, pilot)
        assert "seen while frozen" in screen(app)


async def test_where_nothing_can_be_recorded_keys_say_so() -> None:
    app = CockpitApp(ListFeed(go_live()), layout())
    async with shown(app, 80, 24) as pilot:
        for key in ("space", "u", "c", "m", "r", "ctrl+r"):
            await pilot.press("escape", key)
            await settle(app, pilot)
            assert "read-only session" in page(app)[-1]
            assert not app.prompt.asking
        await pilot.press("colon", *"note x", "enter")
        await settle(app, pilot)
        assert "read-only session" in page(app)[-1]


async def test_enter_in_a_burst_takes_what_was_typed_and_not_what_the_palette_showed_before() -> None:
    book = Notebook()
    app = CockpitApp(ListFeed(go_live(), book), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon")
        for letter in "thme mono":
            app.post_message(Key("space" if letter == " " else letter, letter))
        app.post_message(Key("enter", "\r"))
        await settle(app, pilot)
        assert "unknown command 'thme'" in page(app)[-1]
        assert book.asked == []
        await pilot.press("colon")
        for key in (*"the", "tab"):
            app.post_message(Key(key, key))
        await settle(app, pilot)
        assert page(app)[-1].split() == [":", "theme"]


async def test_commands_run_complete_and_point_at_what_was_meant() -> None:
    book = Notebook()
    app = CockpitApp(ListFeed(go_live(), book), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"t0 +15m", "enter")
        assert book.asked == [commands.SetT0("ana", app.sight.now.wall + 900)]
        await pilot.press("colon", *"notr hello", "enter")
        await settle(app, pilot)
        assert "did you mean note?" in page(app)[-1]
        await pilot.press("colon", *"sense err", "tab", "enter")
        assert book.asked[1:] == [commands.SenseNow("ana", ("error_rate",))]
        await pilot.press("colon", "ctrl+p", "enter")
        assert book.asked[2:] == book.asked[1:2]
        await pilot.press("colon", *"accept", "enter")
        await settle(app, pilot)
        assert ":accept REASON" in page(app)[-2]
        assert page(app)[-1].strip() == "needs REASON, such as waiting for the database team : accept"
        await pilot.press("escape")
        await pilot.press("colon", *"panel redis", "enter")
        await settle(app, pilot)
        assert "Redis hit rate" in screen(app)


async def test_leaving_asks_and_waits_for_the_record() -> None:
    book = Notebook()
    feed = ListFeed(go_live(), book)
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "q", "enter")
        assert book.asked == []
        await typed(app, pilot, "ctrl+c", "e", *"live", "enter")
        await settle(app, pilot)
        assert book.asked == [commands.EndSession("ana", "live")]
        assert app.is_running
        feed.tell(Closed("live", "ana"))
        app.frame()
    assert app.return_value == "ended"


async def test_a_refused_end_keeps_the_screen() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "ctrl+c", "e", *"live", "enter")
        await settle(app, pilot)
        feed.tell(Refused("end", Refusal(Code.CONTROLS_NEEDED, by="bo"), "ana"))
        app.frame()
        feed.wait(60)
        app.frame()
        assert app.is_running
        assert any("this needs the controls, which bo has" in line for line in page(app))


async def test_a_read_only_session_is_left_without_a_question() -> None:
    app = CockpitApp(ListFeed(go_live()), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("q")
    assert app.return_value == "closed"


async def test_copied_text_is_also_in_the_file(tmp_path: Path) -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout(), copy_file=tmp_path / "copied")
    async with shown(app, 80, 24) as pilot:
        await pilot.press("w", "j", "j", "y")
        assert (tmp_path / "copied").read_text().startswith("[+]   1 SSL/TLS")
        assert (tmp_path / "copied").stat().st_mode & 0o777 == 0o600


async def test_of_a_contact_its_name_is_copied_and_of_a_link_its_address(tmp_path: Path) -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout(), copy_file=tmp_path / "copied")
    async with shown(app, 80, 24) as pilot:
        for key, text in (("j", "Ana Example, +49 30 1234"), ("G", "https://status.example.com")):
            await pilot.press("o", key)
            await settle(app, pilot)
            await pilot.press("y")
            assert (tmp_path / "copied").read_text() == f"{text}\n"


@pytest.mark.parametrize("umask", [0, 0o022])
def test_what_is_copied_is_private_and_follows_no_link(tmp_path: Path, umask: int) -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout(), copy_file=tmp_path / "copied")
    before = os.umask(umask)
    try:
        copy_text(app, "one, and longer")
        (tmp_path / "copied").chmod(0o666)
        copy_text(app, "two")
    finally:
        os.umask(before)
    assert (tmp_path / "copied").read_text() == "two\n"
    assert (tmp_path / "copied").stat().st_mode & 0o777 == 0o600
    (tmp_path / "copied").unlink()
    (tmp_path / "copied").symlink_to(tmp_path / "elsewhere")
    assert "copied to the terminal only" in copy_text(app, "three")
    assert not (tmp_path / "elsewhere").exists()


async def test_a_rebound_key_replaces_the_old_one() -> None:
    book = Notebook()
    app = CockpitApp(ListFeed(go_live(), book), layout(), keymap={"undo": "U, comma"})
    async with shown(app, 80, 24) as pilot:
        await pilot.press("u")
        assert book.asked == []
        await pilot.press("U")
        assert book.asked == [commands.UndoMark("ana")]


BOUND = {"theme": "T", "baseline": "b", "contacts": "W", "go!": "Y"}


async def test_a_command_without_a_key_can_be_bound_to_one() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout(), keymap=BOUND)
    async with shown(app, 80, 24) as pilot:
        await pilot.press("Y")
        await settle(app, pilot)
        assert page(app)[-1].split() == [":", "go!"]
        await pilot.press("escape")
        await pilot.press("T")
        await settle(app, pilot)
        assert page(app)[-1].split() == [":", "theme"]
        await pilot.press("escape", "W")
        assert app.pane.kind == "links"
        await pilot.press("escape", "o")
        assert app.pane.kind == "checklist", "the shipped key is free again"


async def test_clocks_turn() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        assert "02:16:35Z  marker" in screen(app)
        await pilot.press("t", "t")
        await settle(app, pilot)
        assert "T+00:06:35  marker" in screen(app)


async def test_a_bug_in_a_panel_costs_that_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())

    def broken(*args: object) -> Rows:
        raise KeyError("boom")

    monkeypatch.setattr(StatPanel, "look", broken)
    async with shown(app, 80, 24) as pilot:
        assert "this panel failed: KeyError" in screen(app).replace("\n", "")
        assert "NEEDS YOU" in screen(app)
        monkeypatch.undo()
        feed.wait(1)
        await settle(app, pilot)
        assert "5xx share" in screen(app)


async def test_a_layout_may_ask_for_what_there_is_not() -> None:
    strange = Layout("strange", (PanelSpec("a", "moon"), PanelSpec("b", "stat", signals=("gone",))))
    app = CockpitApp(ListFeed(go_live(), Notebook()), strange)
    async with shown(app, 80, 24) as pilot:
        assert "unknown panel kind 'moon'" in screen(app)
        await pilot.press("2")
        await settle(app, pilot)
        assert "unknown signal gone" in screen(app)


async def test_nothing_new_paints_nothing() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 120, 40) as pilot:
        await settle(app, pilot)
        app.frame()
        assert not app.screen._dirty_widgets
