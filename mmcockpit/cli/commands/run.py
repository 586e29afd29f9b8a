"""`mmcockpit run`: starts a session."""

import argparse
import os
from functools import partial
from pathlib import Path

from mmcockpit.cli.compiled import compiled_cockpit
from mmcockpit.cli.headless import drive, headless_arguments
from mmcockpit.cli.live import Permit, open_session, resume_session, show
from mmcockpit.cli.plain import drive_plain, plain_argument
from mmcockpit.cli.rehearsal import Rehearsal
from mmcockpit.cli.rehearsals import record_measurements, with_estimates
from mmcockpit.cli.screen import mouse_argument, need_terminal
from mmcockpit.cli.sharing.driver import operator_argument, session_operator
from mmcockpit.cli.today import today
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.rules.steps.rehearsals import rehearsed
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.files import stored
from mmcockpit.journal.sessions import find


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "cockpit", nargs="?", type=Path, default=Path("cockpit.yaml"), help="the cockpit file; default: ./cockpit.yaml"
    )
    operator_argument(parser)
    session = "the journal to write; default: a new one. With --headless, a session that is already there is resumed"
    parser.add_argument("--session", metavar="PATH", type=Path, help=session)
    rehearsal = (
        "show REHEARSAL instead of LIVE, and run every procedure by itself with dry runs, which change nothing; "
        "their durations become the estimates of later sessions"
    )
    parser.add_argument("--rehearsal", action="store_true", help=rehearsal)
    mouse_argument(parser)
    headless_arguments(parser)
    plain_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    loaded = compiled_cockpit(args.cockpit)
    operator = session_operator(loaded.cockpit, args.operator, not args.headless)
    if args.headless and args.session is not None and stored(args.session).exists():
        return drive(*_resumed(args.session, args.cockpit, operator), args.signal_exit)
    if not (args.headless or args.plain):
        need_terminal()
    file = os.path.abspath(args.cockpit)
    mode = SessionMode.REHEARSAL if args.rehearsal else SessionMode.LIVE
    cockpit = with_estimates(loaded.cockpit)
    engine, path = open_session(
        rehearsed(cockpit) if args.rehearsal else cockpit,
        loaded.texts,
        operator,
        mode,
        args.session,
        file=file,
        headless=args.headless,
    )
    if args.rehearsal:
        finished = partial(record_measurements, cockpit=loaded.cockpit)
        engine.advance = Rehearsal(operator, finished).advance
    if args.headless:
        return drive(engine, path, args.signal_exit)
    if args.plain:
        return drive_plain(engine, path)
    return show(engine, path, loaded.appearance, not args.no_mouse)


def _resumed(session: Path, cockpit: Path, operator: str) -> tuple[Engine, Path]:
    """Continue the session at a path, as a service manager does that starts the same command again."""
    path = find(os.fspath(session))
    permit = Permit(today=lambda before: today(before, cockpit, operator), headless=True)
    return resume_session(path, operator, permit), path
