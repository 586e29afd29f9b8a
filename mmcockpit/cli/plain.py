"""A session in plain text: lines out, lines in, for screen readers, dumb terminals and pipes."""

import argparse
from pathlib import Path

from mmcockpit.cli import FAILED, OK
from mmcockpit.cli.headless import write_line
from mmcockpit.cli.leaving import Leaving
from mmcockpit.cli.live import report_end
from mmcockpit.cli.session_end import waiting
from mmcockpit.cli.sharing.driver import share
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed


def plain_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument of the plain text mode."""
    plain = "plain text instead of a screen: prints what changes line by line, and takes commands by name or number"
    parser.add_argument("--plain", action="store_true", help=plain)


def drive_plain(engine: Engine, path: Path) -> int:
    """Run a session in plain text until the operator leaves or the input ends; return the exit code."""
    # Imported here: only this mode needs it.
    from mmcockpit.ui.plain.lines import TypedLines
    from mmcockpit.ui.plain.screen import PlainScreen

    not_shared = share(engine, path)
    screen = PlainScreen(LiveFeed(engine), TypedLines(), write_line)
    if not_shared:
        write_line(not_shared)
    with Leaving(screen, engine, waiting):
        engine.start()
        screen.run()
    screen.show()
    if engine.driver.fenced:
        # Imported here: only then.
        from mmcockpit.cli.sharing.fenced import set_tail_apart

        return OK if set_tail_apart(engine, engine.record.path) else FAILED
    return OK if report_end(engine) else FAILED
