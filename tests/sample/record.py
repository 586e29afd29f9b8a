"""Records the session that ships as `sample`: the demo's incident through the real engine, conducted from a table.

`make sample` runs it; it takes about ten minutes, because the night is recorded at the pace at which it is replayed.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import zstandard

from mmcockpit import __version__, sources
from mmcockpit.cli.demo import SECRETS, demo_vars
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.config.loaded import Loaded
from mmcockpit.core import command as commands
from mmcockpit.core.advice import weights
from mmcockpit.core.event import Event, Opened, SessionMode
from mmcockpit.core.evolve import evolve
from mmcockpit.core.session import Session
from mmcockpit.core.state import Advice, Mark
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.journal.sample import SHIPPED
from mmcockpit.journal.writer import Writer

FOLDER = Path("/tmp/mmcockpit-sample")
"""Where the simulated production lives: its paths stand in the session."""

CONDUCTOR, DATABASE = "conductor", "database"
PATIENCE_S = 900.0
T0_IN_S = 7.0
SPEED = "2"
"""The simulated night goes twice as fast, so that the recorded one takes some minutes less."""

QUICK = frozenset({"error_rate", "over_2500", "p95", "rps", "pods_ready", "rollout"})
SLOW_S = 10.0
"""Signals that are not QUICK are asked at most this often: the session has to be small."""

When = Callable[[Session, float], bool]
Step = tuple[When, Callable[[Session], Sequence[commands.AnyCommand]]]


def at(seconds: float) -> When:
    """At a second of the session."""
    return lambda session, now: now >= seconds


def advised(advice: Advice, for_s: float) -> When:
    """Once an advice has stood for some seconds."""

    def reached(session: Session, now: float) -> bool:
        stands = session.advised is not None and session.advised.advice is advice
        return stands and session.advised_at is not None and now - session.advised_at.at >= for_s

    return reached


def after(seconds: float) -> When:
    """Some seconds after the last fact that an operator made."""
    return lambda session, now: session.last is not None and now >= _spoken[0] + seconds


_spoken = [0.0]


def say(*asked: commands.AnyCommand) -> Callable[[Session], Sequence[commands.AnyCommand]]:
    """These commands, whatever the session is like."""
    return lambda session: asked


def mark(kind: Mark, item: str, reason: str = "", by: str = CONDUCTOR) -> commands.MarkItem:
    """A mark on an item, named by its section and itself, or by its phase too."""
    return commands.MarkItem(by, item if item.count("/") == 2 else f"readiness/{item}", reason, kind)


def tick(*items: str, by: str = CONDUCTOR) -> Callable[[Session], Sequence[commands.AnyCommand]]:
    """Tick these items."""
    return say(*(mark(Mark.DONE, item, by=by) for item in items))


def go(reason: str) -> Callable[[Session], Sequence[commands.AnyCommand]]:
    """Pass the gate, which is not green in a demo, for a reason."""
    return lambda session: [
        commands.OpenPhase(CONDUCTOR, session.cockpit.checklist.phases[session.phase].id, reason, override=True)
    ]


def accept(reason: str) -> Callable[[Session], Sequence[commands.AnyCommand]]:
    """Accept what is advised, for a reason."""

    def asked(session: Session) -> Sequence[commands.AnyCommand]:
        assert session.advised is not None, "something was advised"
        return [
            commands.DecideAdvice(CONDUCTOR, session.advised.advice, weights(session.advised.reasons), True, reason)
        ]

    return asked


STORY: tuple[Step, ...] = (
    (at(5), tick("security-compliance/audit-logging", "database-storage/backup-testing", by=DATABASE)),
    (at(8), say(commands.AddNote(CONDUCTOR, "everybody is in the call", marker=True))),
    (at(11), tick("security-compliance/rbac", "security-compliance/encryption-keys", "operations/on-call")),
    (
        at(14),
        say(
            mark(Mark.OVERRIDE, "security-compliance/security-scanning", "scanned by hand this afternoon"),
            mark(Mark.NOT_APPLICABLE, "networking-load-balancing/ddos-protection", "the provider in front does it"),
            mark(Mark.CLAIM, "database-storage/database-migrations", by=DATABASE),
        ),
    ),
    (at(17), say(commands.OpenPoll(CONDUCTOR), commands.Vote(DATABASE, True, "database", "replicas follow"))),
    (at(19), say(commands.Vote(CONDUCTOR, True, "network"), commands.Vote(CONDUCTOR, True, "support", "two on shift"))),
    (at(21), say(commands.Vote(CONDUCTOR, True, "conductor"))),
    (at(23), say(commands.ClosePoll(CONDUCTOR, True, "nobody is against it"), commands.SetT0(CONDUCTOR, 0.0))),
    (at(25), go("what is open was proven in the rehearsal")),
    (at(27), tick("preparation/pre-deployment-steps/documentation")),
    (at(28), say(mark(Mark.DEFER, "preparation/pre-deployment-steps/performance-testing", "with the vendor, later"))),
    (at(30), go("the preparation was done in the afternoon")),
    (at(32), say(commands.AddNote(CONDUCTOR, "rollout begins", marker=True))),
    (at(50), tick("database-storage/database-migrations", by=DATABASE)),
    (at(90), say(commands.HoldSession(CONDUCTOR, True, "the load balancer's team asks for a minute"))),
    (at(130), say(commands.HoldSession(CONDUCTOR, False, "they are ready"))),
    (at(165), say(commands.AddNote(DATABASE, "errors rise since the rollout; the database looks fine"))),
    (at(200), say(mark(Mark.BLOCK, "deployment/deployment-steps/cache-warming", "5xx first", DATABASE))),
    (advised(Advice.ROLLBACK, 14), say(commands.AddNote(CONDUCTOR, "users report failures", marker=True))),
    (after(12), accept("5xx far over the limit, and rising")),
    (after(20), say(commands.AddNote(DATABASE, "no migration ran: the old version fits the schema"))),
    (after(40), say(commands.AddNote(CONDUCTOR, "rolled back to the revision before", marker=True))),
    (after(15), say(commands.EndSession(CONDUCTOR, "rolled back, nothing lost; next try tomorrow"))),
)


def record(path: Path) -> None:
    """Record the session into a journal that does not exist yet."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    simulator = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mmcockpit.simulator",
            "--scenario",
            "incident",
            "--seed",
            "7",
            "--speed",
            SPEED,
            "--folder",
            str(FOLDER),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert simulator.stdout is not None
        assert select.select([simulator.stdout], [], [], 60)[0], "the simulated production did not start"
        addresses = json.loads(simulator.stdout.readline())
        os.environ.update({name: addresses[key] for name, key in SECRETS.items()})
        loaded = load_cockpit(shipped_file("checklists", "demo.yaml"), sources, vars=demo_vars(addresses))
        conduct(engine_of(loaded, path))
    finally:
        assert simulator.stdin is not None
        simulator.stdin.close()
        simulator.wait(30)


