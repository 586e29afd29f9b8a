"""`mmcockpit replay`: shows a recorded session in the cockpit."""

import argparse
import sys
from pathlib import Path

from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.read_only_screen import look_on
from mmcockpit.cli.screen import mouse_argument, need_terminal
from mmcockpit.cli.sharing.copies import journal_of
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.cli.splash import leave as leave_splash
from mmcockpit.core.feed import Feed
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.playback.playhead import SPEEDS
from mmcockpit.journal.playback.replay import ReplayFeed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    about = "a path, an id, `latest` (the default) or `sample`, a recorded go-live that ships with the package"
    parser.add_argument("session", nargs="?", default="latest", help=about)
    at = (
        "start position, paused: T+12m40s, 00:12:40, 760s, 50%%, #418, 14:03:22Z or 2026-12-06T02:12:40Z; "
        "outside of the session, its start or end. T+ counts holds, too, as the log does; "
        "the clock in the header stops for them"
    )
    parser.add_argument("--at", metavar="TIME", default="", help=at)
    speed = "speed: 1/4, 1/2, 1 (default), 2, 4 … 64"
    parser.add_argument("--speed", metavar="X", type=_speed, default=1.0, help=speed)
    judged = "print how other rules (signals: pass, warn, persist; abort:) judge, without a screen"
    parser.add_argument("--rejudge", metavar="RULES.yaml", type=Path, help=judged)
    parser.add_argument("--screen", action="store_true", help="with --rejudge: show it in the replay instead")
    shared_argument(parser)
    mouse_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    path = journal_of(args)
    if args.rejudge is not None and not args.screen:
        # Imported here: only --rejudge judges signals, and needs the models of the files.
        from mmcockpit.cli.commands.rejudge import print_differences

        return print_differences(path, args.rejudge)
    need_terminal()
    with progress_line("opening the session") as progress:
        feed = ReplayFeed(path, SessionClock(), args.at, speed=args.speed, playing=not args.at, progress=progress)
    if feed.notice:
        # Before the screen and on it: the line stays in the terminal when the screen is closed.
        leave_splash()
        print(f"mmcockpit replay: --at {feed.notice}", file=sys.stderr)
    shown = _compared(feed, path, args.rejudge)
    return look_on(shown, feed.cockpit, path, feed.problems, not args.no_mouse, feed.notice)


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
        raise argparse.ArgumentTypeError(f"unknown speed {text!r}; known: 1/4, 1/2, 1, 2, 4, 8, 16, 32, 64")
    return speed
