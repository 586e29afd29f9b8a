"""The canary of the demo by keys: three weights, an incident at the second, abort, rollback, verification, report."""

import re
from pathlib import Path

import pytest

from tests.e2e.demo.canary_deeds import CANARY_DEEDS, deeds
from tests.e2e.procedures import steps
from tests.e2e.procedures.steps import command, confirmed, current, facts, see, settle, time_passes
from tests.e2e.pty_session import Place, ended
from tests.terminal import Terminal

SPEED = 12.0


def begin(program: Terminal, place: Place, title: str, name: str = "") -> None:
    """Start the procedure that is shown, and run its first step."""
    see(program, rf"{title}.* not started")
    program.press("!")
    see(program, r"start it\?")
    settle(program, place, "s", r"start it\?")
    current(program, "*", 1)
    confirmed(program, place, name)


def promote(program: Terminal, place: Place, weight: int) -> None:
    """Promote the canary that waits at a weight, as NEXT proposes it."""
    see(program, rf"NEXT +! +promote to the next step: at weight {weight}%")
    program.press("!")
    begin(program, place, "Promote shop", "shop")
    see(program, r"Promote shop +done")
    program.press("q")


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo")
def test_a_canary_that_fails_at_its_second_weight_is_aborted_and_rolled_back_by_keys(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Dialogs ignore keys for a part of a second of real time.
    monkeypatch.setattr(steps, "HEARS_S", steps.HEARS_S * SPEED)
    place = Place(folder)
    with place.open("demo", "--scenario", "canary", "--speed", str(SPEED)) as program:
        see(program, r"NEXT +:go +open Release")
        command(program, place, "go")
        see(program, r"NEXT +! +3 The new version has all traffic: open Deploy")
        program.press("!")
        begin(program, place, "Deploy version 2.4.1", "shop")
        see(program, r"Deploy version 2.4.1 as a canary +done")
        program.press("q")
        promote(program, place, 5)
        abort(program, place)
        roll_back(program, place)
        verify(program, place)
        assert ended(program) == 0
    assert deeds(facts(place)) == CANARY_DEEDS
    reported(place)


def abort(program: Terminal, place: Place) -> None:
    """Stop the canary for the reason that the advice names, at its second weight."""
    see(program, r"NEXT +E +abort the canary: 5xx share \d+(\.\d)?% at weight 20%")
    program.press("E")
    begin(program, place, "Abort shop", "shop")
    current(program, "*", 2)
    program.press("!")
    see(program, r"Abort shop +done")


def roll_back(program: Terminal, place: Place) -> None:
    """Give the Rollout the version before, as the advice proposes it."""
    program.press("q")
    see(program, r"NEXT +E +Roll back the release: 3 steps")
    program.press("E")
    begin(program, place, "Roll back the release")
    current(program, "*", 2)
    confirmed(program, place, "shop")
    current(program, "*", 3)
    program.press("!")
    see(program, r"begin the wait\?")
    settle(program, place, "w", r"begin the wait\?")
    see(program, r"Roll back the release +done")
    program.press("q")


def verify(program: Terminal, place: Place) -> None:
    """Defer what was not released, check that one version serves without errors, and end the session."""
    see(program, r"> .*3 The new version")
    program.press("D")
    see(program, r"defer 3 The new version")
    program.press("rolled back to 2.4.0")
    see(program, "rolled back to 2.4.0")
    time_passes(program, place)
    program.press("\r")
    see(program, r"NEXT +:go +open Verification")
    command(program, place, "go")
    see(program, r"\[Verification")
    see(program, r"NEXT +(n )?Space +7 The outcome is announced")
    command(program, place, "tick verification/outcome/the-outcome-is-announced")
    see(program, r"NEXT +:end OUTCOME +end the session")
    command(program, place, "end rolled back to 2.4.0")


def reported(place: Place) -> None:
    """Check that the report shows each part of the go-live."""
    told = place.call("report")
    assert told.returncode == 0, told.stderr
    parts = (
        r"Deploy version 2\.4\.1 as a canary",
        r"Promote shop",
        r"change.* rollout: .*weight \d+% to 5%",
        r"change.* rollout: .*weight 5% to 20%",
        r"change.* rollout: .*weight 20% to 0%",
        r"abort the canary: 5xx share \d+(\.\d)?% at weight 20%",
        r"Abort shop",
        r"Roll back the release",
        r"Release → Verification",
        r"ended: rolled back to 2\.4\.0",
    )
    assert not [part for part in parts if not re.search(part, told.stdout)], told.stdout
