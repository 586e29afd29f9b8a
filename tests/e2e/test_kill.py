"""kill -9 at random moments under key presses: what the screen showed as done is done, and the chain holds."""

import json
import random
import re
import time
from pathlib import Path

import pytest

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import ITEMS, light
from tests.e2e.pty_session import Place, in_order, letters
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal

KILLS = 10
SIZE = (100, 40)
NOTE = re.compile(r"\bn\d{5}\b")


@pytest.mark.parametrize("seed", [11, 22, 33])
def test_what_was_shown_as_done_outlives_ten_kills(place: Place, valkey: Valkey, seed: int) -> None:
    """Ten kills each, thirty together: one journal, `run`, then `resume` after every kill."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    command = ["run", light(place, valkey.url)]
    shown_done = notes = 0
    for kill in range(KILLS):
        with place.open(*command, size=SIZE) as program:
            in_order(program)
            program.wait_for("20 Tracing")
            if kill:
                assert_restored(program, place.journal)
            play(program, chance, kill)
            program.kill()
            while program.read(0) is not None:
                pass
            done, noted = seen(program)
        facts = journal_facts(place.journal)
        marks = [body["item"] for tag, body in facts if tag == "ItemMarked" and body["mark"] == "done"]
        assert done <= {number_of(item) for item in marks}, f"kill {kill}: shown as done, not in the journal"
        recorded = " ".join(body["text"] for tag, body in facts if tag == "Noted")
        assert noted <= set(NOTE.findall(recorded)), f"kill {kill}: shown as noted, not in the journal"
        shown_done, notes = shown_done + len(done), notes + len(noted)
        command = ["resume"]
    assert shown_done, "no mark was ever shown: nothing was tested"
    print(f"{KILLS} kills: {shown_done} marks shown as done and {notes} notes shown, all there")
    verified = place.call("verify")
    assert verified.returncode == 0, verified.stdout
    logged = place.call("log")
    assert logged.returncode == 0
    assert logged.stdout.count("resumed") >= KILLS - 1


def play(program: Terminal, chance: random.Random, kill: int) -> None:
    """Type what an operator types, for up to a second and a half, and end anywhere."""
    end = time.monotonic() + chance.uniform(0.05, 1.5)
    number = 0
    while time.monotonic() < end:
        number += 1
        note = f"n{kill:02}{number:03}"
        program.press(chance.choice(["j", "k", "j ", "j ", "j j ", " ", "u", f"m{note}\r", f"c{note}\r", "w", "G"]))
        program.read(chance.uniform(0, 0.08))
        program.lines()


def seen(program: Terminal) -> tuple[set[int], set[str]]:
    """Return the numbers of the items shown as done and the notes shown in the log, not those being typed."""
    lines = program.lines()
    done = {number for number, letter in letters("\n".join(lines)).items() if letter == "x"}
    return done, set(NOTE.findall("\n".join(line for line in lines[:-1])))


def assert_restored(program: Terminal, journal: Path) -> None:
    """Compare the screen with a fold of our own over the journal's bare lines."""
    done: set[int] = set()
    for tag, body in journal_facts(journal):
        if tag == "ItemMarked":
            (done.add if body["mark"] == "done" else done.discard)(number_of(body["item"]))
    end = time.monotonic() + PATIENCE_S
    while (shown := seen(program)[0]) != done:
        assert time.monotonic() < end, f"in the journal {sorted(done)}, on the screen {sorted(shown)}"
        program.read(0.05)


def journal_facts(journal: Path) -> list[tuple[str, dict[str, str]]]:
    """Return the facts of a journal as they stand there; the last line may be torn."""
    lines = journal.read_bytes().split(b"\n")[:-1]
    return [(tag, body) for _, _, _, tag, body, _ in map(json.loads, lines)]


def number_of(item: str) -> int:
    """Return the number of an item of the small checklist by its id."""
    return [name.lower() for name in ITEMS].index(item.rpartition("/")[2]) + 1
