"""The cockpit as its operator has it: a program on a pty, with files, sessions and servers of its own."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.programs.forked import Program, run_program
from tests.servers.wait import PATIENCE_S, wait_until
from tests.terminal import Terminal

MMCOCKPIT = [sys.executable, "-m", "mmcockpit"]
REPOSITORY = Path(__file__).parents[2]

ITEM = re.compile(r"\[(?P<letter>.)\] +(?P<number>\d+) (?P<title>[A-Z][\w ]*\w)")
"""A row of the checklist: its letter, its number, the beginning of its title."""


class Place:
    """A folder of a test: where its cockpit finds its settings and leaves its sessions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.env = {
            "HOME": os.fspath(self.home),
            "XDG_STATE_HOME": os.fspath(folder / "state"),
            "XDG_CONFIG_HOME": os.fspath(folder / "config"),
            "MMCOCKPIT_OPERATOR": "ana",
            "PYTHONPATH": os.fspath(REPOSITORY),
        }

    def open(self, *words: str, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None) -> Terminal:
        """Start a command of mmcockpit on a pty; close it, or use it as a context."""
        merged = {**self.env, **(env or {})}
        return Terminal([*MMCOCKPIT, *words], *size, env=merged, cwd=os.fspath(self.folder), start=Program)

    def probe(self, script: Path, *words: str, env: Mapping[str, str]) -> Terminal:
        """Start a script of the test on a pty, with these arguments."""
        argv = [sys.executable, os.fspath(script), *words]
        return Terminal(argv, env={**self.env, **env}, cwd=os.fspath(self.folder))

    def call(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of mmcockpit without a terminal, to its end."""
        merged = {**os.environ, **self.env, **(env or {})}
        return run_program([*MMCOCKPIT, *words], env=merged, cwd=self.folder)

    @property
    def journals(self) -> list[Path]:
        """The journals of all sessions, the oldest first."""
        return sorted(self.folder.glob("state/mmcockpit/sessions/*/journal.jsonl"))

    @property
    def journal(self) -> Path:
        """The journal of the only session there is."""
        (only,) = self.journals
        return only

    def write(self, name: str, text: str) -> Path:
        """Write a file beside the cockpit file."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def in_order(program: Terminal) -> None:
    """Show the checklist in the order of the document: done items stay in sight, the cursor is on the open phase."""
    program.wait_for(r"\b1 (?:To do|Checklist)\b")
    program.press("w")
    program.wait_for(r"\b1 Checklist\b")


def leave(program: Terminal, timeout: float = PATIENCE_S) -> int:
    """Leave by `q` and the dialog; return the exit code once all output of the program was read."""
    program.press("q")
    program.wait_for("Leave this go-live")
    answer(program, "l", "Leave this go-live", 1.0)
    return ended(program, timeout)


def answer(program: Terminal, key: str, question: str, every_s: float = 10.0) -> None:
    """Press a key until its question is gone, which ignores keys in its first half second."""
    for _ in range(round(PATIENCE_S / every_s)):
        program.press(key)
        end = time.monotonic() + every_s
        while time.monotonic() < end:
            if program.process.poll() is not None or not re.search(question, program.text()):
                return
            program.read(0.05)
    raise AssertionError(f"{question!r} still stands:\n{program.text()}")


def ended(program: Terminal, timeout: float = PATIENCE_S) -> int:
    """Read until the program has ended; return its exit code."""
    until(program, lambda: program.process.poll() is not None, "the program ends", timeout)
    while program.read(0) is not None:
        pass
    return program.process.wait()


def until(program: Terminal, reached: Callable[[], bool], what: str, timeout: float = PATIENCE_S) -> None:
    """Read the terminal until a state is reached that it does not show."""
    end = time.monotonic() + timeout
    while not reached():
        assert time.monotonic() < end, f"not in {timeout:g} s: {what}; the screen:\n{program.text()}"
        program.read(0.05)


def letters(text: str) -> dict[int, str]:
    """Return the letters of the items in sight by their numbers."""
    return {int(found["number"]): found["letter"] for found in ITEM.finditer(text)}


def cursor(program: Terminal) -> str:
    """Return the row under the cursor, without its marks of place."""
    return next((line[1:40].strip() for line in program.lines() if line.startswith(">")), "")


def count(facts: Path) -> int:
    """Return how many whole lines a journal has."""
    return facts.read_bytes().count(b"\n")


def children(pid: int) -> set[int]:
    """Return every living descendant of a process."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text(errors="replace").rsplit(")", 1)[1].split()
            parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found: set[int] = set()
    rest = [pid]
    while rest:
        below = parents.get(rest.pop(), [])
        found.update(below)
        rest += below
    return found


def alive(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def all_end(pids: set[int], within_s: float = PATIENCE_S) -> None:
    """Wait until none of these processes lives."""
    wait_until(lambda: not any(map(alive, pids)), f"{len(pids)} processes end", within_s)
