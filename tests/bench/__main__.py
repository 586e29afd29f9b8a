"""`make bench`: the demo's cockpit and a bare Textual application in one run, their ratios and which goals are met."""

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import bare_requests, crowd, files, first_polls, hands, libraries, long, pods, polls
from tests.bench.k9s import Yardstick, k9s_yardstick
from tests.bench.machine import Machine
from tests.bench.measure import Figures, measure, median, module
from tests.bench.production import production, small_cockpit

SIZES = {"80x24": (80, 24), "200x50": (200, 50)}
USABLE = "To do"
"""What the screen shows once the checklist can be used."""

BARE_MS = 207.0
"""What the bare application needs for its first screen where the goals were set."""
IDLE_FROM_S = 45.0
"""When a cockpit idles: the pasts of charts are loaded, and the rollbacks were checked for the first time."""
TIMES = {"ms", "s", "us", "%"}
"""The units of figures that a slower machine makes larger."""

MEMORY_MB = 118.0
"""What k9s takes, as last measured: the goal where it is not found."""


@dataclass(frozen=True)
class Row:
    """One figure: what, measured, in comparison, and the most that meets the goal (None: it has none)."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    against: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is met; figures without one always are."""
        return self.goal is None or self.value <= self.goal

    def line(self, judged: bool) -> str:
        """Return the figure as a line of the table, with a verdict if the machine was quiet enough for one."""
        verdict = ("met" if self.met else "MISSED") if judged else ""
        goal = f"goal {self.goal:g} {verdict}" if self.goal is not None else ""
        return f"{self.what:58} {self.value:10.2f} {self.unit:7} {goal:18} {self.against}"


