"""`mmcockpit resume`: continues a session."""

import argparse
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmcockpit.cli.compiled import compiled_appearance
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.headless import drive, headless_arguments
from mmcockpit.cli.live import Permit, resume_session, show
from mmcockpit.cli.plain import drive_plain, plain_argument
from mmcockpit.cli.screen import mouse_argument, need_terminal
from mmcockpit.cli.sharing.driver import operator_argument, resumed_operator
from mmcockpit.cli.sharing.store import reference, shared_argument
from mmcockpit.cli.today import today
from mmcockpit.core.facts.event import Reconfigured, SessionMode
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.engine.clock import wall
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.files import stored
from mmcockpit.journal.rescue import bring_back, origin, rescued
from mmcockpit.journal.sessions import find

if TYPE_CHECKING:
    from mmcockpit.cli.sharing.takeover import TakenSession

MOST_REASON = 400
RESUMED = "resumed with --shared"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", nargs="?", default="latest", help="a path, an id, or `latest` (the default)")
    operator_argument(parser)
    cockpit = "sources, commands and permissions come from this file; default: the one the session was started with"
    parser.add_argument("--cockpit", metavar="FILE", type=Path, help=cockpit)
    parser.add_argument("--reopen", metavar="REASON", default="", help="continue a session that ended")
    parser.add_argument(
        "--accept-damage", metavar="REASON", default="", help="continue although the journal is damaged"
    )
    shared_argument(parser, cockpit=False)
    reason = "with --shared: why this machine takes the session over; recorded"
    parser.add_argument("--reason", metavar="REASON", default="", help=reason)
    mouse_argument(parser)
    headless_arguments(parser)
    plain_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    with ExitStack() as worlds:
        taken = worlds.enter_context(_taken_over(args)) if args.shared else None
        if taken is None:
            path = _brought_back(find(args.session))
            operator = resumed_operator(path, args.operator, not args.headless)
        else:
            path, operator = taken.path, taken.operator

        def acting(session: Session) -> Reconfigured | None:
            if not (args.headless or args.plain):
                need_terminal()
            if stored(path) != path:
                print("its journal is decompressed now, and compressed again when the session ends")
            if args.cockpit is None and session.opened is not None and session.opened.mode is SessionMode.DEMO:
                return _restarted(session, operator, worlds)
            return today(session, args.cockpit, operator)

        reasons = plain(args.reopen, MOST_REASON), plain(args.accept_damage, MOST_REASON)
        first = taken.facts if taken is not None else lambda session: ()
        engine = resume_session(path, operator, Permit(*reasons, acting, args.headless, first))
        if args.cockpit is None:
            _accept(engine, operator)
        if taken is not None:
            taken.start()
        if args.headless:
            return drive(engine, path, args.signal_exit)
        if args.plain:
            return drive_plain(engine, path)
        appearance = compiled_appearance(engine.session.cockpit.theme)
        return show(engine, path, appearance, not args.no_mouse)


def run_with(**given: Any) -> int:
    """Run the command with these arguments, and the defaults of all others."""
    parser = argparse.ArgumentParser()
    arguments(parser)
    return run(argparse.Namespace(**{**vars(parser.parse_args([])), "command": "resume", **given}))


def _taken_over(args: argparse.Namespace) -> "AbstractContextManager[TakenSession]":
    """Take a session of the store over from its driver, who is gone."""
    # Imported here: only a session of the store needs its client.
    from mmcockpit.cli.sharing.takeover import taken_over

    if not (args.headless or args.plain):
        need_terminal()
    return taken_over(reference(args.cockpit), args.session, args.reason or RESUMED, bool(args.reopen))


def _accept(engine: Engine, operator: str) -> None:
    """Accept the new systems of a demo whose production was started again."""
    if engine.session.opened is None or engine.session.opened.mode is not SessionMode.DEMO:
        return
    from mmcockpit.cli.demo_world import accept_systems

    accept_systems(engine, operator)


def _restarted(session: Session, operator: str, worlds: ExitStack) -> Reconfigured:
    """Start the simulated production of a demo again; it ends with `worlds`."""
    # Imported here: only a demo needs it.
    from mmcockpit.cli.demo_world import again, world_again

    world = worlds.enter_context(world_again(session, wall()))
    return again(session, world, operator)


def _brought_back(path: Path) -> Path:
    """Move a rescue file to its session, which continues in it; return the path of the journal.

    Also that of the session with this journal, which was saved in a temporary folder.
    """
    before = origin(path)
    if before is None:
        saved = rescued(path)
        if not saved:
            return path
        path, before = saved[0], path
    if not before.parent.is_dir():
        raise CommandError(f"{path}: continues {before}, whose folder is missing; create that folder first")
    moved = bring_back(path, before)
    print(f"{path}: moved to {moved}", file=sys.stderr)
    return moved
