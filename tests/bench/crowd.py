"""Everything at once: 10,000 pods that change, 1,000 items, 500 signals at 5 s and 24 charts, on a pty.

`python -m tests.bench.crowd [MINUTES] [CHANGES A SECOND] [PODS]` presses keys all the time, prints the memory every
minute (to standard error), and at the end the figures. A run of 30 minutes shows whether memory is bounded.
"""

import contextlib
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from mmcockpit.simulator.servers.prometheus import Prometheus
from tests.bench import pod_writer
from tests.bench.files import Figure
from tests.bench.measure import cpu_s, measure, module, quantile
from tests.servers.kube_apiserver import KubeApiserver
from tests.terminal import Terminal

PODS, ITEMS, SIGNALS, CHARTS, EVERY_S = 10_000, 1_000, 500, 24, 5
CHANGES = 100
"""Changes of pods a second: more leave nothing of two cores to the cockpit, because the API server takes them."""

BESIDE = 1_000
"""Keys of the counter beside it: of fewer, the slowest is no measure."""

SIZE = (240, 72)
READY = "To do"
SETTLED_S, IDLE_S = 20.0, 20.0
BUDGET = 2 * SIGNALS / EVERY_S
"""Requests a second that Prometheus may get: with the 10 of other sources, each signal would be polled every 50 s."""

GROWTH_MB_MINUTE = 0.5
"""Points of 500 signals fill up for two hours: 12 a minute of 16 bytes, once for the engine, once for the screen."""


def figures(minutes: float = 5.0, changes: int = CHANGES, pods: int = PODS) -> list[Figure]:
    """Return (what, value, unit, goal, against) for each."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as servers:
        folder = Path(temporary)
        api = servers.enter_context(KubeApiserver(folder / "api"))
        prometheus = servers.enter_context(Prometheus(folder / "prometheus"))
        pod_writer.fill(api.kubeconfig, pods)
        cockpit = write(folder, prometheus.url, api.kubeconfig)
        return _measured(cockpit, api.kubeconfig, minutes, changes, pods)


def write(folder: Path, prometheus: str, kubeconfig: Path) -> Path:
    """Write the files of such a cockpit; return that of the cockpit."""
    queries = {f"signal_{n:03}": f"vector({n % 90}) + time() % {n % 13 + 2}" for n in range(SIGNALS - 4)}
    signals = {
        name: {"title": f"signal {name[-3:]}", "prometheus.query": {"query": query}, "pass": "value < 200.0"}
        for name, query in queries.items()
    }
    for n in range(4):
        query = {"selector": f"pod-template-hash={n}"} if n else {}
        signals[f"pods_{n}"] = {"title": f"pods {n}", "cluster.pods": query, "pass": "value.ready == value.total"}
    names = list(signals)
    sections = [
        {
            "title": f"Section {section}",
            "items": [
                {"title": f"Item {n}", **({"signal": names[n // 2]} if n % 2 == 0 else {})}
                for n in range(section * 50, section * 50 + 50)
            ],
        }
        for section in range(ITEMS // 50)
    ]
    charts = {f"chart_{n:02}": {"kind": "chart", "signals": {"names": [names[n]]}} for n in range(CHARTS)}
    columns = [["checklist"], *(list(charts)[n : n + 6] for n in range(0, CHARTS, 6))]
    layout = {
        "name": "crowd",
        "panels": {"checklist": {"kind": "checklist"}, **charts},
        "arrangements": [{"min_width": 0, "columns": [{"slots": slots} for slots in columns]}],
    }
    cockpit = {
        "name": "Crowd",
        "environment": "test",
        "checklist": "checklist.yaml",
        "layout": "layout.yaml",
        "sources": {
            "prometheus": {
                "kind": "prometheus",
                "url": prometheus,
                "every": f"{EVERY_S}s",
                "timeout": "4s",
                "budget": BUDGET,
            },
            "cluster": {"kind": "kubernetes", "kubeconfig": str(kubeconfig), "every": f"{EVERY_S}s", "timeout": "30s"},
        },
        "signals": signals,
    }
    checklist = {"name": "crowd", "title": "Crowd", "phases": [{"title": "Ready", "sections": sections}]}
    # JSON is YAML.
    for name, document in (("layout", layout), ("checklist", checklist), ("cockpit", cockpit)):
        (folder / f"{name}.yaml").write_text(json.dumps(document), encoding="utf-8")
    return folder / "cockpit.yaml"


def _measured(cockpit: Path, kubeconfig: Path, minutes: float, changes: int, pods: int) -> list[Figure]:
    bare = measure(module("tests.bench.bare"), SIZE, "ready").first_paint
    counter = measure(module("tests.bench.counter"), SIZE, "ready", presses=200)
    folder = cockpit.parent
    env = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache")}
    argv = [sys.executable, "-m", "mmcockpit", "run", str(cockpit)]
    # The first run fills the caches.
    measure(argv, SIZE, READY, env=env)
    with Terminal(argv, *SIZE, env=env) as program:
        start = (program.wait_for(READY, 60) - program.started) * 1000
        _drain(program, SETTLED_S)
        before, began, facts = cpu_s(program.process.pid), time.monotonic(), _facts(folder)
        _drain(program, IDLE_S)
        passed = time.monotonic() - began
        idle = (cpu_s(program.process.pid) - before) / passed * 100
        rate = (_facts(folder) - facts) / passed
        keys: list[float] = []
        memory = [rss_mb(program.process.pid)]
        with pod_writer.changing(kubeconfig, pods, changes) if changes else contextlib.nullcontext():
            for _ in range(max(round(minutes), 1)):
                keys += press(program, 60.0 if minutes >= 1 else minutes * 60)
                memory.append(rss_mb(program.process.pid))
                print(f"minute {len(memory) - 1}: {memory[-1]:.1f} MB", file=sys.stderr, flush=True)
            # What the servers and this process leave to any program: the counter's keys while all of it runs.
            beside = measure(module("tests.bench.counter"), SIZE, "ready", presses=BESIDE).keys
    against = f"{changes} changes/s, bare {bare:.0f} ms", f"{CHARTS} charts, {rate:.0f} facts/s"
    return _rows(start / bare, idle, keys, (counter.keys, beside), memory, against)


def _rows(
    start: float,
    idle: float,
    keys: list[float],
    counters: tuple[list[float], list[float]],
    memory: list[float],
    against: tuple[str, str],
) -> list[Figure]:
    """Return the figures; `counters` are the counter's keys on the idle machine, and beside the crowd."""
    counter, beside = counters
    name = f"{PODS} pods, {ITEMS} items, {SIGNALS} signals"
    growth = (memory[-1] - memory[1]) / max(len(memory) - 2, 1)
    series = " ".join(f"{each:.0f}" for each in memory)
    middle, tail = quantile(counter, 0.5), quantile(counter, 0.99)
    loaded = [f"beside it {quantile(beside, share):.1f} ms" for share in (0.5, 0.99)]
    return [
        (f"{name}: start", start, "x bare", 2, against[0]),
        (f"{name}: CPU at idle", idle, "%", 4, against[1]),
        (f"{name}: j/k to screen p50", quantile(keys, 0.5) / middle, "x", 1, f"counter {middle:.1f} ms, {loaded[0]}"),
        (f"{name}: j/k to screen p99", quantile(keys, 0.99) / tail, "x", 2, f"counter {tail:.1f} ms, {loaded[1]}"),
        (
            f"{name}: j/k to screen max",
            max(keys),
            "ms",
            20,
            f"of {len(keys)} keys; counter beside it {max(beside):.1f} ms, of {len(beside)}",
        ),
        (f"{name}: memory", memory[-1], "MB", 0, f"each minute: {series}"),
        (f"{name}: growth of memory", growth, "MB/min", GROWTH_MB_MINUTE, "after the first minute"),
    ]


