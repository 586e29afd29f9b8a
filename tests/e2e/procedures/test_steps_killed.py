"""Steps on a pty whose cockpit was killed at each kind of step, and whose program has vanished."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.procedures.steps import (
    CANCEL,
    RUN,
    SLOW_S,
    begun,
    cockpit,
    confirmed,
    current,
    facts,
    focus,
    of,
    see,
    settle,
    time_passes,
)
from tests.e2e.pty_session import Place, until
from tests.terminal import Terminal


def step(title: str, *argv: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "command": list(argv), "danger": "changes", "timeout": "20m", **more}


def states(place: Place, name: str) -> list[str]:
    """Return the recorded states of a step."""
    return [body["now"] for body in of(facts(place), "StepChanged") if body["step"] == name]


def runs(place: Place, name: str) -> int:
    bodies = of(facts(place), "StepChanged")
    return sum(body["step"] == name and body["now"] == "running" and bool(body.get("argv")) for body in bodies)


def test_a_killed_cockpit_does_not_retry_when_it_is_resumed(place: Place) -> None:
    place.write("flaky", "#!/bin/sh\necho x >> count\nexit 3\n").chmod(0o700)
    # Twenty minutes of retries: a test that is not run for a while still finds it waiting for the next one.
    flaky = step("Flaky", "./flaky", retry={"times": 20, "every": "1m"})
    with place.open("run", cockpit(place, flaky, allowed=True)) as program:
        begun(program, place)
        confirmed(program, place)
        see(program, r"failed, attempt \d+ of 21 in \d+[sm]")
        program.kill()
    with place.open("resume") as program:
        see(program, r"resumed")
        program.press("E")
        current(program, "!", 1)
        see(program, r"the cockpit ended before attempt \d+")
        tries = len((place.folder / "count").read_text().split())
        assert (states(place, "flaky")[-1], runs(place, "flaky")) == ("retrying", tries)
        confirmed_again(program, place)
        until(program, lambda: runs(place, "flaky") == tries + 1, "an operator starts it again", SLOW_S)
        began = [body for body in of(facts(place), "StepChanged") if body["now"] == "running"][-1]
        assert (began["by"], began.get("attempt", 0)) == ("ana", 0)


KINDS: tuple[dict[str, Any], ...] = (
    {"title": "Region", "ask": {"name": "region", "choices": ["eu", "us"]}},
    {"title": "Calm", "wait": {"until": 'signals.there.verdict == "pass"'}, "timeout": "20m"},
    {
        "title": "Both",
        "parallel": [step("Left", "./member", "left", "${values.region}"), step("Right", "./member", "right")],
    },
    step("After", "./member", "after"),
)


@pytest.fixture
def members(place: Place) -> Iterator[None]:
    """End the commands that the killed cockpit leaves running."""
    yield
    for process in of(facts(place), "StepProcess"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process["pid"], 9)


@pytest.mark.usefixtures("members")
def test_a_cockpit_killed_at_each_kind_of_step_runs_none_twice_and_shows_none_done(place: Place) -> None:
    place.write("member", '#!/bin/sh\necho "$@" >> runs\nexec sleep 600\n').chmod(0o700)
    file = cockpit(place, *KINDS, allowed=True)
    (place.folder / "flag").unlink()
    with place.open("run", file) as program:
        see(program, r"NO-GO +1 Stands: does not exist")
        begun(program, place)
        see(program, r"\[\*\] 1 Region +needs an answer")
        program.kill()
    with resumed(place, "*", 1) as program:
        assert states(place, "region") == []
        program.press("!")
        see(program, r"2  us")
        settle(program, place, "2", r"2  us")
        see(program, r"\[\+\] 1 Region +us")
        current(program, "*", 2)
        program.press("!")
        see(program, r"\[~\] 2 Calm +waits, at most")
        program.kill()
    with resumed(place, "~", 2) as program:
        see(program, r"\[~\] 2 Calm +waits, at most")
        assert (states(place, "region"), states(place, "calm")) == (["ok"], ["waiting"])
        place.write("flag", "")
        see(program, r"\[\+\] 2 Calm")
        current(program, "*", 3)
        confirmed(program, place)
        current(program, "*", 4)
        confirmed(program, place)
        until(program, lambda: len(started(place)) == 2, "both members run", SLOW_S)
        until(program, lambda: len(of(facts(place), "StepProcess")) == 2, "their processes are recorded", SLOW_S)
        program.kill()
    with resumed(place, "?", 3) as program:
        see(program, r"\[\?\] 4 └ Right +OUTCOME UNKNOWN")
        see(program, r"unknown +process \d+ still runs; the cockpit ended")
        time_passes(program, place)
        program.press("!")
        see(program, r"only you can decide this")
        settle(program, place, "b", r"only you can decide this")
    assert started(place) == ["left us", "right"], "each ran once, and none after a kill"
    assert (states(place, "calm"), states(place, "after")) == (["waiting", "ok"], [])
    assert (states(place, "left"), states(place, "right")) == (["running"], ["running"])


@contextlib.contextmanager
def resumed(place: Place, letter: str, number: int) -> Iterator[Terminal]:
    """Resume the session, and wait until its procedure shows this step in this state."""
    with place.open("resume") as program:
        see(program, r"resumed")
        program.press("E")
        current(program, letter, number)
        yield program


def started(place: Place) -> list[str]:
    """Return the commands that ran, by what they wrote themselves."""
    runs = place.folder / "runs"
    return runs.read_text().splitlines() if runs.exists() else []


def confirmed_again(program: Terminal, place: Place) -> None:
    """Choose `retry` in the dialog of a failed step, and confirm the command."""
    program.press("!")
    see(program, r"r  retry")
    settle(program, place, "r", r"r  retry")
    see(program, CANCEL)
    time_passes(program, place)
    focus(program, RUN)
    program.press("\r")


def test_a_program_that_vanished_since_the_start_is_refused(place: Place) -> None:
    folder = place.folder / "bin"
    folder.mkdir()
    kubectl = folder / "kubectl-of-the-test"
    kubectl.write_text("#!/bin/sh\ntouch ran\n")
    kubectl.chmod(0o700)
    place.env["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    with place.open("run", cockpit(place, step("Deploy", kubectl.name), allowed=True), size=(200, 50)) as program:
        begun(program, place)
        kubectl.unlink()
        confirmed(program, place)
        see(program, r"Deploy was not started: kubectl-of-the-test: not found in PATH")
        current(program, "*", 1)
    assert states(place, "deploy") == []
    assert [body["refusal"]["code"] for body in of(facts(place), "Refused")] == ["program_missing"]
    assert not (place.folder / "ran").exists()
