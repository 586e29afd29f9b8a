"""Runs a session without a screen: in memory for `gate` and `doctor`, with a journal for tests and the sample."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mmcockpit.core.decide.command import SenseNow
from mmcockpit.core.facts.event import AnyBody, Event, Opened, SessionMode
from mmcockpit.core.model.clock import Clock
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.engine.engine import Engine

LOOK_S = 0.2
"""Seconds between two looks at the session."""

POLL_AGAIN_S = 1.0
"""Seconds between two polls of pending signals, whatever their interval."""


class Progress(NamedTuple):
    """Whether the run is done, and the pending signals, which are polled earlier than at their interval."""

    done: bool
    pending: frozenset[str] = frozenset()


class NoJournal:
    """A journal that discards everything: the session exists in memory only."""

    head = ""
    lost = ""
    path = Path()

    def append(self, event: Event) -> None:
        """Discard the fact."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def successor(self, opening: Event) -> "NoJournal":
        """Return itself; it can never be lost."""
        return self


def opened(cockpit: Cockpit, operator: str, clock: Clock, bodies: Iterable[AnyBody] = ()) -> Session:
    """Return a session in memory that was just opened, after these further facts."""
    session = Session()
    for number, body in enumerate([Opened(operator, "", operator, "", SessionMode.LIVE, cockpit), *bodies], 1):
        evolve(session, Event(number, clock.now(), body))
    return session


@contextmanager
def started(engine: Engine) -> Iterator[Engine]:
    """Run an engine; stop it at the end."""
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def run(
    session: Session, operator: str, clock: Clock, look: Callable[[Session, float], Progress], wait_s: float
) -> None:
    """Run a session in memory until `look`, with the seconds so far, returns that it is done, or `wait_s` are over."""
    engine = Engine(session, NoJournal(), clock, operator)
    # Nothing draws a first frame that the sources would wait for.
    engine.batch()
    with started(engine):
        asyncio.run(_watch(engine, look, wait_s))


async def _watch(engine: Engine, look: Callable[[Session, float], Progress], wait_s: float) -> None:
    loop = asyncio.get_running_loop()
    active = {signal.name for signal in engine.session.cockpit.signals if signal.active}
    began = polled = loop.time()
    while True:
        number, settled = engine.session.seq, engine.settling.settled
        progress = look(engine.session, loop.time() - began)
        # Between a result and what follows from it, an item may not be satisfied yet.
        done = progress.done and settled and engine.session.seq == number
        if done or loop.time() - began >= wait_s:
            return
        if loop.time() - polled >= POLL_AGAIN_S:
            polled = loop.time()
            if progress.pending:
                engine.submit(SenseNow(engine.operator, tuple(progress.pending - active)))
        await asyncio.sleep(LOOK_S)
