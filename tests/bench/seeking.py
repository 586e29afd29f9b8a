"""From a key that moves a replay to the screen of that time, measured on a pty from the outside."""

import random
import re
import sys
from pathlib import Path

from tests.terminal import Terminal

TYPED = 50
SKIPPED = 50
STILL_S = 0.12
"""A screen is whole once nothing came for this long."""

_HEAD = re.compile(r"(\d\d:\d\d:\d\d)/\d\d:\d\d:\d\d")


def seeks(journal: Path, env: dict[str, str], columns: int, rows: int) -> list[float]:
    """Return the ms of random typed moments and of minutes skipped by key, in order of length.

    A seek lasts from its last key to the last byte that the screen sends for it, the playhead's moment among it.
    """
    argv = [sys.executable, "-m", "mmcockpit", "replay", str(journal), "--at", "50%"]
    chance, took = random.Random(1), []
    with Terminal(argv, columns, rows, env=env) as program:
        program.wait_for("PAUSED", 60)
        program.quiet(1.0, 10)
        for number in range(TYPED + SKIPPED):
            if number < TYPED:
                program.press(f"S{chance.uniform(1, 99):.3f}%")
                program.quiet(STILL_S, 2)
            took.append(_answered(program, "\r" if number < TYPED else chance.choice("()")))
    return sorted(took)


def _answered(program: Terminal, key: str) -> float:
    before = _head(program)
    pressed = last = program.press(key)
    # On a busy machine the first byte may take longer than a screen that is whole stays silent.
    while (stamp := program.read(STILL_S if last > pressed else 5)) is not None and stamp - pressed < 5:
        last = stamp
    if _head(program) == before:
        raise RuntimeError(f"{key!r} did not move the replay:\n{program.text()}")
    return (last - pressed) * 1000


def _head(program: Terminal) -> str:
    found = _HEAD.search(program.text())
    return found[1] if found else ""
