"""`mmcockpit watch`: a read-only view of a running session."""

import argparse
import socket
from contextlib import closing
from pathlib import Path

from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.read_only_screen import look_on
from mmcockpit.cli.screen import mouse_argument, need_terminal, operator_name
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.observers import Presence
from mmcockpit.journal.sessions import find
from mmcockpit.journal.watch import WatchFeed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", nargs="?", default="latest", help="a path, an id, or `latest` (the default)")
    parser.add_argument("--operator", metavar="NAME", help="viewer; default: $MMCOCKPIT_OPERATOR, else the user")
    shared_argument(parser)
    mouse_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.shared:
        # Imported here: only a session of the store needs its client.
        from mmcockpit.cli.sharing.shared_seat import sit_down

        return sit_down(args)
    path = find(args.session)
    need_terminal()
    with progress_line("opening the session") as progress:
        followed = WatchFeed(path, SessionClock(), progress)
    with closing(followed) as feed:
        presence = _presence(path, operator_name(args.operator))
        try:
            notice = (
                "" if presence else "the operator does not see that you watch: cannot create a file beside the journal"
            )
            return look_on(feed, feed.cockpit, path, feed.problems, not args.no_mouse, notice)
        finally:
            if presence:
                presence.end()


def _presence(path: Path, observer: str) -> Presence | None:
    try:
        return Presence(path, observer, socket.gethostname())
    except (SessionError, OSError):
        return None
