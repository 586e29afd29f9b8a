"""`make bench`: the demo's cockpit and a bare Textual application in one run, their ratios and which goals are met."""

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import files, hands, long
from tests.bench.measure import Figures, measure, median, module
from tests.bench.production import production

SIZES = {"80x24": (80, 24), "200x50": (200, 50)}
USABLE = "To do"
"""What the screen shows once the checklist can be used."""


@dataclass(frozen=True)
class Row:
    """One figure: what, measured, in comparison, and the goal it has to meet (0: none)."""

    what: str
    value: float
    unit: str
    goal: float = 0.0
    against: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is met; figures without one always are."""
        return not self.goal or self.value <= self.goal

    def __str__(self) -> str:
        """Return the figure as a line of the table."""
        goal = f"goal {self.goal:g} {'met' if self.met else 'MISSED'}" if self.goal else ""
        return f"{self.what:52} {self.value:10.2f} {self.unit:6} {goal:18} {self.against}"


def main() -> int:
    """Measure, print the table; 0 also where goals are missed: the table shows which."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each program, alternating; medians are shown")
    parser.add_argument("--presses", type=int, default=200, help="keys pressed in each size")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds of idling measured in each size")
    options = parser.parse_args()
    # What is installed has its bytecode beside it: without, what is measured is the compiler.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, production(Path(folder)) as (cockpit, env):
        state = {**env, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        argv = [sys.executable, "-m", "mmcockpit", "run", str(cockpit)]
        for label, size in SIZES.items():
            rows += _start(argv, size, label, state, options.runs)
            rows += _use(argv, size, label, state, options.presses, options.idle)
    rows += _commands()
    rows += [Row(*figure) for figure in (*files.figures(), *long.figures(), *hands.figures())]
    missed = [row for row in rows if not row.met]
    for row in rows:
        print(row)
    print(f"\n{len(rows) - len(missed)} of {len(rows)} figures meet their goal or have none; missed:")
    for row in missed:
        print(f"  {row.what}: {row.value:.2f} {row.unit}, goal {row.goal:g}")
    return 0


def _start(argv: list[str], size: tuple[int, int], label: str, env: dict[str, str], runs: int) -> list[Row]:
    ours, bare = [], []
    for _ in range(runs + 1):
        bare.append(measure(module("tests.bench.bare"), size, "ready"))
        ours.append(measure(argv, size, USABLE, env=env))
    # The first run of each warms the disk and fills the caches.
    ours, bare = ours[1:], bare[1:]
    yardstick = median([one.first_paint for one in bare])

    def ratio(of: Callable[[Figures], float]) -> float:
        return median([of(one) / other.first_paint for one, other in zip(ours, bare, strict=True)])

    against = f"bare {yardstick:.0f} ms"
    return [
        Row(f"{label} exec to static frame", median([one.first_byte for one in ours]), "ms", 30, against),
        Row(f"{label} exec to usable checklist", ratio(lambda one: one.ready), "x bare", 1.2, against),
    ]


def _use(
    argv: list[str], size: tuple[int, int], label: str, env: dict[str, str], presses: int, idle_s: float
) -> list[Row]:
    counter = measure(module("tests.bench.counter"), size, "ready", presses=presses)
    bare = measure(module("tests.bench.bare"), size, "ready", settle_s=2, idle_s=idle_s)
    ours = measure(argv, size, USABLE, env=env, presses=presses, settle_s=8, idle_s=idle_s)
    keys = f"counter {counter.key(0.5):.1f} / {counter.key(0.99):.1f} ms"
    return [
        Row(f"{label} j/k to screen p50", ours.key(0.5) / counter.key(0.5), "x", 1.25, keys),
        Row(f"{label} j/k to screen p99", ours.key(0.99) / counter.key(0.99), "x", 2.5, keys),
        Row(f"{label} j/k to screen max", max(ours.keys), "ms", 20, f"{ours.missed} without change"),
        Row(f"{label} CPU at idle", ours.idle_cpu * 100, "%", 1.0, f"bare {bare.idle_cpu * 100:.2f} %"),
        Row(f"{label} bytes at idle", ours.idle_bytes / 1000, "kB/s", 2.5 if size[0] == 80 else 4.0),
        Row(f"{label} memory", ours.rss_mb, "MB", 110, f"bare {bare.rss_mb:.0f} MB; with the kubernetes client"),
    ]


def _commands() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        checklist = Path(folder) / "checklist.md"
        checklist.write_text("# C\n\n## Phase\n\n### Section\n\n- [ ] **Item**: text\n", encoding="utf-8")
        calls = {"--help": ["--help"], "check": ["check", str(checklist)], "sessions": ["sessions"]}
        return [Row(f"mmcockpit {name}", _seconds(words), "s", 0.3) for name, words in calls.items()]


def _seconds(words: list[str]) -> float:
    times = []
    for _ in range(4):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "mmcockpit", *words], check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return median(times[1:])


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        assert isinstance(sys.stdout, io.TextIOBase)
        sys.exit(main())
