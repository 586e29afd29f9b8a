"""`mmcockpit watch`: a read-only view of a running session."""

import argparse
import socket
from contextlib import closing
from pathlib import Path

from mmcockpit.cli.progress import told
from mmcockpit.cli.read_only_screen import look_on
from mmcockpit.cli.screen import need_terminal, operator_name
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.observers import Presence
from mmcockpit.journal.sessions import find
from mmcockpit.journal.watch import WatchFeed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", nargs="?", default="latest", help="a path, an id, or `latest` (the default)")
    parser.add_argument("--operator", metavar="NAME", help="who watches; default: $MMCOCKPIT_OPERATOR, else the user")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal's own selection")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    path = find(args.session)
    need_terminal()
    with told("opening the session") as progress:
        followed = WatchFeed(path, SessionClock(), progress)
    with closing(followed) as feed:
        presence = _presence(path, operator_name(args.operator))
        try:
            said = "" if presence else "the driver does not see that you watch: no file can be made beside the journal"
            return look_on(feed, feed.cockpit, path, feed.problems, not args.no_mouse, said)
        finally:
            if presence:
                presence.end()


def _presence(path: Path, observer: str) -> Presence | None:
    try:
        return Presence(path, observer, socket.gethostname())
    except (SessionError, OSError):
        return None