def press(program: Terminal, seconds: float) -> list[float]:
    """Press j and k for some time; return the ms from each key to the changed cells of the checklist."""
    chance, end, took, number = random.Random(1), time.monotonic() + seconds, list[float](), 0
    while time.monotonic() < end:
        _drain(program, chance.uniform(0.05, 0.25))
        before, number = _cells(program), number + 1
        pressed = program.press("j" if number % 60 < 30 else "k")
        while time.monotonic() - pressed < 2.0:
            stamp = program.read(0.2)
            if stamp is not None and _cells(program) != before:
                took.append((stamp - pressed) * 1000)
                break
        else:
            took.append(2000.0)
    return took


def _facts(folder: Path) -> int:
    """Return how many facts the newest journal has."""
    journals = sorted(folder.rglob("journal.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    return journals[-1].read_bytes().count(b"\n") if journals else 0


def rss_mb(pid: int) -> float:
    """Return the memory of a process in MB."""
    return int(Path(f"/proc/{pid}/status").read_text(encoding="ascii").split("VmRSS:")[1].split()[0]) / 1024


def _cells(program: Terminal) -> tuple[object, ...]:
    """Return the checklist's part of the screen with its colours."""
    program.lines()
    buffer = program.screen.buffer
    return tuple(buffer[row][column] for row in range(program.screen.lines) for column in range(24))


def _drain(program: Terminal, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        program.read(left)
    program.lines()


def main() -> None:
    """Print the figures as a table."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    for what, value, unit, goal, against in figures(minutes, *map(int, sys.argv[2:])):
        met = f"goal {goal:g} {'met' if value <= goal else 'MISSED'}" if goal else ""
        print(f"{what:60} {value:10.2f} {unit:6} {met:18} {against}", flush=True)


if __name__ == "__main__":
    main()
