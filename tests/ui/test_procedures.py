"""Procedures on the screen: what is called for, the step that is to be done, the dialogs, and what never runs."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from textual.events import Paste
from textual.pilot import Pilot

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import AnyBody, ProcedureOpened, Refused, StepChanged, StepOutput, StepState
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Step
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.messages.templates import change
from mmcockpit.core.state.procedure_runs import StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.step_details import View, step_line
from mmcockpit.ui.render.text import text_of
from tests.ui.conftest import Picture, page, settle, shown, typed
from tests.ui.emergencies import (
    HISTORY,
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
    running,
    unknown,
)
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import GoLive, go_live_layout

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialog shows the working directory."""
    monkeypatch.chdir("/")


def open_cockpit(night: GoLive, copies: Path | None = None) -> tuple[CockpitApp, Notebook, ListFeed]:
    book = Notebook()
    feed = night.feed(book)
    return CockpitApp(feed, go_live_layout(), copy_file=copies), book, feed


async def heard(app: CockpitApp, pilot: "Pilot[str]", feed: ListFeed) -> None:
    """Let the time pass in which a dialog ignores keys."""
    await settle(app, pilot)
    feed.wait(1.0)
    await settle(app, pilot)


STATES: dict[str, tuple[Callable[[], GoLive], tuple[str, ...]]] = {
    "called": (called, ("E",)),
    "listed": (listed, ("E", "E")),
    "begun": (begun, ("E",)),
    "ready": (chosen, ("E",)),
    "dialog": (chosen, ("E", "!")),
    "running": (running, ("E",)),
    "failed": (failed, ("E",)),
    "unknown": (unknown, ("E",)),
}
SIZES = {"80x24": (80, 24, False), "120x40": (120, 40, False), "mono": (80, 24, True)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
async def test_pictures(picture: Picture, monkeypatch: pytest.MonkeyPatch, state: str, size: str) -> None:
    width, height, mono = SIZES[size]
    if mono:
        monkeypatch.setenv("NO_COLOR", "1")
    night, keys = STATES[state]
    app, *_ = open_cockpit(night())
    async with shown(app, width, height) as pilot:
        for key in keys:
            await pilot.press("exclamation_mark" if key == "!" else key)
            await settle(app, pilot)
        assert picture(app)


RUN = commands.RunStep("ana", "rollback-kubectl", "undo", argv(UNDO), SERVER, ("modelmuxer",))


async def press(app: CockpitApp, pilot: "Pilot[str]", *keys: str) -> None:
    """Press keys one after the other, each once the screen shows what the one before did."""
    for key in keys:
        await pilot.press({"!": "exclamation_mark", ":": "colon"}.get(key, key))
        await settle(app, pilot)


async def test_enter_shows_an_advised_procedure_and_only_a_confirmed_key_starts_it() -> None:
    app, book, feed = open_cockpit(called())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "enter", "enter", "enter")
        assert book.asked == []
        await typed(app, pilot, "!", "s")
        assert book.asked == [commands.OpenProcedure("ana", "rollback-kubectl")]
        feed.tell(ProcedureOpened("rollback-kubectl", "ana"))
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert "[*] 1 See the history" in screen
        assert "kubectl --kubeconfig /home/ana/.kube/prod-eu.yaml --context prod-eu" in screen
        assert "https://api.prod-eu.example.com:6443, context prod-eu, PRODUCTION" in screen
        await press(app, pilot, "!")
        await heard(app, pilot, feed)
        await press(app, pilot, "tab", "enter")
        assert book.asked[1:] == [
            commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER),
        ]


async def test_a_dangerous_step_runs_once_its_target_is_typed() -> None:
    app, book, feed = open_cockpit(chosen())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "!")
        await heard(app, pilot, feed)
        await press(app, pilot, "tab", *"modelmuxe", "enter")
        assert "letter for letter" in "\n".join(page(app))
        await press(app, pilot, "tab", "enter")
        assert book.asked == []
        await press(app, pilot, "r", "enter")
        await heard(app, pilot, feed)
        await press(app, pilot, "enter")
        assert book.asked == [RUN]
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("keys", [("enter",), ("escape",), ("ctrl+c",), ("x", "tab", *"modelmuxer", "up", "enter")])
async def test_cancel_has_the_focus_and_runs_nothing(keys: tuple[str, ...]) -> None:
    app, book, feed = open_cockpit(chosen())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "!")
        await heard(app, pilot, feed)
        await press(app, pilot, *keys)
        assert len(app.screen_stack) == 1
        assert book.asked == []
        assert "cancelled: nothing was run" in page(app)[-1]


