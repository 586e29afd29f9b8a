"""The journal's figures: a mark until it is durable, a reading, decode and fold."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import base_of, decode
from mmcockpit.journal.reader import read
from mmcockpit.journal.writer import Writer
from tests.core.sessions import Story

MARKS = 400
READINGS = 50_000

Figure = tuple[str, float, str, float, str]


def figures() -> list[Figure]:
    """Return (what, value, unit, goal, against) for each."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_marks(Path(folder)), *_readings(Path(folder))]


def _marks(folder: Path) -> list[Figure]:
    story = Story()
    writer = Writer.create(folder / "marks" / "journal.jsonl")
    writer.append(story.events[0])
    marks = [
        Event(n, story.now, facts.ItemMarked("ready/core/audit", facts.Mark.DONE, "ana")) for n in range(2, MARKS + 2)
    ]
    durable = _times(lambda number: writer.append(marks[number]), MARKS)
    writer.close()
    plain = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(number: int) -> None:
        os.write(plain, b"x" * 300)
        os.fsync(plain)

    bare = _times(write, MARKS)
    os.close(plain)
    ratio = durable[MARKS // 2] / bare[MARKS // 2]
    return [("a mark until it is durable, p50", ratio, "x", 1.5, f"write + fsync {bare[MARKS // 2] * 1000:.2f} ms")]


def _readings(folder: Path) -> list[Figure]:
    story = Story()
    path = folder / "readings" / "journal.jsonl"
    writer = Writer.create(path)
    writer.append(story.events[0])
    verdict = Verdict(Level.PASS, Level.PASS, "", 3, 3)
    bodies = [facts.Observed("error_rate", Reading(n / READINGS), verdict, 12.0) for n in range(READINGS)]
    events = [Event(n, story.now, body) for n, body in enumerate(bodies, 2)]
    began = time.perf_counter()
    for event in events:
        writer.append(event)
    written = time.perf_counter() - began
    writer.close()
    lines = path.read_bytes().splitlines()
    began = time.perf_counter()
    for _ in read(path):
        pass
    read_s = time.perf_counter() - began
    folded = min(_folded(lines) for _ in range(3))
    size = (path.stat().st_size - len(lines[0])) / READINGS
    return [
        ("a reading into the journal", written / READINGS * 1e6, "us", 30, "hash included, no fsync"),
        (
            "decode and fold one event",
            folded / READINGS * 1e6,
            "us",
            2.5,
            f"read from a file {read_s / READINGS * 1e6:.2f}",
        ),
        ("a reading's line", size, "bytes", 69, "60 MB for 865,000 facts"),
    ]


def _folded(lines: list[bytes]) -> float:
    """Return the CPU seconds of decoding and folding lines."""
    session = Session()
    first = decode(lines[0])
    evolve(session, first)
    base = base_of(first.stamp)
    began = time.process_time()
    for line in lines[1:]:
        evolve(session, decode(line, base))
    return time.process_time() - began


def _times(act: Callable[[int], object], count: int) -> list[float]:
    times = []
    for number in range(count):
        began = time.perf_counter()
        act(number)
        times.append(time.perf_counter() - began)
    return sorted(times)
