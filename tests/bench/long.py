"""A day's journal, written by the real writer: opened, sought in, played, compressed.

`python -m tests.bench.long JOURNAL CACHE` measures one journal in a process of its own and prints its figures as JSON.
"""

import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from mmcockpit.cli.screen import prepare_process
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.journal.archive import put_away
from mmcockpit.journal.files import stored
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify
from tests.bench.day import DAY_S, record_day
from tests.bench.files import Figure
from tests.bench.seeking import seeks

SEEKS = 100
SPEED = 64.0
FRAME_S = 1 / 30
PLAYED_S = 10.0


def figures(seconds: float = DAY_S) -> list[Figure]:
    """Return (what, value, unit, goal, against) for each."""
    with tempfile.TemporaryDirectory() as folder:
        path, cache = Path(folder) / "session" / "journal.jsonl", Path(folder) / "mmcockpit" / "timelines"
        began = time.perf_counter()
        count = record_day(path, cache, seconds).seq
        written = time.perf_counter() - began
        size = path.stat().st_size / 1e6
        first = _seconds(lambda: Timeline(path, folder=cache))
        elsewhere = _seconds(lambda: Timeline(path, folder=Path(folder) / "elsewhere"))
        plain = _measured(path, cache)
        sought = seeks(path, {"XDG_CACHE_HOME": folder}, 120, 40)
        took = _seconds(lambda: put_away(path, cache))
        packed = _measured(path, cache)
        checked = _seconds(lambda: verify(path))
        closed = stored(path).stat().st_size / 1e6
    day = f"{count} facts"
    return [
        ("24 h: its journal", size, "MB", 60, f"{day}, folded and written in {written:.1f} s"),
        ("24 h: opened for the first time", first, "s", 2.5, "with the keyframes that the session wrote"),
        ("24 h: opened without them", elsewhere, "s", 0, "every fact decoded and folded"),
        ("24 h: opened again", plain["open"], "s", 0.3, ""),
        ("24 h: state at any time p95", plain["p95"], "ms", 5, f"p50 {plain['p50']:.2f}, max {plain['max']:.2f}"),
        ("24 h: seek to screen p95", sought[len(sought) * 95 // 100], "ms", 50, f"p50 {sought[len(sought) // 2]:.1f}"),
        (f"24 h: played at {SPEED:.0f}x, CPU", plain["play"], "%", 0, f"{plain['played']:.0f} facts a second"),
        ("24 h: memory over live", plain["rss"], "MB", 50, ""),
        ("24 h closed: its journal", closed, "MB", 13, f"compressed and compared in {took:.1f} s"),
        ("24 h closed: opened again", packed["open"], "s", 0.3, f"verified in {checked:.1f} s"),
        ("24 h closed: state at any time p95", packed["p95"], "ms", 5, f"p50 {packed['p50']:.2f}"),
        ("24 h closed: memory over live", packed["rss"], "MB", 50, ""),
    ]


def _measured(path: Path, cache: Path) -> dict[str, float]:
    argv = [sys.executable, "-m", "tests.bench.long", str(path), str(cache)]
    done = subprocess.run(argv, check=True, capture_output=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measure(path: Path, cache: Path) -> dict[str, float]:
    # As the screen does: how the C library gives memory back is part of what a session takes.
    prepare_process()
    gc.enable()
    live = fold(islice(read(path), 60_000))
    before = _rss_mb()
    kept: list[Timeline] = []
    opened = _seconds(lambda: kept.append(Timeline(path, folder=cache)))
    timeline = kept[0]
    # As the screen does once it has started: full collections set the tails otherwise.
    gc.freeze()
    chance = random.Random(1)
    took = []
    for _ in range(SEEKS):
        at = chance.uniform(timeline.first.at, timeline.last.at)
        took.append(_seconds(lambda at=at: timeline.session_at(at)) * 1000)  # type: ignore[misc]
    took.sort()
    session = timeline.session_at(timeline.last.at / 3)
    at, played, began = timeline.last.at / 3, 0, time.process_time()
    for _ in range(int(PLAYED_S / FRAME_S)):
        at += SPEED * FRAME_S
        for event in timeline.events(session.seq, at):
            evolve(session, event)
            played += 1
    play = (time.process_time() - began) / PLAYED_S * 100
    assert live.opened == session.opened
    return {
        "open": opened,
        "p50": took[SEEKS // 2],
        "p95": took[SEEKS * 95 // 100],
        "max": took[-1],
        "play": play,
        "played": played / PLAYED_S,
        "rss": _rss_mb() - before,
    }


def _rss_mb() -> float:
    return int(Path("/proc/self/status").read_text(encoding="ascii").split("VmRSS:")[1].split()[0]) / 1024


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]), Path(sys.argv[2]))))