async def test_no_key_counts_in_the_first_half_second() -> None:
    app, book, feed = open_cockpit(chosen())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "!", "tab", *"modelmuxer", "enter", "enter", "escape")
        assert len(app.screen_stack) == 2
        await heard(app, pilot, feed)
        await press(app, pilot, "enter")
        assert book.asked == []


async def test_pasted_text_confirms_nothing_even_where_it_comes_as_keys() -> None:
    app, book, feed = open_cockpit(chosen())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "!")
        await heard(app, pilot, feed)
        await press(app, pilot, "tab")
        app.post_message(Paste("modelmuxer\n"))
        await settle(app, pilot)
        assert "pasted text is ignored" in "\n".join(page(app))
        await press(app, pilot, *"modelmuxer", "enter", "enter")
        assert "answered too quickly" in "\n".join(page(app))
        assert book.asked == []


async def test_a_long_command_is_shown_to_its_end_before_it_runs() -> None:
    night = begun()
    app, book, feed = open_cockpit(night)
    async with shown(app, 80, 13) as pilot:
        await press(app, pilot, "E", "!")
        await heard(app, pilot, feed)
        await press(app, pilot, "tab", "enter")
        assert "read the rest first: PgDn" in "\n".join(page(app))
        await press(app, pilot, *["pagedown"] * 5, "enter")
        assert len(book.asked) == 1


async def test_a_captured_value_is_chosen_from_what_was_found() -> None:
    app, book, _ = open_cockpit(listed())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!", "4", "0", "enter")
        assert book.asked == [commands.ChooseValue("ana", "rollback-kubectl", "revision", "40")]


async def test_without_permission_the_command_is_copied_and_the_outcome_recorded(tmp_path: Path) -> None:
    copies = tmp_path / "copied"
    app, book, _ = open_cockpit(begun(allowed=False), copies)
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "!")
        assert any("The cockpit may not run it" in line for line in page(app))
        await typed(app, pilot, "y")
        assert copies.read_text(encoding="utf-8") == " ".join(argv(HISTORY)) + "\n"
        await typed(app, pilot, "y", "!", "o", *"seen it", "enter")
        assert book.asked == [commands.SettleStep("ana", "rollback-kubectl", "history", True, "seen it")]


