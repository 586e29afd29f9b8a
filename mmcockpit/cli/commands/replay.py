"""`mmcockpit replay`: shows a recorded session in the cockpit."""

import argparse
from pathlib import Path

from mmcockpit.cli.progress import told
from mmcockpit.cli.read_only_screen import look_on
from mmcockpit.cli.screen import need_terminal
from mmcockpit.core.feed import Feed
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.playback.playhead import SPEEDS
from mmcockpit.journal.playback.replay import ReplayFeed
from mmcockpit.journal.sessions import find


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    said = "a path, an id, `latest` (the default) or `sample`, a recorded night that ships with the package"
    parser.add_argument("session", nargs="?", default="latest", help=said)
    at = "where to begin, paused: T+12m40s, 00:12:40, 760s, 50%%, #418, 14:03:22Z or 2026-12-06T02:12:40Z"
    parser.add_argument("--at", metavar="TIME", default="", help=at)
    speed = "how fast it is played: 1/4, 1/2, 1 (default), 2, 4 … 64"
    parser.add_argument("--speed", metavar="X", type=_speed, default=1.0, help=speed)
    judged = "print what other rules (signals: pass, warn, persist; abort:) would have said, and no screen"
    parser.add_argument("--rejudge", metavar="RULES.yaml", type=Path, help=judged)
    parser.add_argument("--screen", action="store_true", help="with --rejudge: show it in the replay instead")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal's own selection")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    path = find(args.session)
    if args.rejudge is not None and not args.screen:
        # Imported here: only --rejudge judges signals, and needs the models of the files.
        from mmcockpit.cli.commands.rejudge import print_differences

        return print_differences(path, args.rejudge)
    need_terminal()
    with told("opening the session") as progress:
        feed = ReplayFeed(path, SessionClock(), args.at, speed=args.speed, playing=not args.at, progress=progress)
    shown = _compared(feed, path, args.rejudge)
    return look_on(shown, feed.cockpit, path, feed.problems, not args.no_mouse)


def _compared(feed: ReplayFeed, path: Path, rules: Path | None) -> Feed:
    """Return the feed; with a rules file, one that also shows the outcome under those rules."""
    if rules is None:
        return feed
    from mmcockpit.cli.commands.rejudge import compared

    return compared(feed, path, rules)


def _speed(text: str) -> float:
    top, _, bottom = text.removesuffix("x").partition("/")
    try:
        speed = float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        speed = 0.0
    if speed not in SPEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of 1/4, 1/2, 1, 2, 4, 8, 16, 32, 64")
    return speed
