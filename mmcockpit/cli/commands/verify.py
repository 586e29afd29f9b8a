"""`mmcockpit verify`: finds damage and edits in a session's journal."""

import argparse

from mmcockpit.cli import FAILED, OK
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.sessions import find
from mmcockpit.journal.verify import Report, verify_parts


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", nargs="?", default="latest", help="a path, an id, or `latest` (the default)")
    parser.add_argument("--head", metavar="HASH", help="a head noted elsewhere; detects rewriting and truncation, too")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    reports = verify_parts(find(args.session), args.head)
    for path, report in reports:
        for line, what in report.problems:
            print(f"{path}:{line}: {what}")
        print(f"{path}: {report.lines} lines, head {report.head or 'none'}, {_verdict(report)}")
    return OK if all(report.understood for _, report in reports) else FAILED


def _verdict(report: Report) -> str:
    chain = "chain ok" if report.ok else counted(report.problem_count, "problem")
    return f"{chain}, but {report.note}" if report.note else chain
