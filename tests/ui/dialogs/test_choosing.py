"""Choosing a revision: what is shown of each, a default that does no harm, and a way to choose again."""

from collections.abc import Callable

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import StepChanged, StepState
from mmcockpit.core.model.procedure import Capture
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.emergencies import HISTORY, ROLLBACK, SERVER, argv, emergency_file
from tests.ui.go_lives import ROLLOUT, GoLive

pytestmark = pytest.mark.anyio

PATTERN = r"^(\d+)\s+(?:(?P<good>[1-9]\d*)|\S+)\s+(?P<image>\S+)\s+(?P<since>\S+)"
REGISTRY = "ghcr.io/example/modelmuxer"
OLD, BAD = f"{REGISTRY}:2.4.0@sha256:{'56120270' * 8}", f"{REGISTRY}:2.4.1@sha256:{'151be194' * 8}"
REVISIONS = ("39", "40", "41")
DETAILS = (
    {"image": OLD, "since": "2026-12-05T02:00:00Z"},
    {"image": BAD, "since": "2026-12-06T01:00:00Z"},
    {"image": BAD, "since": "2026-12-06T01:50:00Z"},
)


def listed(running: str = "highest", count: int = 3, ran: bool = True) -> GoLive:
    """A rollback whose revisions are listed; `ran`: the old image ran well in this session before the new failed."""
    capture = Capture("revision", PATTERN, about="to go back to", running=running, differs="image" if running else "")  # type: ignore[arg-type]
    history = msgspec.structs.replace(HISTORY, captures=(capture,))
    rollback = msgspec.structs.replace(ROLLBACK, steps=(history, *ROLLBACK.steps[1:]))
    file = emergency_file()
    file = msgspec.structs.replace(file, checklist=msgspec.structs.replace(file.checklist, procedures=(rollback,)))
    night = GoLive(file).good()
    if ran:
        night.watched(60, rollout={**ROLLOUT, "image": OLD})
        night.watched(60, rollout={**ROLLOUT, "image": BAD}, error_rate=0.2)
    night.ask(commands.OpenProcedure("ana", "rollback-kubectl"))
    night.ask(commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER))
    found, details = {"revision": REVISIONS[-count:]}, {"revision": DETAILS[-count:]}
    ended = StepChanged("rollback-kubectl", "history", StepState.OK, exit=0, found=found, details=details)
    return night.tell(ended)


def chosen(value: str) -> commands.ChooseValue:
    return commands.ChooseValue("ana", "rollback-kubectl", "revision", value)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_two_enters_choose_the_last_revision_that_was_good(width: int, height: int) -> None:
    app, book = open_cockpit(listed())
    async with shown(app, width, height) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        rows = [line for line in page(app) if "2.4." in line]
        assert any("41" in row and "2.4.1@151be194" in row and "12m ago" in row and "runs now" in row for row in rows)
        assert any(
            "> 39" in row and "2.4.0@56120270" in row and "24h ago" in row and "ran well 1m ago" in row for row in rows
        )
        assert any("40" in row and "same as now" in row for row in rows)
        await typed(app, pilot, "enter")
        assert book.asked == [chosen("39")]


async def test_the_one_that_runs_is_refused_and_the_dialog_stays() -> None:
    app, book = open_cockpit(listed())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!", "up", "up", "enter", "enter")
        await settle(app, pilot)
        assert any("41 runs now: choosing it would change nothing" in line for line in page(app))
        assert book.asked == []
        await typed(app, pilot, "4", "0", "enter")
        assert book.asked == [chosen("40")]


@pytest.mark.parametrize("night", [lambda: listed(running="", ran=False), lambda: listed(ran=False)])
async def test_without_a_revision_known_to_be_good_enter_chooses_nothing(night: Callable[[], GoLive]) -> None:
    app, book = open_cockpit(night())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        assert any("no value is known to have been good" in line for line in page(app))
        await typed(app, pilot, "enter")
        assert book.asked == []
        await typed(app, pilot, "!", "3", "9", "enter")
        assert book.asked == [chosen("39")]


async def test_with_only_the_running_revision_there_is_nothing_to_choose() -> None:
    app, book = open_cockpit(listed(count=1))
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        assert "found no revision other than the one in use" in page(app)[-1]
        assert book.asked == []


def failed() -> GoLive:
    night = listed().ask(chosen("40"))
    undo = ROLLBACK.steps[1]
    night.ask(commands.RunStep("ana", "rollback-kubectl", "undo", argv(undo, "40"), SERVER, ("modelmuxer",)))
    return night.tell(StepChanged("rollback-kubectl", "undo", StepState.FAILED, exit=1, ms=41_200.0))


@pytest.mark.parametrize("keys", [("!", "c"), ("k", "!", "r")], ids=["from the failed step", "from the earlier step"])
async def test_another_revision_can_be_chosen_after_a_wrong_one(keys: tuple[str, ...]) -> None:
    app, book = open_cockpit(failed())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", *keys, *"broken too", "enter")
        assert book.asked == [commands.RepeatSteps("ana", "rollback-kubectl", "history", "broken too")]


async def test_j_and_k_move_over_the_revisions_and_letters_that_fit_nothing_say_so() -> None:
    app, book = open_cockpit(listed())
    async with shown(app, 60, 20) as pilot:
        await typed(app, pilot, "E", "!", "k")
        await settle(app, pilot)
        assert any("> 40" in line for line in page(app))
        await typed(app, pilot, "x")
        await settle(app, pilot)
        assert any("no value begins with x" in line for line in page(app))
        await typed(app, pilot, "j", "enter")
        assert book.asked == [chosen("39")]


def dialog_after(night: GoLive) -> GoLive:
    return night.ask(chosen("39"))


@pytest.mark.parametrize(("width", "height"), [(80, 23), (60, 20)])
async def test_the_danger_dialog_names_what_runs_and_what_would_run(width: int, height: int) -> None:
    app, _ = open_cockpit(dialog_after(listed()))
    async with shown(app, width, height) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert "revision    41 → 39" in screen
        assert "image       modelmuxer:2.4.1@151be194 → 2.4.0@56120270" in screen
        assert "[!] 5xx share on chat routes 20%" in screen
        assert all(text in screen for text in ("> Cancel", "type modelmuxer: _", "Run     exactly this"))
        assert page(app)[0].startswith(" LIVE PROD")
        assert page(app)[1].startswith(" NO-GO")
