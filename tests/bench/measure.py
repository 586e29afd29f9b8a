"""What is measured of one program on a pty: its start, its keys, its idling."""

import random
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.machine import TICK_HZ, on_another_core
from tests.terminal import Terminal


@dataclass
class Figures:
    """Start in ms from exec, keys in ms from press to changed cell, idle as shares of a core and bytes a second.

    `start_cpu_s` are the CPU seconds used until `started_s` after exec.
    """

    first_byte: float = 0.0
    first_paint: float = 0.0
    ready: float = 0.0
    start_cpu_s: float = 0.0
    keys: list[float] = field(default_factory=list)
    missed: int = 0
    idle_cpu: float = 0.0
    idle_bytes: float = 0.0
    rss_mb: float = 0.0

    def key(self, share: float) -> float:
        """Return the quantile of the key times."""
        return quantile(self.keys, share)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values is, NaN of nothing."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def measure(
    argv: Sequence[str],
    size: tuple[int, int],
    ready: str,
    *,
    env: Mapping[str, str] | None = None,
    presses: int = 0,
    settle_s: float = 0.0,
    idle_s: float = 0.0,
    idle_from_s: float = 0.0,
    started_s: float = 0.0,
) -> Figures:
    """Run a program once and return its figures; `ready` is what its screen shows once it can be used.

    It idles from `idle_from_s` after exec on, or after the keys if that is later.
    """
    with on_another_core():
        program = Terminal(argv, *size, env=env)
    with program:
        figures = _start(program, ready)
        _read_until(program, program.started + started_s)
        figures.start_cpu_s = cpu_s(program.process.pid)
        program.quiet(0.3, settle_s + 0.3)
        _read_until(program, time.monotonic() + settle_s)
        if presses:
            _keys(program, figures, presses)
        if idle_s:
            _read_until(program, program.started + idle_from_s)
            _idle(program, figures, idle_s)
        return figures


def _read_until(program: Terminal, end: float) -> None:
    while (left := end - time.monotonic()) > 0:
        program.read(left)


def _start(program: Terminal, ready: str) -> Figures:
    figures = Figures()
    stamp = time.monotonic()
    while program.process.poll() is None and time.monotonic() - program.started < 30:
        stamp = program.read(0.02) or stamp
        text = program.text()
        if text.strip() and not figures.first_paint:
            figures.first_paint = (stamp - program.started) * 1000
        if ready in text:
            figures.ready = (stamp - program.started) * 1000
            break
    else:
        raise RuntimeError(f"{ready!r} was never shown:\n{program.text()}")
    figures.first_byte = ((program.first_byte or stamp) - program.started) * 1000
    return figures


def _keys(program: Terminal, figures: Figures, presses: int) -> None:
    chance = random.Random(1)
    for number in range(presses):
        pause = time.monotonic() + chance.uniform(0.015, 0.06)
        _read_until(program, pause)
        program.quiet(0.008, 0.5)
        before = _cursor_cells(program)
        pressed = program.press("j" if number % 60 < 30 else "k")
        changed = None
        while changed is None and time.monotonic() - pressed < 1.0:
            stamp = program.read(0.2)
            if stamp is not None and _cursor_cells(program) != before:
                changed = stamp
        if changed is None:
            figures.missed += 1
        else:
            figures.keys.append((changed - pressed) * 1000)


def _cursor_cells(program: Terminal) -> tuple[object, ...]:
    """The left part of the screen with its colours: where the checklist's cursor moves, or the counter counts."""
    program.lines()
    width = min(program.screen.columns // 3, 30)
    buffer = program.screen.buffer
    return tuple(buffer[row][column] for row in range(program.screen.lines) for column in range(width))


def _idle(program: Terminal, figures: Figures, idle_s: float) -> None:
    pid = program.process.pid
    cpu, sent, began = cpu_s(pid), program.bytes, time.monotonic()
    _read_until(program, began + idle_s)
    wall = time.monotonic() - began
    figures.idle_cpu = (cpu_s(pid) - cpu) / wall
    figures.idle_bytes = (program.bytes - sent) / wall
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    figures.rss_mb = int(status.split("VmRSS:")[1].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK_HZ


def median(values: Sequence[float]) -> float:
    """Return the median, NaN of nothing."""
    return statistics.median(values) if values else float("nan")


def module(name: str) -> list[str]:
    """Return the argv that runs a module of the tests with this interpreter."""
    return [sys.executable, "-m", name]