def main() -> int:
    """Measure, print the table; 0 also where goals are missed: the table shows which."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each program, alternating; medians are shown")
    parser.add_argument("--presses", type=int, default=200, help="keys pressed in each size and run")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds of idling measured in each size and run")
    parser.add_argument("--minutes", type=float, default=5.0, help="minutes of 10,000 pods, 1,000 items, 500 signals")
    parser.add_argument("--only", action="append", choices=sorted(_GROUPS), help="measure only this group; repeatable")
    options = parser.parse_args()
    # What is installed has its bytecode beside it: without, what is measured is the compiler.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    machine, rows, slower = Machine(), list[Row](), _slower(options.runs)
    for name in options.only or _GROUPS:
        for row in _GROUPS[name](options):
            rows.append(row)
            print(row.line(machine.quiet), flush=True)
    print(f"\n{machine.report()}")
    if not machine.quiet:
        print("no verdict: other programs used the machine; run it again when it is quiet")
        return 0
    print(f"the bare application starts {slower:.2f} times slower than where the goals were set")
    missed = [row for row in rows if not row.met]
    print(f"{len(rows) - len(missed)} of {len(rows)} figures meet their goal or have none; missed:")
    for row in missed:
        there = f", divided by {slower:.2f}: {row.value / slower:.2f}" if row.unit in TIMES else ""
        print(f"  {row.what}: {row.value:.2f} {row.unit}, goal {row.goal:g}{there}")
    return 0


def _slower(runs: int) -> float:
    """Return how much longer the bare application takes to start than where the goals were set."""
    times = [measure(module("tests.bench.bare"), SIZES["80x24"], "ready").first_paint for _ in range(runs + 1)]
    return median(times[1:]) / BARE_MS


def _screen(options: argparse.Namespace) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder, production(Path(folder)) as (cockpit, env):
        state = {**env, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        argv = [sys.executable, "-m", "mmcockpit", "run", str(cockpit)]
        yardstick = k9s_yardstick(options.presses, options.idle)
        for label, size in SIZES.items():
            yield from _start(argv, size, label, state, options.runs, yardstick)
            yield from _use(argv, size, label, state, options, yardstick)
        small = small_cockpit(Path(folder), cockpit)
        runs = [
            measure([*argv[:-1], str(small)], SIZES["80x24"], USABLE, env=state, settle_s=8, idle_s=2)
            for _ in range(options.runs + 1)
        ]
        against = f"Prometheus and HTTP; no Kubernetes; libraries alone {libraries.figures(every=False)[1]:.0f} MB"
        yield Row("memory without a kubernetes source", median([one.rss_mb for one in runs[1:]]), "MB", 60, against)


def _start(
    argv: list[str], size: tuple[int, int], label: str, env: dict[str, str], runs: int, k9s: Yardstick | None
) -> Iterable[Row]:
    ours, bare = [], []
    for _ in range(runs + 1):
        bare.append(measure(module("tests.bench.bare"), size, "ready"))
        ours.append(measure(argv, size, USABLE, env=env, started_s=5.0))
    # The first run of each warms the disk and fills the caches.
    ours, bare = ours[1:], bare[1:]
    yardstick = median([one.first_paint for one in bare])

    def ratio(of: Callable[[Figures], float]) -> float:
        return median([of(one) / other.first_paint for one, other in zip(ours, bare, strict=True)])

    against = f"bare {yardstick:.0f} ms"
    table = f"; k9s {k9s.table_ms:.0f} ms" if k9s is not None else ""
    goal = 1.35 if size[0] == 80 else 1.6
    yield Row(f"{label} exec to static frame", median([one.first_byte for one in ours]), "ms", 30, against)
    yield Row(f"{label} exec to usable checklist", ratio(lambda one: one.ready), "x bare", goal, against + table)
    alone = f"libraries alone {libraries.figures(every=True)[0]:.2f} s"
    yield Row(f"{label} CPU for the start, 5 s after exec", median([one.start_cpu_s for one in ours]), "s", 0.8, alone)


def _use(
    argv: list[str],
    size: tuple[int, int],
    label: str,
    env: dict[str, str],
    options: argparse.Namespace,
    k9s: Yardstick | None,
) -> Iterable[Row]:
    ours, counters = [], []
    bare = measure(module("tests.bench.bare"), size, "ready", settle_s=2, idle_s=options.idle)
    for _ in range(options.runs):
        counters.append(measure(module("tests.bench.counter"), size, "ready", presses=options.presses))
        idling = {"idle_s": options.idle, "idle_from_s": IDLE_FROM_S}
        ours.append(measure(argv, size, USABLE, env=env, presses=options.presses, settle_s=12, **idling))

    def keys(share: float) -> float:
        return median([one.key(share) / other.key(share) for one, other in zip(ours, counters, strict=True)])

    counter = [median([one.key(share) for one in counters]) for share in (0.5, 0.99)]
    against = f"counter {counter[0]:.1f} / {counter[1]:.1f} ms"
    pressed = options.runs * options.presses
    seen = f"{sum(one.missed for one in ours)} of {pressed} without change"
    most = f"counter {max(max(one.keys) for one in counters):.1f} ms; {seen}"
    others = [f"k9s {k9s.key_ms:.1f} ms", f"k9s {k9s.idle:.2f} %", f"k9s {k9s.rss_mb:.0f} MB"] if k9s else ["", "", ""]
    yield Row(f"{label} j/k to screen p50", keys(0.5), "x", 1.0, f"{against} {others[0]}".strip())
    yield Row(f"{label} j/k to screen p99", keys(0.99), "x", 2.0, against)
    yield Row(f"{label} j/k to screen max", max(max(one.keys) for one in ours), "ms", 20, most)
    idle = median([one.idle_cpu for one in ours]) * 100
    yield Row(
        f"{label} CPU at idle",
        idle,
        "%",
        1.2,
        f"from second {IDLE_FROM_S:.0f} on; bare {bare.idle_cpu * 100:.2f} % {others[1]}".strip(),
    )
    sent = median([one.idle_bytes for one in ours]) / 1000
    yield Row(f"{label} bytes at idle", sent, "kB/s", 1.0 if size[0] == 80 else 1.5)
    memory = median([one.rss_mb for one in ours])
    goal = k9s.rss_mb if k9s is not None else MEMORY_MB
    alone = f"libraries alone {libraries.figures(every=True)[1]:.0f} MB"
    against = f"bare {bare.rss_mb:.0f} MB; {alone} {others[2]}".strip()
    yield Row(f"{label} memory with all clients", memory, "MB", goal, against)


def _commands(options: argparse.Namespace) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder:
        checklist = Path(folder) / "checklist.md"
        checklist.write_text("# C\n\n## Phase\n\n### Section\n\n- [ ] **Item**: text\n", encoding="utf-8")
        names = ["completion", "--names", "phases", "--", "gate", "examples/web-service/cockpit.yaml"]
        calls = {
            "--help": (["--help"], 50),
            "check": (["check", str(checklist)], 250),
            "sessions": (["sessions"], 100),
            "completion, at a Tab": (names, 100),
        }
        for name, (words, goal) in calls.items():
            yield Row(f"mmcockpit {name}", _ms(words, options.runs), "ms", goal)


def _ms(words: list[str], runs: int) -> float:
    times = []
    for _ in range(runs + 1):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "mmcockpit", *words], check=True, capture_output=True)
        times.append((time.monotonic() - began) * 1000)
    return median(times[1:])


def _figures(made: Callable[[], Iterable[files.Figure]]) -> Callable[[argparse.Namespace], Iterable[Row]]:
    """Return the rows of figures whose goal is 0 if they have none."""
    return lambda options: (
        Row(what, value, unit, goal or None, against) for what, value, unit, goal, against in made()
    )


_GROUPS: dict[str, Callable[[argparse.Namespace], Iterable[Row]]] = {
    "screen": _screen,
    "first-polls": lambda options: (Row(*figure) for figure in first_polls.figures(options.runs)),
    "polls": _figures(polls.figures),
    "requests": _figures(bare_requests.figures),
    "commands": _commands,
    "files": _figures(files.figures),
    "long": _figures(long.figures),
    "hands": _figures(hands.figures),
    "pods": _figures(pods.figures),
    "crowd": lambda options: _figures(lambda: crowd.figures(options.minutes))(options),
}
"""What is measured, in this order; names are those of `--only`."""


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        assert isinstance(sys.stdout, io.TextIOBase)
        sys.exit(main())
