"""`mmcockpit handover`: prints the page of a handover for a session."""

import argparse
from pathlib import Path

from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.fact_lines import report_unreadable
from mmcockpit.cli.sharing.copies import copied, journal_of
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.rules.handovers.page import handover_page
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.handover import page_text
from mmcockpit.engine.clock import wall
from mmcockpit.journal.lock import holder
from mmcockpit.journal.reader import read


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    about = "a path, an id, `latest` (the default) or `sample`"
    parser.add_argument("session", nargs="?", default="latest", help=about)
    shared_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    path, driven = _journal(args)
    session = fold(read(path, report_unreadable))
    if session.opened is None or session.last is None:
        raise CommandError(f"{path}: the opening fact of this session is missing; `mmcockpit verify` shows the damage")
    now = _now(session, session.last, driven)
    for line in (*_state(session, driven), *_last_handover(session), *page_text(handover_page(session, now))):
        print(line)
    return OK


def _journal(args: argparse.Namespace) -> tuple[Path, bool]:
    """Return the journal, and whether a process drives its session now."""
    if not args.shared:
        path = journal_of(args)
        return path, holder(path) is not None
    stored, brought = copied(args)
    return brought.path, stored.left_s > 0


def _now(session: Session, last: Stamp, driven: bool) -> Stamp:
    """Return this moment while the session runs in real time; else that of its last fact."""
    if session.speed != 1.0 or not driven:
        return last
    passed = max(wall() - last.wall, 0.0)
    return Stamp(round(last.at + passed, 3), round(last.wall + passed, 3))


def _state(session: Session, driven: bool) -> list[str]:
    """Return what the reader has to know first: the session ended, or no process polls."""
    assert session.last is not None, "the session has facts"
    if session.closed is not None:
        return [f"This session ended: {session.closed.outcome}", ""]
    if driven:
        return []
    stopped = age(max(wall() - session.last.wall, 0.0))
    return [f"No process runs this session: this is its state {stopped} ago", ""]


def _last_handover(session: Session) -> list[str]:
    """Return the handover that waits to be acknowledged."""
    pending = session.handover
    return [f"Handed over by {pending.by} to {pending.to}, not acknowledged yet", ""] if pending is not None else []