WAYS = {
    "skip": (failed, ("!", "s", *"known", "enter"), commands.SkipStep("ana", "rollback-kubectl", "undo", "known")),
    "abandon": (failed, ("!", "a", *"helm", "enter"), commands.AbandonProcedure("ana", "rollback-kubectl", "helm")),
    "worked": (
        unknown,
        ("!", "o", *"rev 42", "enter"),
        commands.SettleStep("ana", "rollback-kubectl", "undo", True, "rev 42"),
    ),
    "did not": (
        unknown,
        ("!", "f", *"old pods", "enter"),
        commands.SettleStep("ana", "rollback-kubectl", "undo", False, "old pods"),
    ),
    "stopped": (running, ("ctrl+c", "e"), commands.StopStep("ana", "rollback-kubectl", "undo")),
    "by command": (
        failed,
        (":", *"skip known", "enter"),
        commands.SkipStep("ana", "rollback-kubectl", "undo", "known"),
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_the_end_of_a_step_is_recorded_with_a_reason(way: str) -> None:
    night, keys, wanted = WAYS[way]
    app, book, _ = open_cockpit(night())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", *("space" if key == " " else key for key in keys))
        assert book.asked == [wanted]


async def test_retry_asks_again_before_it_runs() -> None:
    app, book, feed = open_cockpit(failed())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!", "r")
        await heard(app, pilot, feed)
        await press(app, pilot, "tab", *"modelmuxer", "enter")
        await heard(app, pilot, feed)
        await press(app, pilot, "enter")
        assert book.asked == [RUN]


async def test_ctrl_c_asks_to_leave_where_nothing_runs() -> None:
    app, book, _ = open_cockpit(failed())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "ctrl+c")
        assert "Leave this go-live?" in "\n".join(page(app))
        assert book.asked == []


async def test_another_step_can_be_viewed_but_not_run() -> None:
    app, book, _ = open_cockpit(running())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E", "k")
        assert any("39        modelmuxer 2.3.8" in line or "39 modelmuxer 2.3.8" in line for line in page(app))
        await press(app, pilot, "!")
        assert "is what is to be done" in page(app)[-1]
        assert book.asked == []


async def test_the_screen_goes_with_the_procedure() -> None:
    night = running()
    app, _, feed = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E")
        done: list[AnyBody] = [StepChanged("rollback-kubectl", "undo", StepState.RUNNING, exit=0, ms=41_000.0)]
        feed.tell(*done)
        await settle(app, pilot)
        assert any("waits for its effect 0s" in line for line in page(app))
        feed.tell(StepChanged("rollback-kubectl", "undo", StepState.OK, because="5xx share has passed for 1m"))
        await settle(app, pilot)
        assert any(line.startswith("> [*] 3 Watch the rollout") for line in page(app))


@pytest.mark.parametrize("layout", ["board", "log"])
async def test_the_queue_and_the_running_step_stay_in_sight(layout: str) -> None:
    app, _, _ = open_cockpit(running())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, *(("L",) if layout == "log" else ()))
        assert "Go back to the revision: running for 40s" in page(app)[2]
        assert any("E: 1 queued" in line for line in page(app)[2:4])
        assert "ROLLBACK" in page(app)[1]


async def test_a_watcher_may_look_and_nothing_else() -> None:
    night = failed()
    app = CockpitApp(night.feed(None), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E")
        assert any("FAILED: exit 1" in line for line in page(app))
        for keys in (("!",), (":", *"abandon", "space", "x", "enter")):
            await press(app, pilot, *keys)
            assert "read-only session" in page(app)[-1]


async def test_a_message_is_shown_and_goes_out_once(tmp_path: Path) -> None:
    night = called()
    app, book, _ = open_cockpit(night, tmp_path / "copied")
    text = "production modelmuxer v2.4.1: ROLLBACK"
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, ":", *"message", "enter")
        await typed(app, pilot, "2")
        await settle(app, pilot)
        assert any(text in line for line in page(app))
        await typed(app, pilot, "c")
        assert (tmp_path / "copied").read_text(encoding="utf-8").startswith(text)
        await press(app, pilot, ":", *"message", "space", *"status", "enter")
        await typed(app, pilot, "p")
    sent = [one for one in book.asked if isinstance(one, commands.SendMessage)]
    assert [(one.to, one.change) for one in sent] == [
        ("clipboard", change(night.session)),
        ("webhook", change(night.session)),
    ]


async def test_without_a_webhook_a_message_can_only_be_copied() -> None:
    app, *_ = open_cockpit(called(webhook=False))
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, ":", *"message", "space", *"status", "enter")
        assert any(" c  copy" in line for line in page(app))
        assert not any(" p  post" in line for line in page(app))


async def test_an_accepted_action_replaces_the_refusal_on_the_status_line() -> None:
    night = failed()
    app, _, feed = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        refusal = Refused("skip", Refusal(Code.SKIP_NEEDS_REASON, "Go back to the revision"), "ana")
        feed.tell(refusal)
        await settle(app, pilot)
        assert "a reason is required" in page(app)[-1]
        feed.tell(StepChanged("rollback-kubectl", "undo", StepState.SKIPPED, "ana", "known"))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" step 2 skipped: Go back to the revision")


async def test_the_action_of_another_operator_is_not_confirmed_here() -> None:
    app, _, feed = open_cockpit(failed())
    async with shown(app, 80, 24) as pilot:
        feed.tell(StepChanged("rollback-kubectl", "undo", StepState.SKIPPED, "bo", "known"))
        await settle(app, pilot)
        assert "step 2 skipped" not in page(app)[-1]


WIDE = "NAME                     READY   STATUS    RESTARTS   AGE    IMAGE" + " " * 30 + "NODE"


