"""What the screen shows of warnings, of judged signals that fail, and of a gate that proves nothing."""

import msgspec
import pytest

from mmcockpit.core.decide.command import MarkItem, OpenPhase
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.reading import Fault, FaultKind
from tests.core.sessions import GOOD, WARNS, attested, number, plan, sensed
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.go_lives import GoLive, go_live_layout

pytestmark = pytest.mark.anyio

OWN = msgspec.structs.replace(number("own"), first_in_cockpit=True)
ABORTS = (Abort("rate", 60.0, "deployment"),)


def file(aborts: tuple[Abort, ...] = ()) -> CockpitFile:
    """One item that a signal decides, a signal of the cockpit file, and one for an abort rule."""
    made = plan(sensed("errors"), signals=(OWN, number("rate")), aborts=aborts)
    return msgspec.structs.replace(made, layout=go_live_layout())


async def test_a_satisfied_item_shows_a_warning_and_the_headline_counts_it() -> None:
    night = GoLive(file()).see(errors=GOOD, own=GOOD).see(errors=WARNS, own=WARNS)
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40) as pilot:
        assert page(app)[1].startswith(" GO        2 warnings; the required item is satisfied; Deployment can open")
        await pilot.press("w")
        row = next(line for line in page(app) if "[+]" in line and "errors" in line)
        assert "warning: 2 (must be < 1)" in row


async def test_an_attested_item_that_was_ticked_shows_its_warning_as_well() -> None:
    made = msgspec.structs.replace(plan(attested("access")), layout=go_live_layout())
    night = GoLive(made).see(access=GOOD).ask(MarkItem("ana", "ready/s/access")).see(access=WARNS)
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40) as pilot:
        assert page(app)[1].startswith(" GO        1 warning; ")
        await pilot.press("w")
        await settle(app, pilot)
        assert any("[x]" in line and "warning: 2 (must be < 1)" in line for line in page(app))


async def test_a_judged_signal_that_fails_is_the_headline_before_its_rule_is_armed() -> None:
    night = GoLive(file(ABORTS)).see(errors=GOOD, rate=9.0)
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40) as pilot:
        assert page(app)[1].startswith(" NO-GO     rate 9 (must be < 5)")
        await pilot.press("w")
        await settle(app, pilot)
        assert any("gate: 1 failing" in line.lower() for line in page(app))
        await typed(app, pilot, "L")
        await settle(app, pilot)
        assert any("FAIL" in line and "rate 9 (must be < 5)" in line for line in page(app)[4:])


async def test_a_phase_without_required_items_is_no_go_that_needs_nothing() -> None:
    made = msgspec.structs.replace(plan(sensed("errors", required=False)), layout=go_live_layout())
    app, _ = open_cockpit(GoLive(made))
    async with shown(app, 120, 40):
        assert page(app)[1].startswith(" HOLD      nothing is proven: ready has no required item")


async def test_a_gate_names_the_abort_rule_without_data_before_it_opens() -> None:
    gone = Fault(FaultKind.REFUSED, "gone")
    app, book = open_cockpit(GoLive(file(ABORTS)).see(errors=GOOD, rate=gone))
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "colon", *"go", "enter")
        await settle(app, pilot)
        text = " ".join(" ".join(page(app)).replace("│", " ").split())
        assert "abort rule has no data: rate: refused: gone" in text
        assert book.asked == []
        await typed(app, pilot, "o")
        assert book.asked == [OpenPhase("ana", "ready", seen=())]
