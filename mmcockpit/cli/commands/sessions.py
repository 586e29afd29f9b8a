"""`mmcockpit sessions`: lists saved sessions."""

import argparse
from datetime import UTC, datetime

from mmcockpit.cli import OK
from mmcockpit.journal.sessions import list_sessions, sessions_root


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no arguments."""


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    rows = list_sessions()
    if not rows:
        print(f"no sessions in {sessions_root()}: mmcockpit demo records one")
        return OK
    width = max(len(row.id) for row in rows)
    print(f"{'SESSION':{width}}  {'BEGAN':17}  {'ENVIRONMENT':12}  {'SIZE':>9}  OUTCOME")
    for row in rows:
        began = datetime.fromtimestamp(row.when, UTC).strftime("%Y-%m-%d %H:%MZ")
        running = f"running: {row.locked_by}" if row.locked_by else "left: can be resumed"
        outcome = row.damage or row.outcome or running
        print(f"{row.id:{width}}  {began:17}  {row.environment:12}  {row.size / 1024:7.0f} K  {outcome}")
    return OK
