"""`mmcockpit gate`: the same verdicts without a screen, for CI."""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmcockpit import sources
from mmcockpit.cli.gate_report import FORMATS, Row, text_line
from mmcockpit.cli.wall import BAD_FILE, CommandError
from mmcockpit.config.load import load_cockpit
from mmcockpit.config.slug import slug
from mmcockpit.core import event as facts
from mmcockpit.core.advice import BROKEN
from mmcockpit.core.checklist import Item, Mode
from mmcockpit.core.cockpit import Cockpit
from mmcockpit.core.command import SenseNow
from mmcockpit.core.event import Event, Opened, SessionMode
from mmcockpit.core.evolve import evolve
from mmcockpit.core.gate import gate
from mmcockpit.core.items import ItemState
from mmcockpit.core.judge import hold_of
from mmcockpit.core.session import Session
from mmcockpit.core.state import SATISFIED, STANDING, Mark, State
from mmcockpit.core.verdict import Level, Verdict
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.replay import fold_journal
from mmcockpit.journal.sessions import SessionError, find

GO, NO_GO, HOLD = 0, 1, 2
POLL_S = 0.2
ASK_AGAIN_S = 1.0
SHORTEST_WAIT_S = 30.0
"""How long `persist` may take to be decided where --wait says nothing."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("cockpit", type=Path, help="the cockpit file")
    parser.add_argument("phase", metavar="PHASE", help="id or title of the phase whose gate is asked")
    parser.add_argument("--wait", metavar="DURATION", type=_duration, help="wait for GO so long, e.g. 10m")
    parser.add_argument("--session", metavar="SESSION", help="read manual items from this session")
    parser.add_argument("--sensed-only", action="store_true", help="leave manual items and holds out")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    cockpit = load_cockpit(args.cockpit, sources).cockpit
    phase = _phase(cockpit, args.phase)
    marked = _marked(args.session) if args.session else None
    rows = _asked(cockpit, phase, args, marked)
    code = _code(rows)
    print(FORMATS[args.format](cockpit, cockpit.checklist.phases[phase], rows, code), end="")
    return code


def _marked(session: str) -> Session:
    try:
        return fold_journal(find(session))
    except SessionError as error:
        raise CommandError(str(error), code=BAD_FILE) from error


class _NoJournal:
    """The gate writes nothing down: it asks, judges and answers."""

    head = ""
    lost = ""
    path = Path()

    def append(self, event: Event) -> None:
        """Keep nothing."""

    def flush(self) -> None:
        """Nothing was kept."""

    def close(self) -> None:
        """Nothing is open."""

    def successor(self, opening: Event) -> "_NoJournal":
        """Never lost."""
        return self


def _asked(cockpit: Cockpit, phase: int, args: argparse.Namespace, marked: Session | None) -> list[Row]:
    """Run the engine on the phase until every item is decided, or the time is over."""
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
    """A session that stands in the phase, with the marks of another one."""
    session = Session()
    phases = cockpit.checklist.phases
    bodies: list[facts.AnyBody] = [Opened("gate", "", "gate", "", SessionMode.LIVE, cockpit)]
    if phase:
        bodies.append(facts.PhaseChanged(phases[0].id, phases[phase].id, "gate"))
    if marked is not None:
        known = {item.id for item in cockpit.checklist.items}
        bodies += [body for state in marked.items.values() if state.item.id in known for body in _marks(marked, state)]
    for number, body in enumerate(bodies, 1):
        evolve(session, Event(number, clock.now(), body))
    return session


def _marks(marked: Session, state: ItemState) -> Iterator[facts.ItemMarked]:
    """The marks of an item that still count, an override for as long as it has left."""
    assert marked.last is not None, "fold_journal returns opened sessions only"
    now = marked.last.at + max(wall() - marked.last.wall, 0.0)
    for mark in (state.marked, state.standing):
        if mark is not None and not 0 < mark.expires <= now:
            yield msgspec.structs.replace(mark, expires=max(mark.expires - now, 0.0))
    for name in state.approved:
        yield facts.ItemMarked(state.item.id, Mark.VERIFY, name)


async def _watch(engine: Engine, phase: int, args: argparse.Namespace) -> list[Row]:
    loop = asyncio.get_running_loop()
    began = asked = loop.time()
    patience = args.wait if args.wait is not None else SHORTEST_WAIT_S
    said = ""
    while True:
        rows = _rows(engine.session, phase, args.sensed_only)
        undecided = [row for row in rows if row.undecided]
        over = loop.time() - began >= patience
        done = not undecided if args.wait is None else _code(rows) == GO
        if over or done:
            return rows
        progress = f"{len(rows) - len(undecided)} of {len(rows)} items decided, {_words(_code(rows))}"
        if progress != said:
            print(f"{loop.time() - began:6.1f} s  {progress}", file=sys.stderr)
            said = progress
        if loop.time() - asked >= ASK_AGAIN_S:
            # A pipeline waits: what `persist` has not decided yet is asked sooner than its interval says.
            asked = loop.time()
            if undecided:
                engine.submit(SenseNow("gate", tuple({row.item.signal for row in undecided})))
        await asyncio.sleep(POLL_S)


def _rows(session: Session, phase: int, sensed_only: bool) -> list[Row]:
    phases = session.cockpit.checklist.phases[: phase + 1]
    closing = gate(session, phase)
    unmet = {state.item.id for state in closing.unmet}
    items = [session.items[item.id] for one in phases for item in one.items]
    chosen = [state for state in items if not (sensed_only and state.item.mode is Mode.MANUAL)]
    rows = [_row(session, state, state.item.id in unmet, sensed_only) for state in chosen]
    return rows if sensed_only else [*rows, *map(_contact, closing.unfilled)]


def _contact(role: str) -> Row:
    """A contact that nobody is named for, as an item that is open."""
    says = "nobody is named: contacts: in the cockpit file"
    return Row(Item(f"contacts/{slug(role)}", 0, f"Contact: {role}"), State.OPEN, HOLD, "", says, 0.0, False)


def _row(session: Session, state: ItemState, unmet: bool, sensed_only: bool) -> Row:
    signal = session.signal_of(state.item)
    verdict = signal.verdict if signal else None
    asked = signal is not None and signal.asked_at is not None
    # An active signal is never asked from here: nothing that is waited for would come.
    waits = signal is not None and not signal.signal.active and not (asked and _decided(signal.verdict))
    if sensed_only and verdict is not None and state.state not in SATISFIED:
        # Neither a hold nor a hand is waited for: the verdict alone decides.
        unmet = state.item.required and verdict.level is not Level.PASS
    exit_code = GO if not unmet else NO_GO if _broken(state, verdict.level if verdict else None) else HOLD
    return Row(
        item=state.item,
        state=state.state,
        code=exit_code,
        level=str(verdict.level) if verdict else "",
        says=text_line(signal) if signal else ("marked" if state.state in STANDING.values() else ""),
        hold_s=hold_of(state.item, session)[0],
        undecided=waits,
    )


def _decided(verdict: Verdict) -> bool:
    """Whether more answers of the same kind would change nothing: enough agree, or the answer was a fault."""
    return verdict.level is verdict.raw


def _broken(state: ItemState, level: Level | None) -> bool:
    return state.state in BROKEN or level is Level.FAIL


def _code(rows: list[Row]) -> int:
    codes = {row.code for row in rows}
    return NO_GO if NO_GO in codes else HOLD if HOLD in codes else GO


def _words(code: int) -> str:
    return {GO: "GO", NO_GO: "NO-GO", HOLD: "HOLD"}[code]


def _phase(cockpit: Cockpit, text: str) -> int:
    wanted = text.strip().lower()
    for index, phase in enumerate(cockpit.checklist.phases):
        if wanted in (phase.id, phase.title.lower(), str(index + 1)):
            return index
    known = ", ".join(phase.id for phase in cockpit.checklist.phases) or "none"
    raise CommandError(f"no phase is called {text!r}; there are: {known}", code=BAD_FILE)


def _duration(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 30s, 10m or 1h")
    return float(found[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[found[2]]
