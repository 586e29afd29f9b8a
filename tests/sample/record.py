"""Records the session that ships as `sample`: an incident of the demo and the rollback, through the real engine.

`make sample` runs it; it takes about nine minutes, because the session is recorded at the pace at which it is replayed.
It ships no night that was disturbed: something refused, a probe's trouble, a probe that got no answer in time.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from mmcockpit import __version__, sources
from mmcockpit.cli.demo_world import CONTEXT, demo_vars, environment
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.config.results import Loaded
from mmcockpit.core.facts.event import MINOR, SCHEMA, Event, Observed, Opened, Refused, SessionMode, Trouble
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.journal.reader import read
from mmcockpit.journal.sample import SHIPPED
from mmcockpit.journal.writer import Writer
from tests.sample.production import AHEAD_S, SPEED
from tests.sample.story import CONDUCTOR, STORY

FOLDER = Path("/tmp/mmcockpit-sample")
"""Where the simulated production lives: its paths stand in the session."""

PATIENCE_S = 900.0

OFTEN = ("error_rate", "over_2500", "p95", "rps", "pods_ready", "rollout", "rollout_complete", "old_image")
EVERY_S = dict.fromkeys((*OFTEN, "redis_hit_rate"), 5.0)
"""How often these are asked; the hit rate has to have points for a baseline before the rollout."""

SLOW_S = 10.0
"""The others are asked at most this often: the session has to be small."""

TIMEOUT_S = 15.0
"""The simulated production computes an hour of history for forty charts at once when the session begins."""


def record(path: Path) -> None:
    """Record the session into a journal that does not exist yet."""
    with production() as addresses:
        os.environ.update(environment(addresses))
        loaded = load_cockpit(shipped_file("checklists", "demo.yaml"), sources, vars=demo_vars(addresses))
        cluster = Cluster(addresses["kubeconfig"], CONTEXT, addresses["kubernetes"])
        time.sleep(max(addresses["started"] + AHEAD_S - time.time(), 0.0))
        conduct(engine_of(loaded, cluster, path))


@contextmanager
def production() -> Iterator[dict[str, Any]]:
    """Run the simulated production; give its addresses."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    words = ["--scenario", "night", "--seed", "7", "--speed", str(SPEED), "--folder", str(FOLDER)]
    simulator = subprocess.Popen(
        [sys.executable, "-m", "tests.sample.production", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert simulator.stdin is not None
    assert simulator.stdout is not None
    try:
        assert select.select([simulator.stdout], [], [], AHEAD_S)[0], "the simulated production did not start"
        yield json.loads(simulator.stdout.readline())
    finally:
        simulator.stdin.close()
        simulator.wait(30)


def engine_of(loaded: Loaded, cluster: Cluster, path: Path) -> Engine:
    """Open a session that names neither this machine nor its folders."""
    texts = {Path(name).name: text for name, text in loaded.texts.items()}
    clock, session, writer = SessionClock(), Session(), Writer.create(path, CONDUCTOR)
    signals = tuple(
        msgspec.structs.replace(
            one, every=EVERY_S.get(one.name, max(one.every, SLOW_S)), timeout=max(one.timeout, TIMEOUT_S)
        )
        for one in loaded.cockpit.signals
    )
    cockpit = msgspec.structs.replace(loaded.cockpit, signals=signals, cluster=cluster)
    opened = Opened("sample", __version__, CONDUCTOR, "bastion", SessionMode.DEMO, cockpit, SCHEMA, texts, minor=MINOR)
    event = Event(1, clock.now(), opened)
    writer.append(event)
    evolve(session, event)
    return Engine(session, writer, clock, CONDUCTOR, path.parent)


def conduct(engine: Engine) -> None:
    """Do what the story contains when it is time, until the session is over."""
    feed, session, steps, spoken = LiveFeed(engine), Session(), list(STORY), 0.0
    engine.start()
    try:
        while session.closed is None:
            batch = feed.drain()
            session = batch.base or session
            for event in batch.events:
                evolve(session, event)
            now = batch.now.at
            assert now < PATIENCE_S, f"the night does not go as told: {len(steps)} steps are left, {session.advised}"
            if steps and session.opened is not None and steps[0][0](session, now, spoken):
                for one in steps.pop(0)[1](session, batch.now):
                    engine.submit(one)
                spoken = now
                advice = session.advised.advice if session.advised else "no advice"
                print(f"{now:6.1f} s: {len(steps)} steps left, {advice}", flush=True)
            time.sleep(0.1)
    finally:
        engine.stop()


def disturbed(night: Iterable[Event]) -> list[str]:
    """Return what no night that ships may hold: refusals, troubles, and answers that did not come in time."""
    return [
        f"#{event.seq} {' '.join(describe(event.body))}"
        for event in night
        if isinstance(event.body, Refused | Trouble)
        or (
            isinstance(event.body, Observed)
            and isinstance(event.body.answer, Fault)
            and event.body.answer.kind in (FaultKind.TIMEOUT, FaultKind.STALE, FaultKind.BUG)
        )
    ]


def pack(journal: Path, packed: Path) -> None:
    """Compress a journal into the file that ships."""
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(zstandard.ZstdCompressor(level=19).compress(journal.read_bytes()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "night" / "journal.jsonl"
        record(journal)
        wrong = disturbed(read(journal))
        if wrong:
            sys.exit("\n".join(["the night was disturbed:", *wrong]))
        pack(journal, SHIPPED)