def engine_of(loaded: Loaded, path: Path) -> Engine:
    """Open a session that names neither this machine nor its folders."""
    texts = {Path(name).name: text for name, text in loaded.texts.items()}
    clock, session, writer = SessionClock(), Session(), Writer.create(path, CONDUCTOR)
    signals = tuple(
        one if one.name in QUICK else msgspec.structs.replace(one, every=max(one.every, SLOW_S))
        for one in loaded.cockpit.signals
    )
    cockpit = msgspec.structs.replace(loaded.cockpit, signals=signals)
    opened = Opened("sample", __version__, CONDUCTOR, "bastion", SessionMode.DEMO, cockpit, texts=texts)
    event = Event(1, clock.now(), opened)
    writer.append(event)
    evolve(session, event)
    return Engine(session, writer, clock, CONDUCTOR)


def conduct(engine: Engine) -> None:
    """Say what the story says when it is time, until the session is over."""
    feed, session, steps = LiveFeed(engine), Session(), list(STORY)
    engine.start()
    try:
        while session.closed is None:
            batch = feed.drain()
            session = batch.base or session
            for event in batch.events:
                evolve(session, event)
            now = batch.now.at
            assert now < PATIENCE_S, f"the night does not go as told: {len(steps)} steps are left, {session.advised}"
            if steps and session.opened is not None and steps[0][0](session, now):
                for one in steps.pop(0)[1](session):
                    given = commands.SetT0(one.by, batch.now.wall + T0_IN_S) if isinstance(one, commands.SetT0) else one
                    engine.submit(given)
                _spoken[0] = now
                print(
                    f"{now:6.1f} s: {len(steps)} steps left, {session.advised and session.advised.advice}", flush=True
                )
            time.sleep(0.1)
    finally:
        engine.stop()


def pack(journal: Path, packed: Path) -> None:
    """Compress a journal into the file that ships."""
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(zstandard.ZstdCompressor(level=19).compress(journal.read_bytes()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder) / "night" / "journal.jsonl")
        pack(Path(folder) / "night" / "journal.jsonl", SHIPPED)
