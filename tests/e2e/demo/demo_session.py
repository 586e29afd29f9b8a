"""A session of the demo without a screen: its simulated production, the real engine, and a newcomer's keys."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmcockpit.cli.demo_world import DemoWorld, WorldSpec
from mmcockpit.cli.live import open_session
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Refused, SessionMode
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.states import SATISFIED, Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.engine.headless import started
from tests.engine.engine_run import Watcher
from tests.servers.wait import PATIENCE_S

WITHIN_S = PATIENCE_S
OPERATOR = "ana"


class DemoSession:
    """A running demo, and the keys that a newcomer presses in it."""

    def __init__(self, watcher: Watcher, world: DemoWorld, journal: Path) -> None:
        self.watcher, self.world, self.journal = watcher, world, journal

    @property
    def session(self) -> Session:
        return self.watcher.session

    def run_active_checks(self) -> None:
        """Press r on every active check that the demo allows, and that has not passed."""
        allowed = self.session.cockpit.allow.active
        left = tuple(name for name in allowed if self.session.signals[name].verdict.level is Level.UNKNOWN)
        if left:
            self.watcher.do(commands.SenseNow(OPERATOR, left, confirmed=True))

    def poll_now(self) -> None:
        """Poll the signals without a verdict, as `r` on their items does."""
        unknown = [one.signal for one in self.session.signals.values() if one.verdict.level is Level.UNKNOWN]
        names = tuple(one.name for one in unknown if not one.active and not one.group)
        if names:
            self.watcher.do(commands.SenseNow(OPERATOR, names))

    def tick(self, phase: int) -> None:
        """Tick every item of a phase that its checks allow, and that is not ticked."""
        for item in self.session.cockpit.checklist.phases[phase].items:
            if self._needs_tick(item):
                self.watcher.do(commands.MarkItem(OPERATOR, item.id, "seen in the demo", Mark.DONE))

    def _needs_tick(self, item: Item) -> bool:
        state, signal = self.session.items[item.id], self.session.signal_of(item)
        if item.mode is Mode.SENSED or state.marked is not None or state.state in SATISFIED:
            return False
        return signal is None or signal.verdict.level is Level.PASS

    def refusals(self) -> list[str]:
        """Return what was refused."""
        return [" ".join(describe(one.body)) for one in self.watcher.events if isinstance(one.body, Refused)]

    def open_items(self, phase: int) -> list[str]:
        """Return the items of a phase that are not satisfied, with the reason."""
        states = [self.session.items[item.id] for item in self.session.cockpit.checklist.phases[phase].items]
        return [
            f"{state.item.number} {state.item.title} [{state.state}] {state.because}"
            for state in states
            if state.state not in SATISFIED
        ]


@contextmanager
def demo_session(folder: Path, spec: WorldSpec) -> Iterator[DemoSession]:
    """Run a demo as the command does, without its screen."""
    with DemoWorld(spec) as world:
        loaded = world.loaded()
        engine, journal = open_session(
            *(loaded.cockpit, loaded.texts, OPERATOR, SessionMode.DEMO, folder / "s" / "journal.jsonl", world.cluster),
            speed=spec.speed,
            earlier=world.earlier(OPERATOR),
        )
        try:
            with started(engine):
                watcher = Watcher(LiveFeed(engine))
                watcher.until(lambda session: session.opened is not None, "the session is opened", WITHIN_S)
                yield DemoSession(watcher, world, journal)
        finally:
            # An engine that ends in the middle of a query leaves its connection; it must not fail a later test.
            with warnings.catch_warnings(action="ignore"):
                gc.collect()
