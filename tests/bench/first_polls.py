"""The first ten seconds of a session: what is queried for charts, what fails, and when the headline is decided."""

import sys
import tempfile
from pathlib import Path

from mmcockpit.core.facts.event import Backfilled, Observed, Opened, Trouble
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.charted_signal import charted_signals
from mmcockpit.core.rules.judged_signals import HEADLINE
from mmcockpit.journal.reader import read
from tests.bench.measure import measure, median
from tests.bench.production import production

FIRST_S = 10.0
MORE_S = 3.0
"""Seconds for which a run continues, so that its end is not part of the first ten."""
POLLS = 2
"""Polls of a headline signal of which one has to give a level of its own; `persist` decides later on purpose."""

Counted = tuple[str, float, str, float | None, str]
"""What, value, unit, goal (None: none), in comparison."""


def figures(runs: int) -> list[Counted]:
    """Return what happens in the first ten seconds of the demo's cockpit."""
    with tempfile.TemporaryDirectory() as folder, production(Path(folder)) as (cockpit, env):
        started = [_run(cockpit, Path(folder) / str(number), env) for number in range(runs)]
    charts, uncharted, troubles, late = (median([one[n] for one in started]) for n in range(4))
    return [
        ("first 10 s: pasts loaded for charts", charts, "", None, "by range queries, 4 at once"),
        ("first 10 s: pasts loaded that nothing draws", uncharted, "", 0, ""),
        ("first 10 s: troubles", troubles, "", 0, ""),
        (f"first 10 s: headline signals without a level after {POLLS} polls", late, "", 0, ""),
    ]


def _run(cockpit: Path, state: Path, env: dict[str, str]) -> tuple[int, int, int, int]:
    argv = [sys.executable, "-m", "mmcockpit", "run", str(cockpit)]
    measure(argv, (80, 24), "To do", env={**env, "XDG_STATE_HOME": str(state)}, started_s=FIRST_S + MORE_S)
    events = [one for one in read(next(state.rglob("journal.jsonl"))) if one.stamp.at <= FIRST_S]
    bodies = [event.body for event in events]
    opened = next(body for body in bodies if isinstance(body, Opened))
    loaded = [body.signal for body in bodies if isinstance(body, Backfilled)]
    charted = charted_signals(opened.cockpit)
    headline = {signal.name for signal in opened.cockpit.signals if HEADLINE in signal.tags and signal.judged}
    results: dict[str, list[Level]] = {name: [] for name in headline}
    for body in bodies:
        if isinstance(body, Observed) and body.signal in headline:
            results[body.signal].append(body.verdict.raw)
    late = sum(len(levels) >= POLLS and set(levels[:POLLS]) == {Level.UNKNOWN} for levels in results.values())
    troubles = sum(isinstance(body, Trouble) for body in bodies)
    return len(loaded), len([name for name in loaded if name not in charted]), troubles, late
