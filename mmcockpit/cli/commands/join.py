"""`mmcockpit join`: a seat of one's own in a session that another process drives."""

import argparse
from contextlib import closing
from pathlib import Path

from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.read_only_screen import look_on
from mmcockpit.cli.screen import mouse_argument, need_terminal
from mmcockpit.cli.sharing.seats import seat_address
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.engine.clock import SessionClock
from mmcockpit.share.seat_feed import SeatFeed
from mmcockpit.share.socket.link import SocketLink

_WHO = """\
You join as the user that the kernel (with --shared, the database) knows you as; `people` of the cockpit file gives your
name and role. The driver gives a name by `run --operator`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"{parser.epilog}\n\n{_WHO}"
    parser.add_argument(
        "session", nargs="?", default="latest", help="a path, an id, or `latest` (the default) of those that run"
    )
    parser.add_argument("--view", action="store_true", help="join as a viewer, who can read only")
    parser.add_argument(
        "--socket-dir",
        metavar="DIR",
        type=Path,
        help="the `share.socket_dir` of another user's session; default: $MMCOCKPIT_SOCKET_DIR, else /run/mmcockpit",
    )
    shared_argument(parser)
    mouse_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.shared:
        # Imported here: only a session of the store needs its client, and only a takeover what drives a session.
        from mmcockpit.cli.commands import resume
        from mmcockpit.cli.sharing.shared_seat import sit_down

        return sit_down(args, None if args.view else resume.run_with)
    address = seat_address(args.session, args.socket_dir)
    need_terminal()
    viewer = SessionClock()
    with progress_line("joining the session") as progress:
        link = SocketLink(address, viewer, args.view)
        feed = SeatFeed(link, viewer, link.session, progress)
    with closing(feed):
        path = Path(link.session) / address.name
        return look_on(feed, feed.cockpit, path, feed.problems, not args.no_mouse, _who(link))


def _who(link: SocketLink) -> str:
    """Return who this seat is and who drives, as the kernel knows them: a driver could claim any name."""
    person = link.sharing.seat.person
    if link.same:
        return f"you are {person}, like the driver: the same user"
    return f"you are {person}; the driver is {link.driver.identity}, process {link.driver.pid}"
