"""`python -m tests.bench.journal [FACTS]`: how fast a journal is written, read and searched, and how large it is."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from mmcockpit.core.facts.event import Event, ItemMarked, Observed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import evolve
from mmcockpit.journal.codec import ROOT, base_of, decode, encode, link
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.verify import verify
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, Story

FACTS = 100_000
MARKS = 300
PER_DAY = 865_000
VERDICT = Verdict(Level.PASS, Level.PASS, "", 3, 3)


def reading(seq: int) -> Event:
    """Return one of ten readings a second, as a polled number with three agreeing answers looks."""
    at = seq / 10
    return Event(seq, Stamp(at, round(START + at, 3)), Observed("error_rate", Reading(seq % 997 / 1e4), VERDICT, 12.3))


def mark(seq: int) -> Event:
    """Return a mark of an operator."""
    event = reading(seq)
    return Event(seq, event.stamp, ItemMarked("ready/core/audit", Mark.DONE, "ana", "seen on the board " * 10))


def microseconds(each: Callable[[Event], object], events: Iterable[Event]) -> list[float]:
    """Return how long it took for every event."""
    took = []
    for event in events:
        began = time.perf_counter_ns()
        each(event)
        took.append((time.perf_counter_ns() - began) / 1000)
    return took


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def say(what: str, figure: str, goal: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:44} {figure:>30}   {goal}")


def spread(figures: list[float]) -> str:
    """Return the median and the 99th per cent."""
    cuts = statistics.quantiles(figures, n=100)
    return f"{cuts[49]:.1f} µs p50, {cuts[98]:.1f} p99"


def in_memory(events: list[Event]) -> None:
    """Measure the codec and the fold."""
    base = base_of(events[0].stamp)
    lines = [encode(event, ROOT, base)[:-1] for event in events]
    session = Story().session
    count = len(events)
    decoding = min(seconds(lambda: [None for line in lines if not decode(line, base)]) for _ in range(3))
    folding = min(seconds(lambda: [None for event in events if not evolve(session, event)]) for _ in range(3))
    both = (decoding + folding) / count * 1e6
    say(
        "decode and fold a reading",
        f"{decoding / count * 1e6:.2f} + {folding / count * 1e6:.2f} = {both:.2f} µs",
        "≤ 3 µs",
    )
    writing = min(seconds(lambda: [link(encode(event, ROOT, base)) for event in events]) for _ in range(3))
    say("encode and link a reading", f"{writing / count * 1e6:.2f} µs")


def durable(folder: Path) -> None:
    """Measure a mark until it is on the disk, beside a bare write and fsync of as many bytes, turn by turn."""
    writer = Writer.create(folder / "marks.jsonl")
    writer.append(Story().events[0])
    bare = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    line = encode(mark(2), ROOT, 0)

    def write_bare(_: Event) -> None:
        os.write(bare, line)
        os.fsync(bare)

    ours, theirs = [], []
    for seq in range(2, MARKS + 2):
        theirs += microseconds(write_bare, [mark(seq)])
        ours += microseconds(writer.append, [mark(seq)])
    os.close(bare)
    writer.close()
    ratio = statistics.median(ours) / statistics.median(theirs)
    say(f"write and fsync of {len(line)} bytes", spread(theirs))
    say("a mark until it is durable", spread(ours), f"{ratio:.2f} × that; ≤ 1.5 ×")


def on_disk(folder: Path, events: list[Event]) -> None:
    """Measure a long journal: writing, size, reading, checking, seeking."""
    path = folder / "session" / "journal.jsonl"
    writer = Writer.create(path)
    writer.append(Story().events[0])
    opening = writer.size
    say("a reading into the journal", spread(microseconds(writer.append, events)), "≤ 30 µs")
    each = (writer.size - opening) / len(events)
    writer.close()
    say("its size", f"{each:.1f} bytes, {each * PER_DAY / 1e6:.0f} MB a day", "≤ 60 MB a day")
    took = min(seconds(lambda: fold_journal(path)) for _ in range(3))
    say("open: read and fold", f"{took / len(events) * 1e6:.2f} µs a fact, {took / len(events) * PER_DAY:.1f} s a day")
    took = seconds(lambda: verify(path))
    say("verify", f"{took / len(events) * 1e6:.2f} µs a fact, {took / len(events) * PER_DAY:.1f} s a day")


def main() -> None:
    """Print the table."""
    events = [reading(seq) for seq in range(2, (int(sys.argv[1]) if sys.argv[1:] else FACTS) + 2)]
    load_average = os.getloadavg()[0]
    print(f"{len(events)} facts, Python {sys.version.split()[0]}, load {load_average:.1f} on {os.cpu_count()} cores")
    in_memory(events)
    with tempfile.TemporaryDirectory() as name:
        on_disk(Path(name), events)
        durable(Path(name))


if __name__ == "__main__":
    main()
