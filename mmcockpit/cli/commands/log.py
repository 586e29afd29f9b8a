"""`mmcockpit log`: prints a session as lines."""

import argparse
import time
from pathlib import Path

import msgspec

from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.fact_lines import fact_line, report_unreadable
from mmcockpit.cli.sharing.copies import copied, journal_of
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.core.facts.event import Event, Opened, Reconfigured, SeatJoined
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.changes import change_text, what_changed
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.naming import Names, Wording
from mmcockpit.core.words.seats import origin_words
from mmcockpit.journal.reader import read
from mmcockpit.journal.tail import follow

POLL_S = 0.25


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "session", nargs="?", default="latest", help="a path, an id, `latest` (the default) or `sample`"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="follow the session as it is recorded")
    parser.add_argument(
        "--changes", action="store_true", help="only what a person has to notice, as the panel What changed; as text"
    )
    parser.add_argument("--format", choices=["text", "jsonl"], default="text", help="default: text")
    shared_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    path = journal_of(args)
    if args.changes:
        if args.follow or args.format != "text":
            raise CommandError("--changes prints text at once: leave out --follow and --format")
        _print_changes(path)
        return OK
    events = follow(path, lambda: _pause(args), report_unreadable) if args.follow else read(path, report_unreadable)
    line = _Text() if args.format == "text" else _json
    for event in events:
        print(line(event), flush=args.follow)
    return OK


def _print_changes(path: Path) -> None:
    session, events = Session(), list(read(path, report_unreadable))
    for event in events:
        evolve(session, event)
    wording, origins = Wording(SessionNames(session), full=False), _Origins()
    for event in events:
        origins.take(event)
    for change in what_changed(events):
        word, says = change_text(change, wording)
        print(fact_line(change.first, word, f"{says}{origins.text(change.events[-1])}"))


def _pause(args: argparse.Namespace) -> None:
    if args.shared:
        copied(args)
    time.sleep(POLL_S)  # noqa: TID251 - there is no engine here


class _Names(Names):
    """Ids, with the definitions of the signals that the session has."""

    def __init__(self) -> None:
        self.signals: dict[str, Signal] = {}

    def definition(self, signal: str) -> Signal | None:
        """Return the definition of a signal."""
        return self.signals.get(signal)


class _Origins:
    """The latest seat of every identity: names who caused a fact of a shared session."""

    def __init__(self) -> None:
        self._seats: dict[str, Seat] = {}

    def take(self, event: Event) -> None:
        """Remember who joined."""
        if isinstance(event.body, SeatJoined):
            self._seats[event.body.seat.identity] = event.body.seat

    def text(self, event: Event) -> str:
        """Return who caused the fact: ` [unix:bo, database, socket]`; empty without an identity."""
        identity = event.identity
        return f" [{origin_words(identity, self._seats.get(identity))}]" if identity else ""


class _Text:
    """Writes facts as lines; readings with the labels and units of the signals that the session has."""

    def __init__(self) -> None:
        self._names = _Names()
        self._wording = Wording(self._names)
        self._origins = _Origins()

    def __call__(self, event: Event) -> str:
        body = event.body
        if isinstance(body, Opened | Reconfigured):
            self._names.signals.update({signal.name: signal for signal in body.cockpit.signals})
        self._origins.take(event)
        word, says = describe_event(event, self._wording)
        return fact_line(event, word, f"{says}{self._origins.text(event)}")


def _json(event: Event) -> str:
    return msgspec.json.encode(event).decode()
