"""Dialogs: the header stays live, they fit small terminals, a typed name goes to its field, signals are followed."""

from collections.abc import Callable

import msgspec
import pytest
from textual.geometry import Region

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.verdict import Level, Verdict
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.emergencies import (
    ROLLBACK,
    SERVER,
    UNDO,
    argv,
    begun,
    called,
    chosen,
    emergency_file,
    failed,
    listed,
    unknown,
)
from tests.ui.go_lives import GoLive

pytestmark = pytest.mark.anyio

DIALOGS: dict[str, tuple[Callable[[], GoLive], tuple[str, ...], str]] = {
    "a dangerous step": (chosen, ("E", "!"), "Run     exactly this, once"),
    "a step that reads": (begun, ("E", "!"), "Run     exactly this, once"),
    "revisions": (listed, ("E", "!"), "Cancel  nothing is chosen"),
    "a failed step": (failed, ("E", "!"), "a  abandon"),
    "an unknown outcome": (unknown, ("E", "!"), "f  failed"),
    "leave": (called, ("q",), "e  end"),
    "a message": (called, (":", *"message", "space", *"status", "enter"), "c  copy"),
}


@pytest.mark.parametrize(("width", "height"), [(80, 23), (60, 20)])
@pytest.mark.parametrize("name", DIALOGS)
async def test_every_dialog_fits_and_leaves_the_header_in_sight(name: str, width: int, height: int) -> None:
    night, keys, last = DIALOGS[name]
    app, _ = open_cockpit(night())
    async with shown(app, width, height) as pilot:
        before = page(app)[:2]
        await typed(app, pilot, *keys)
        await settle(app, pilot)
        lines = page(app)
        assert any(last in line for line in lines)
        assert any(line.strip(" ━─│┤├")[:1] in ("╭", "┏") or "╭─" in line or "┏━" in line for line in lines)
        assert any("─╯" in line or "━┛" in line for line in lines)
        assert lines[0][:12] == before[0][:12]
        assert lines[1].split()[0] == before[1].split()[0]


@pytest.mark.parametrize("name", DIALOGS)
async def test_every_dialog_survives_that_the_terminal_shrinks_and_grows(name: str) -> None:
    night, keys, last = DIALOGS[name]
    app, _ = open_cockpit(night())
    async with shown(app, 80, 23) as pilot:
        await typed(app, pilot, *keys)
        await settle(app, pilot)
        for width, height in ((40, 12), (200, 50), (60, 50), (80, 23)):
            await pilot.resize_terminal(width, height)
            await settle(app, pilot)
        assert any(last in line for line in page(app))


async def test_a_dialog_that_has_grown_before_the_screen_below_is_drawn_whole() -> None:
    app, _ = open_cockpit(called())
    async with shown(app, 80, 23) as pilot:
        await typed(app, pilot, "q")
        for crop in (Region(0, 0, 200, 50), Region(150, 40, 50, 10)):
            strips = app.dialogs[0].render_lines(crop)
            assert {strip.cell_length for strip in strips} == {crop.width}
            assert len(strips) == crop.height


async def test_the_header_stays_live_above_a_dialog() -> None:
    app, _ = open_cockpit(called())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "q")
        before = page(app)[0]
        app._feed.wait(60)  # type: ignore[attr-defined]
        await settle(app, pilot)
        assert any("Leave this go-live?" in line for line in page(app))
        assert page(app)[0] != before


async def test_the_dialog_before_a_run_follows_the_effect_signal() -> None:
    app, _ = open_cockpit(chosen())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        assert any("effect now  [!] 5xx share on chat routes 8.1%" in line for line in page(app))
        passes = Observed("error_rate", Reading(0.004), Verdict(Level.PASS, Level.PASS, agree=3, of=3))
        app._feed.tell(passes)  # type: ignore[attr-defined]
        await settle(app, pilot)
        assert any("effect now  [+] 5xx share on chat routes 0.4%" in line for line in page(app))


def unchecked() -> GoLive:
    """The dangerous step is ready; it has no signal of its own."""
    file = emergency_file()
    undo = msgspec.structs.replace(UNDO, signal="", hold=0.0, argv=("kubectl", "rollout"))
    rollback = msgspec.structs.replace(ROLLBACK, steps=(undo, *ROLLBACK.steps[2:]))
    checklist = msgspec.structs.replace(file.checklist, procedures=(rollback,))
    night = GoLive(msgspec.structs.replace(file, checklist=checklist)).watched(30, error_rate=0.2)
    return night.ask(commands.OpenProcedure("ana", "rollback-kubectl"))


async def test_a_dangerous_step_without_a_signal_shows_what_is_checked_next_and_what_called_for_it() -> None:
    app, _ = open_cockpit(unchecked())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        lines = page(app)
        at = next(n for n, line in enumerate(lines) if "effect now  [+] Pods ready 6/6" in line)
        assert "[!] 5xx share on chat routes 20%" in lines[at + 1]


async def test_a_name_typed_while_cancel_is_selected_goes_to_its_field() -> None:
    app, book = open_cockpit(chosen())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!", *"modelmuxer")
        await settle(app, pilot)
        assert any("> type modelmuxer: modelmuxer_  right" in line for line in page(app))
        await typed(app, pilot, "enter", "enter")
        run = commands.RunStep("ana", "rollback-kubectl", "undo", argv(UNDO), SERVER, ("modelmuxer",))
        assert book.asked == [run]


@pytest.mark.parametrize("keys", [("j", "enter"), ("k", "enter"), ("down", "enter"), ("tab", "enter")])
async def test_j_k_and_arrows_move_between_cancel_and_run(keys: tuple[str, ...]) -> None:
    app, book = open_cockpit(begun())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!", *keys)
        assert len(book.asked) == 1


async def test_the_screen_below_a_dialog_is_dim_and_stays() -> None:
    app, _ = open_cockpit(called())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "q")
        await settle(app, pilot)
        strips = app.screen._compositor.render_strips()
        dim = app.screen._paint.style("border")  # type: ignore[attr-defined]
        row = next(strip for strip in strips if strip.text.startswith("━ 1 "))
        assert {segment.style for segment in row} == {dim}
