"""`mmcockpit verify`: find damage and edits in a session's journal."""

import argparse

from mmcockpit.cli import FAILED, OK
from mmcockpit.journal.sessions import find
from mmcockpit.journal.verify import verify


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", nargs="?", default="latest", help="a path, an id, or `latest` (the default)")
    parser.add_argument("--head", metavar="HASH", help="a head noted elsewhere: also finds rewriting and truncation")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    path = find(args.session)
    report = verify(path, args.head)
    for line, what in report.problems:
        print(f"{path}:{line}: {what}")
    said = "chain ok" if report.ok else f"{report.found} problems"
    print(f"{path}: {report.lines} lines, head {report.head}, {said}")
    return OK if report.ok else FAILED
