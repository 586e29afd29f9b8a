"""Procedures followed by keys on a pty: every key once the screen shows what the one before did."""

import contextlib
import json
import re
from typing import Any

from tests.e2e.pty_session import Place, answer, until
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal

SLOW_S = PATIENCE_S
"""How long a state of the screen is waited for on a slow machine."""

HEARS_S = 1.0
"""Session seconds after which a dialog accepts keys: twice what it waits."""

CANCEL, RUN, PAGE_DOWN = r"> Cancel ", r"> Run ", "\x1b[6~"


def see(program: Terminal, pattern: str) -> None:
    """Wait until the screen shows it."""
    program.wait_for(pattern, SLOW_S)


def time_passes(program: Terminal, place: Place) -> None:
    """Wait until the journal shows that a visible dialog has ignored keys for long enough."""
    first = _at(place)
    until(program, lambda: _at(place) >= first + HEARS_S, "the time of the session passes", SLOW_S)


def settle(program: Terminal, place: Place, key: str, question: str) -> None:
    """Answer a question once it accepts keys; the key must not fall into what opens behind it."""
    time_passes(program, place)
    answer(program, key, question)


def _at(place: Place) -> float:
    return float(json.loads(place.journal.read_bytes().split(b"\n")[-2])[1])


def current(program: Terminal, letter: str, number: int) -> None:
    """Wait until a step is shown large, its state being this letter."""
    see(program, rf"── \[{re.escape(letter)}\] {number} ")


def confirmed(program: Terminal, place: Place, name: str = "") -> str:
    """Go through the dialog of `!`, typing the name where one has to be typed; return what it showed at first."""
    program.press("!")
    see(program, CANCEL)
    shown = program.text()
    time_passes(program, place)
    program.press(PAGE_DOWN * 5)
    if name:
        focus(program, rf"> type {name}: ")
        program.press(name)
        see(program, rf"type {name}: {name}.*right")
        time_passes(program, place)
    focus(program, RUN)
    program.press("\r")
    until(program, lambda: not re.search(rf"{RUN}|{CANCEL}", program.text()), "the dialog is gone", SLOW_S)
    return shown


def focus(program: Terminal, pattern: str) -> None:
    """Give the focus to the next choice; a screen that has not yet seen the time pass lets a key fall."""
    for _ in range(6):
        program.press("\t")
        with contextlib.suppress(TimeoutError):
            program.wait_for(pattern, SLOW_S / 6)
            return
    raise AssertionError(f"the focus never came to {pattern!r}:\n{program.text()}")


def facts(place: Place) -> list[dict[str, Any]]:
    """Return the bodies of the session's facts, as `log --format jsonl` tells them."""
    told = place.call("log", "--format", "jsonl")
    assert told.returncode == 0, told.stderr
    return [json.loads(line)["body"] for line in told.stdout.splitlines()]


def of(bodies: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the facts of one kind."""
    return [body for body in bodies if body["type"] == kind]


def cockpit(place: Place, *steps: dict[str, Any], allowed: bool) -> str:
    """Write a cockpit with the procedure `Fix`, and the signal `there`, which passes; return its file's name."""
    place.write("flag", "")
    checklist = {
        "name": "night",
        "title": "Night",
        "phases": [
            {"title": "Live", "sections": [{"title": "Door", "items": [{"title": "Stands", "signal": "there"}]}]}
        ],
        "signals": {
            "there": {
                "title": "there",
                "disk.stat": str(place.folder / "flag"),
                "pass": "value.exists",
                "every": "500ms",
            }
        },
        "procedures": [{"id": "fix", "title": "Fix it", "target": "muxer", "steps": list(steps)}],
    }
    document = {
        "name": "Steps",
        "environment": "test",
        "checklist": "night.yaml",
        "layout": "go-live",
        "sources": {"disk": {"kind": "file"}},
        "allow": {"procedures": allowed},
    }
    # JSON is YAML.
    place.write("night.yaml", json.dumps(checklist))
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


def command(program: Terminal, place: Place, line: str) -> None:
    """Type a line into the command line, and press Enter once it accepts keys."""
    program.press(":")
    see(program, r":go \[PHASE\]")
    program.press(line)
    see(program, rf": {line}")
    time_passes(program, place)
    program.press("\r")


def begun(program: Terminal, place: Place, title: str = "Fix it", item: str = "1 Stands") -> None:
    """Begin a procedure that nothing calls for, once the screen shows the item."""
    see(program, item)
    program.press("E")
    see(program, rf"> \[ \] {re.escape(title)}")
    # Not Enter: it would show the rest of a message that came just before.
    program.press("!")
    see(program, r"start it\?")
    settle(program, place, "s", r"start it\?")
    current(program, "*", 1)
