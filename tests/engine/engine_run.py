"""An engine that runs in a test: a real journal, real sources, and the screen's view of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mmcockpit.cli.live import open_session, resume_session
from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.facts.event import Event, SessionMode
from mmcockpit.core.feed import Batch, Feed
from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.engine.headless import started
from tests.servers.wait import PATIENCE_S, wait_until


def cache_signal(name: str, rule: str = "value.connected_clients >= 1", **changes: object) -> Signal:
    """Return a signal that asks Valkey twenty times a second."""
    settings = {"every": 0.05, "timeout": PATIENCE_S, "rule": Rule(rule), "args": {"section": "clients"}, **changes}
    return Signal(name, name, "cache", "info", **settings)  # type: ignore[arg-type]


def cockpit(redis_url: str, *signals: Signal) -> Cockpit:
    """Return a cockpit with one manual item and one sensed item a signal, all on one Valkey."""
    asked = signals or (cache_signal("clients"),)
    sensed = [Item(f"p/s/{one.name}", n, one.name, mode=Mode.SENSED, signal=one.name) for n, one in enumerate(asked, 2)]
    items = (Item("p/s/audit", 1, "Audit"), *sensed)
    checklist = Checklist("c", "C", (Phase("p", "P", (Section("s", "S", items),)),))
    sources = (SourceSpec("cache", "redis", {"url": redis_url}, budget=200.0),)
    return Cockpit("Test", "test", checklist, asked, Layout("none", ()), sources)


class MovedClock:
    """The session's clock, moved by the test: `slept` moves both times, `set_by` only the wall's."""

    def __init__(self) -> None:
        self._clock = SessionClock()
        self.slept = 0.0
        self.set_by = 0.0

    def now(self) -> Stamp:
        """Return this moment."""
        now = self._clock.now()
        return Stamp(round(now.at + self.slept, 3), round(now.wall + self.slept + self.set_by, 3))


class FoldedFeed:
    """What a screen would know: drains a feed, one frame with each `look`; keeps all its events and notices."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.session = Session()
        self.events: list[Event] = []
        self.notices: list[str] = []
        self.batch: Batch = self.look()

    def look(self) -> Batch:
        """Draw one frame."""
        self.batch = self.feed.drain()
        if self.batch.base is not None:
            self.session = self.batch.base
        for event in self.batch.events:
            evolve(self.session, event)
            self.events.append(event)
        self.notices += self.batch.notices
        return self.batch


class Watcher(FoldedFeed):
    """What the screen of the driver would know."""

    feed: LiveFeed

    def until(self, reached: Callable[[Session], bool], what: str, within_s: float = PATIENCE_S) -> None:
        """Draw frames until the session is in this state."""

        def seen() -> bool:
            self.look()
            return reached(self.session)

        wait_until(seen, what, within_s)

    def do(self, command: AnyCommand) -> None:
        """Submit a command."""
        self.feed.commands.submit(command)


def read_all(session: Session) -> bool:
    """Return whether every signal has a reading and no fault."""
    return all(state.reading and state.fault is None for state in session.signals.values())


def refused_all(session: Session) -> bool:
    """Return whether every signal has a configuration fault."""
    faults = [state.fault for state in session.signals.values()]
    return all(fault and fault.kind is FaultKind.CONFIGURATION for fault in faults)


@contextmanager
def running(
    told: Cockpit | Path, path: Path | None = None, clock: Clock | None = None
) -> Iterator[tuple[Engine, Watcher]]:
    """Run a session of a cockpit in the journal `path`, or resume the journal that is given; `clock` is its own."""
    if isinstance(told, Path):
        engine = resume_session(told, "ana")
    else:
        engine, _ = open_session(told, {}, "ana", SessionMode.LIVE, path, clock=clock)
    with started(engine):
        yield engine, Watcher(LiveFeed(engine))
