"""`mmcockpit run`: starts a session."""

import argparse
import os
from pathlib import Path

from mmcockpit.cli.compiled import compiled_cockpit
from mmcockpit.cli.live import open_session, show
from mmcockpit.cli.screen import need_terminal, operator_name
from mmcockpit.core.facts.event import SessionMode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "cockpit", nargs="?", type=Path, default=Path("cockpit.yaml"), help="the cockpit file; default: ./cockpit.yaml"
    )
    parser.add_argument("--operator", metavar="NAME", help="operator; default: $MMCOCKPIT_OPERATOR, else the user")
    parser.add_argument("--session", metavar="PATH", type=Path, help="the journal to write; default: a new one")
    parser.add_argument("--rehearsal", action="store_true", help="show REHEARSAL instead of LIVE")
    parser.add_argument(
        "--no-mouse", action="store_true", help="do not capture the mouse, so that the terminal can select text"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    loaded = compiled_cockpit(args.cockpit)
    need_terminal()
    file = os.path.abspath(args.cockpit)
    mode = SessionMode.REHEARSAL if args.rehearsal else SessionMode.LIVE
    engine, path = open_session(
        loaded.cockpit, loaded.texts, operator_name(args.operator), mode, args.session, file=file
    )
    return show(engine, path, loaded.themes, loaded.keymap, not args.no_mouse)
