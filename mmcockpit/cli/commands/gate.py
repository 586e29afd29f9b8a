"""`mmcockpit gate`: the state of a gate without a screen, for CI."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmcockpit import sources
from mmcockpit.cli.errors import BAD_FILE, CommandError
from mmcockpit.cli.gate_report import FORMATS, GO, WORDS, GateResult
from mmcockpit.cli.gate_rows import answer
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide.command import SenseNow
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event, Opened, SessionMode
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import seconds
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.sessions import SessionError, find

POLL_S = 0.2
ASK_AGAIN_S = 1.0
SHORTEST_WAIT_S = 30.0
"""How long verdicts with `persist` may take to be decided, without --wait."""


_EXITS = """\
exit codes: 0 GO, 1 NO-GO or ROLLBACK, 2 HOLD (also if nothing is proven), 3 invalid file or usage error"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"{parser.epilog}\n\n{_EXITS}"
    parser.add_argument("cockpit", type=Path, help="the cockpit file")
    parser.add_argument("phase", metavar="PHASE", help="id or title of the phase whose gate is evaluated")
    parser.add_argument("--wait", metavar="DURATION", type=_duration, help="wait for GO at most this long, e.g. 10m")
    parser.add_argument("--session", metavar="SESSION", help="read manual items from this session")
    parser.add_argument("--sensed-only", action="store_true", help="ignore manual items and holds")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    cockpit = load_cockpit(args.cockpit, sources).cockpit
    phase = _phase(cockpit, args.phase)
    marked = _marked(args.session) if args.session else None
    given = _asked(cockpit, phase, args, marked)
    print(FORMATS[args.format](cockpit, cockpit.checklist.phases[phase], given), end="")
    return given.code


def _marked(session: str) -> Session:
    try:
        return fold_journal(find(session))
    except SessionError as error:
        raise CommandError(str(error), code=BAD_FILE) from error
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise CommandError(f"session {session}: {what}; check the path and its permissions", code=BAD_FILE) from error


class _NoJournal:
    """A writer that discards everything: the gate keeps no journal."""

    head = ""
    lost = ""
    path = Path()

    def append(self, event: Event) -> None:
        """Discard the fact."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def successor(self, opening: Event) -> "_NoJournal":
        """Return itself; it can never be lost."""
        return self


def _asked(cockpit: Cockpit, phase: int, args: argparse.Namespace, marked: Session | None) -> GateResult:
    """Run the engine on the phase until every item is decided, or the time is over; return the result."""
    clock = SessionClock()
    session = _session(cockpit, phase, clock, marked)
    engine = Engine(session, _NoJournal(), clock, "gate")
    engine.batch()
    engine.start()
    try:
        return asyncio.run(_watch(engine, phase, args))
    finally:
        engine.stop()


def _session(cockpit: Cockpit, phase: int, clock: SessionClock, marked: Session | None) -> Session:
    """Return a session in the given phase, with the marks of another session."""
    session = Session()
    phases = cockpit.checklist.phases
    bodies: list[facts.AnyBody] = [Opened("gate", "", "gate", "", SessionMode.LIVE, cockpit)]
    if phase:
        bodies.append(facts.PhaseChanged(phases[0].id, phases[phase].id, "gate"))
    if marked is not None:
        known = {item.id for item in cockpit.checklist.items}
        bodies += [body for state in marked.items.values() if state.item.id in known for body in _marks(marked, state)]
        bodies += [body for body in (marked.held, marked.baseline) if body is not None]
        # The identities recorded in that session count here, too: results of another cluster prove nothing.
        bodies += [facts.SourceIdentified(source, identity) for source, identity in marked.identities.items()]
    for number, body in enumerate(bodies, 1):
        evolve(session, Event(number, clock.now(), body))
    return session


def _marks(marked: Session, state: ItemState) -> Iterator[facts.ItemMarked]:
    """Yield the marks of an item that are still valid; an override with its remaining time."""
    assert marked.last is not None, "fold_journal returns opened sessions only"
    now = marked.last.at + max(wall() - marked.last.wall, 0.0)
    for mark in (state.marked, state.standing):
        if mark is not None and not 0 < mark.expires <= now:
            yield msgspec.structs.replace(mark, expires=max(mark.expires - now, 0.0))
    for name in state.approved:
        yield facts.ItemMarked(state.item.id, Mark.VERIFY, name)


async def _watch(engine: Engine, phase: int, args: argparse.Namespace) -> GateResult:
    loop = asyncio.get_running_loop()
    began = asked = loop.time()
    patience = args.wait if args.wait is not None else SHORTEST_WAIT_S
    shown = ""
    while True:
        given = answer(engine.session, phase, args.sensed_only)
        undecided = [row for row in given.rows if row.undecided]
        over = loop.time() - began >= patience
        # Without an item, waiting cannot prove anything.
        done = not undecided if args.wait is None or not given.items else given.code == GO
        if over or done:
            return given
        decided = len(given.rows) - len(undecided)
        progress = f"{decided} of {len(given.rows)} items decided, {WORDS[given.code]}"
        if progress != shown:
            print(f"{loop.time() - began:6.1f} s  {progress}", file=sys.stderr)
            shown = progress
        if loop.time() - asked >= ASK_AGAIN_S:
            # A pipeline is waiting: signals that `persist` has not decided yet are polled earlier than at their
            # interval.
            asked = loop.time()
            if undecided:
                active = {signal.name for signal in engine.session.cockpit.signals if signal.active}
                engine.submit(SenseNow("gate", tuple({row.item.signal for row in undecided} - active)))
        await asyncio.sleep(POLL_S)


def _phase(cockpit: Cockpit, text: str) -> int:
    wanted = text.strip().lower()
    for index, phase in enumerate(cockpit.checklist.phases):
        if wanted in (phase.id, phase.title.lower(), str(index + 1)):
            return index
    known = ", ".join(phase.id for phase in cockpit.checklist.phases) or "none"
    raise CommandError(f"unknown phase {text!r}; known: {known}", code=BAD_FILE)


def _duration(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
