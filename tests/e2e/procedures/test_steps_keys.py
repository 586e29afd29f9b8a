"""Steps on a pty: a cockpit that dies under one, and one that may not run any."""

import os
import re
from pathlib import Path

import pytest

from tests.e2e.procedures.steps import (
    CANCEL,
    SLOW_S,
    begun,
    cockpit,
    confirmed,
    current,
    facts,
    of,
    see,
    settle,
    time_passes,
)
from tests.e2e.pty_session import REPOSITORY, Place, alive, all_end, children, until
from tests.terminal import Terminal

LONG = "600"


def test_after_a_kill_only_an_operator_sets_how_the_running_step_ended(place: Place) -> None:
    wait = {"title": "Wait", "command": ["sleep", LONG], "danger": "changes", "signal": "there", "timeout": "20m"}
    left: set[int] = set()
    with place.open("run", cockpit(place, wait, allowed=True)) as program:
        begun(program, place)
        confirmed(program, place)
        current(program, "~", 1)

        def runs() -> bool:
            left.update(pid for pid in children(program.process.pid) if LONG in words(pid))
            return bool(left)

        until(program, runs, "the command runs", SLOW_S)
        program.kill()
    try:
        with place.open("resume") as program:
            see(program, r"outcome unknown")
            program.press("E")
            current(program, "?", 1)
            see(program, r"unknown +process \d+ still runs; the cockpit ended")
            started, looked = of(facts(place), "StepProcess")
            assert (started.get("runs"), looked["runs"], looked["pid"] in left) == (None, True, True)
            see(program, r"\[\+\] there")
            time_passes(program, place)
            assert [body["now"] for body in of(facts(place), "StepChanged")] == ["running"], "a signal decides nothing"
            current(program, "?", 1)
            program.press("!")
            see(program, r"only you can decide this")
            see(program, "still runs")
            os.kill(looked["pid"], 15)
            settle(program, place, "b", r"only you can decide this")
            see(program, rf"process {looked['pid']} has ended")
            program.press("!")
            see(program, r"only you can decide this")
            settle(program, place, "o", r"only you can decide this")
            see(program, r"worked, evidence:")
            time_passes(program, place)
            program.press("looked at it\r")
            see(program, r"Fix it +done")
        settled = of(facts(place), "StepChanged")[-1]
        assert (settled["now"], settled["by"], settled["because"]) == ("ok", "ana", "looked at it")
        assert of(facts(place), "ProcedureClosed")
    finally:
        for pid in filter(alive, left):
            os.kill(pid, 9)
        all_end(left)


def words(pid: int) -> list[str]:
    """Return the command line of a process, nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


STARTS = (
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
HOOK = f"""\
import os, sys
file = os.open(os.environ["STARTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(file, b"listening\\n")
def heard(event, words):
    if event in {STARTS!r}:
        os.write(file, f"{{event}} {{words!r}}\\n".encode())
sys.addaudithook(heard)
"""
"""Python reads it when it starts, and writes down every process that anything of it starts from then on."""


@pytest.fixture
def heard(place: Place) -> Path:
    """Let every Python of the place write down the processes it starts; return the file."""
    hooks = place.folder / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    place.env["PYTHONPATH"] = f"{hooks}{os.pathsep}{REPOSITORY}"
    place.env["STARTS"] = str(place.folder / "starts")
    return place.folder / "starts"


TOUCH = {"title": "Touch", "command": ["touch", "touched"], "danger": "dangerous", "timeout": "90s"}


def test_an_allowed_answer_takes_effect(place: Place, heard: Path) -> None:
    """The hook of the next test is called for a step that runs."""
    with place.open("run", cockpit(place, TOUCH, allowed=True)) as program:
        begun(program, place)
        confirmed(program, place, "muxer")
        see(program, r"Fix it +done")
    said = heard.read_text(encoding="utf-8")
    assert said.startswith("listening\n")
    assert re.search(r"subprocess\.Popen .*'touch', 'touched'", said), said
    assert (place.folder / "touched").exists()


FORBIDDEN = r"The cockpit may not run it"


def test_without_permission_no_key_starts_a_process(place: Place, heard: Path) -> None:
    with place.open("run", cockpit(place, TOUCH, allowed=False)) as program:
        begun(program, place)
        # Enter means back; letters, a pasted name and Tab are no answer, and there is nothing to be confirmed.
        for keys in ("\r", "muxer\x1b", "\x1b[200~muxer\x1b[201~\x1b", "!!\t\x1b[Z\r"):
            asked(program)
            time_passes(program, place)
            program.press(keys)
            until(program, lambda: not re.search(FORBIDDEN, program.text()), "the question is gone", SLOW_S)
            current(program, "*", 1)
        asked(program)
        settle(program, place, "f", FORBIDDEN)
        see(program, r"failed, because:")
        time_passes(program, place)
        program.press("muxer\r")
        current(program, "!", 1)
        program.press("!")
        see(program, r"r  retry")
        settle(program, place, "r", r"r  retry")
        see(program, FORBIDDEN)
        assert not re.search(CANCEL, program.text())
        settle(program, place, "o", FORBIDDEN)
        see(program, r"worked, evidence:")
        time_passes(program, place)
        program.press("done in a shell\r")
        see(program, r"Fix it +done")
    assert heard.read_text(encoding="utf-8") == "listening\n"
    assert not (place.folder / "touched").exists()
    assert [body["now"] for body in of(facts(place), "StepChanged")] == ["failed", "ok"]


def asked(program: Terminal) -> None:
    """Press the key that runs a step where that is allowed."""
    program.press("!")
    see(program, FORBIDDEN)
    assert not re.search(CANCEL, program.text()), "nothing is offered to run"
