"""`mmcockpit resume`: go on with a session."""

import argparse

from mmcockpit.cli.compiled import compiled_looks
from mmcockpit.cli.live import resume_session, show
from mmcockpit.cli.screen import need_terminal, operator_name
from mmcockpit.journal.files import stored
from mmcockpit.journal.sessions import find


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", nargs="?", default="latest", help="a path, an id, or `latest` (the default)")
    parser.add_argument("--operator", metavar="NAME", help="who drives; default: $MMCOCKPIT_OPERATOR, else the user")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal's own selection")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    path = find(args.session)
    need_terminal()
    if stored(path) != path:
        print("this session had ended: its journal is unpacked to go on, and compressed again when it ends")
    engine = resume_session(path, operator_name(args.operator))
    looks = compiled_looks(engine.session.cockpit.theme)
    return show(engine, path, looks.themes, looks.keymap, not args.no_mouse)
