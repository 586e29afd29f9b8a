"""`mmcockpit gate`: the state of a gate without a screen, for CI."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmcockpit import sources
from mmcockpit.cli.commands import duration_argument
from mmcockpit.cli.errors import BAD_FILE, CommandError
from mmcockpit.cli.gate_report import FORMATS, GO, SUFFIXES, WORDS, GateResult
from mmcockpit.cli.gate_rows import answer
from mmcockpit.cli.sharing.copies import journal_of
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.config.load import load_cockpit
from mmcockpit.config.text.write import write_text
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.headless import Progress, opened
from mmcockpit.engine.headless import run as run_headless
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.sessions import SessionError
from mmcockpit.sources.kubernetes.api.identity import with_clusters

SHORTEST_WAIT_S = 30.0
"""How long verdicts with `persist` may take to be decided, without --wait."""


_EXITS = """\
exit codes: 0 GO, 1 NO-GO or ROLLBACK, 2 HOLD (also if nothing is proven), 3 invalid file or usage error"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"{parser.epilog}\n\n{_EXITS}"
    parser.add_argument("cockpit", type=Path, help="the cockpit file")
    parser.add_argument("phase", metavar="PHASE", help="id or title of the phase whose gate is evaluated")
    parser.add_argument(
        "--wait", metavar="DURATION", type=duration_argument, help="wait for GO at most this long, e.g. 10m"
    )
    parser.add_argument("--session", metavar="SESSION", help="read manual items from this session")
    shared_argument(parser, cockpit=False)
    parser.add_argument("--sensed-only", action="store_true", help="ignore manual items and holds")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="default: text")
    about = (
        "also write the result there, in the format of its suffix: .txt, .json, .xml (JUnit) or .md; may be repeated"
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=_output, action="append", default=[], help=about)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    cockpit = with_clusters(load_cockpit(args.cockpit, sources).cockpit, {})
    phase = _phase(cockpit, args.phase)
    marked = _marked(args) if args.session else None
    given = _asked(cockpit, phase, args, marked)
    if args.format != "text":
        # As in files: other programs read it, whatever the encoding of this terminal is.
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(FORMATS[args.format](cockpit, cockpit.checklist.phases[phase], given), end="")
    for path in args.output:
        text = FORMATS[SUFFIXES[path.suffix]](cockpit, cockpit.checklist.phases[phase], given)
        write_text(path, text)
    return given.code


def _marked(args: argparse.Namespace) -> Session:
    try:
        return fold_journal(journal_of(args))
    except SessionError as error:
        raise CommandError(str(error), code=BAD_FILE) from error
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise CommandError(
            f"session {args.session}: {what}; check the path and its permissions", code=BAD_FILE
        ) from error


def _asked(cockpit: Cockpit, phase: int, args: argparse.Namespace, marked: Session | None) -> GateResult:
    """Run the session in the phase until every item is decided, or the time is over; return the result."""
    clock = SessionClock()
    session = opened(cockpit, "gate", clock, _facts(cockpit, phase, marked))
    watch = _Watch(session, phase, args)
    run_headless(session, "gate", clock, watch.look, SHORTEST_WAIT_S if args.wait is None else args.wait)
    return watch.result


def _facts(cockpit: Cockpit, phase: int, marked: Session | None) -> Iterator[facts.AnyBody]:
    """Yield what puts a session into the given phase, with the marks of another session."""
    phases = cockpit.checklist.phases
    if phase:
        yield facts.PhaseChanged(phases[0].id, phases[phase].id, "gate")
    if marked is None:
        return
    known = {item.id for item in cockpit.checklist.items}
    for state in marked.items.values():
        if state.item.id in known:
            yield from _marks(marked, state)
    yield from (body for body in (marked.held, marked.baseline) if body is not None)
    # The identities recorded in that session count here, too: results of another cluster prove nothing.
    yield from (facts.SourceIdentified(source, identity) for source, identity in marked.identities.items())


def _marks(marked: Session, state: ItemState) -> Iterator[facts.ItemMarked]:
    """Yield the marks of an item that are still valid; an override with its remaining time."""
    assert marked.last is not None, "fold_journal returns opened sessions only"
    now = marked.last.at + max(wall() - marked.last.wall, 0.0)
    for mark in (state.marked, state.standing):
        if mark is not None and not 0 < mark.expires <= now:
            yield msgspec.structs.replace(mark, expires=max(mark.expires - now, 0.0))
    for name in state.approved:
        yield facts.ItemMarked(state.item.id, Mark.VERIFY, name)


class _Watch:
    """The result of the gate so far; prints to stderr how many items are decided."""

    def __init__(self, session: Session, phase: int, args: argparse.Namespace) -> None:
        self._phase, self._sensed_only, self._waits = phase, args.sensed_only, args.wait is not None
        self._shown = ""
        self.result = answer(session, phase, args.sensed_only)

    def look(self, session: Session, passed_s: float) -> Progress:
        """Evaluate the gate; a pipeline is waiting, so signals that `persist` has not decided yet are pending."""
        self.result = answer(session, self._phase, self._sensed_only)
        rows = self.result.rows
        undecided = [row for row in rows if row.undecided]
        # Without an item, waiting cannot prove anything.
        if (self.result.code == GO) if self._waits and self.result.items else not undecided:
            return Progress(True)
        shown = f"{len(rows) - len(undecided)} of {counted(len(rows), 'item')} decided, {WORDS[self.result.code]}"
        if shown != self._shown:
            print(f"{passed_s:6.1f} s  {shown}", file=sys.stderr)
            self._shown = shown
        return Progress(False, frozenset(row.item.signal for row in undecided))


def _phase(cockpit: Cockpit, text: str) -> int:
    wanted = text.strip().lower()
    for index, phase in enumerate(cockpit.checklist.phases):
        if wanted in (phase.id, phase.title.lower(), str(index + 1)):
            return index
    known = ", ".join(phase.id for phase in cockpit.checklist.phases) or "none"
    raise CommandError(f"unknown phase {text!r}; known: {known}", code=BAD_FILE)


def _output(text: str) -> Path:
    """Return the path of an output file; it is refused before anything is polled."""
    path = Path(text)
    if path.suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"unknown suffix {path.suffix!r} of {text}; known: {', '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: its folder does not exist")
    return path