def written() -> GoLive:
    """A step that wrote a wide table, and has ended."""
    night = begun().ask(commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER))
    lines = "\n".join([WIDE, *(f"app-{n}                    1/1     Running   {n}" for n in range(30))])
    night.tell(StepOutput("rollback-kubectl", "history", lines))
    ended = StepChanged("rollback-kubectl", "history", StepState.OK, exit=0, ms=412.0, found={"revision": ("40", "41")})
    return night.tell(ended)


async def test_output_keeps_its_columns_scrolls_sideways_and_stays_after_the_step() -> None:
    app, _, _ = open_cockpit(written())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E")
        assert any("│ app-29                    1/1     Running   29" in line for line in page(app))
        head = next(line for line in page(app) if line.startswith("  output"))
        assert "of step 1, columns 1-73 of 100 (h l), " in head
        assert "lines above (PgUp)" in head
        await press(app, pilot, *["pageup"] * 9)
        lines = page(app)
        assert any(line.endswith("AGE    IMAGE…") for line in lines if "│ NAME " in line)
        await press(app, pilot, *["l"] * 20)
        assert any(line.rstrip().endswith("NODE") and "…" in line for line in page(app))
        assert any("columns 28-100 of 100" in line for line in page(app))
        await press(app, pilot, *["h"] * 20)
        assert any("│ NAME  " in line for line in page(app))


async def test_a_long_text_of_a_step_is_cut_with_a_mark_and_enter_shows_all_of_it() -> None:
    app, book, _ = open_cockpit(wordy())
    async with shown(app, 80, 23) as pilot:
        await press(app, pilot, "E")
        assert any("more lines: Enter shows the whole step" in line for line in page(app))
        assert not any("sentence 59." in line for line in page(app))
        await press(app, pilot, "enter")
        text = "\n".join(page(app))
        for _ in range(12):
            await press(app, pilot, "pagedown")
            text += "\n".join(page(app))
        assert all(f"sentence {n}." in " ".join(text.split()) for n in range(60))
        await press(app, pilot, "enter")
        assert any(line.startswith("> [*] 1") for line in page(app))
        assert book.asked == []


def wordy() -> GoLive:
    """A procedure whose first step has a text that no panel has room for."""
    file = emergency_file()
    text = " ".join(f"This is the quite important sentence {n}." for n in range(60))
    rollback = msgspec.structs.replace(ROLLBACK, steps=(msgspec.structs.replace(HISTORY, text=text), UNDO))
    checklist = msgspec.structs.replace(file.checklist, procedures=(rollback,))
    night = GoLive(msgspec.structs.replace(file, checklist=checklist)).good()
    return night.ask(commands.OpenProcedure("ana", "rollback-kubectl"))


async def test_a_failed_step_shows_its_reason_and_then_the_ways_on() -> None:
    app, _, _ = open_cockpit(failed())
    async with shown(app, 80, 23) as pilot:
        await press(app, pilot, "E")
        lines = page(app)
        at = next(n for n, line in enumerate(lines) if line.startswith("  failed    exit 1 in 41.2s"))
        assert lines[at + 1] == "  now       ! r retry, ! s skip with a reason, ! o fixed manually, ! a abandon"


async def test_steps_show_their_time_beside_the_estimate_and_the_list_the_total() -> None:
    app, _, _ = open_cockpit(failed())
    async with shown(app, 80, 24) as pilot:
        await press(app, pilot, "E")
        assert any("2 Go back" in line and line.rstrip().endswith("41s of ~1m 30s") for line in page(app))
        await press(app, pilot, "E")
        assert any("Emergency" in line and "7 steps, ~7 min" in line for line in page(app))


@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize(
    "title", ["Undo", "Show the images of the revisions", "Check the revision to roll back to", "x" * 80]
)
def test_the_title_of_a_step_takes_the_room_that_its_row_has(title: str, width: int) -> None:
    view = View(Session(), Stamp(0.0, 0.0), Lens(), "", 0, {})
    for state, status in ((StepState.PENDING, ""), (StepState.READY, "next")):
        row = text_of(step_line(2, StepRun(Step("a", title, estimate=20.0), state), view, width))
        assert row.endswith("~20s"), row
        assert status in row
        if len(title) < width - 20:
            assert title in row, "not cut"
        else:
            assert "…" in row
