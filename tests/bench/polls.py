"""What one poll costs, from the schedule to the journal: signals of the session itself, which polls no other system."""

import resource
import tempfile
import time
from pathlib import Path

from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.signal import Rule, Signal
from tests.bench.files import Figure
from tests.engine.engine_run import running

SIGNALS = 200
EVERY_S = 0.5
MEASURED_S = 6.0


def figures() -> list[Figure]:
    """Return (what, value, unit, goal, against) of one poll."""
    with tempfile.TemporaryDirectory() as folder:
        ms, polls = _polled(Path(folder) / "journal.jsonl")
    return [
        ("CPU of one poll, from the schedule to the journal", ms, "ms", 0.25, f"of {polls} polls of {SIGNALS} signals")
    ]


def _polled(path: Path) -> tuple[float, int]:
    """Return the CPU of one poll in ms, and how many were measured."""
    with running(_cockpit(), path) as (_, watcher):
        watcher.until(
            lambda session: all(one.reading for one in session.signals.values()), "every signal has a reading"
        )
        before, seq = _cpu_s(), watcher.session.seq
        time.sleep(MEASURED_S)
        used = _cpu_s() - before
        watcher.look()
        polls = watcher.session.seq - seq
    return used * 1000 / polls, polls


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cockpit() -> Cockpit:
    rule = Rule("value.configured || !value.inside")
    names = [f"window_{number}" for number in range(SIGNALS)]
    signals = tuple(Signal(name, name, "session", "window", rule=rule, every=EVERY_S) for name in names)
    items = tuple(
        Item(f"p/s/{name}", number, name, mode=Mode.SENSED, signal=name) for number, name in enumerate(names, 1)
    )
    checklist = Checklist("c", "C", (Phase("p", "P", (Section("s", "S", items),)),))
    sources = (SourceSpec("session", "session", budget=1e6),)
    return Cockpit("Polls", "test", checklist, signals, Layout("none", ()), sources)


if __name__ == "__main__":
    print(*figures())
