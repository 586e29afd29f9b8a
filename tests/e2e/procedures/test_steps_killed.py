"""Steps on a pty whose cockpit was killed before a retry, and whose program has vanished."""

import os
from typing import Any

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
    flaky = step("Flaky", "./flaky", retry={"times": 3, "every": "10s"})
    with place.open("run", cockpit(place, flaky, allowed=True)) as program:
        begun(program, place)
        confirmed(program, place)
        see(program, r"failed, attempt \d of 4 in \d+s")
        program.kill()
    with place.open("resume") as program:
        see(program, r"resumed")
        program.press("E")
        current(program, "!", 1)
        see(program, r"the cockpit ended before attempt \d")
        tries = len((place.folder / "count").read_text().split())
        assert (states(place, "flaky")[-1], runs(place, "flaky")) == ("retrying", tries)
        confirmed_again(program, place)
        until(program, lambda: runs(place, "flaky") == tries + 1, "an operator starts it again", SLOW_S)
        began = [body for body in of(facts(place), "StepChanged") if body["now"] == "running"][-1]
        assert (began["by"], began.get("attempt", 0)) == ("ana", 0)


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
