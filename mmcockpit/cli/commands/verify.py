"""`mmcockpit verify`: finds damage and edits in a session's journal."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmcockpit.cli import FAILED, OK
from mmcockpit.cli.anchors import report_anchors
from mmcockpit.cli.sharing.copies import copied, found, own_journals
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.verify import Report, verify_parts


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "session", nargs="?", default="latest", help="a path, an id, `latest` (the default) or `sample`"
    )
    parser.add_argument("--head", metavar="HASH", help="a head noted elsewhere; detects rewriting and truncation, too")
    about = "an allowed_signers file of SSH: the journal has to be anchored, by keys in this file"
    parser.add_argument("--signers", type=Path, metavar="FILE", help=about)
    shared_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.shared:
        return _verify_shared(args)
    reports = verify_parts(found(args.session), args.head)
    for path, report in reports:
        _print(str(path), report)
    anchored = report_anchors([path for path, _ in reports], args.signers)
    return _code(reports) if anchored else FAILED


def _verify_shared(args: argparse.Namespace) -> int:
    """Verify what the store has, and compare the journal of this machine with it."""
    stored, brought = copied(args)
    reports = verify_parts(brought.path, args.head)
    for path, report in reports:
        part = "" if path.name == "journal.jsonl" else f" ({path.name})"
        _print(f"store: {stored.id}{part}", report)
    anchored = report_anchors([path for path, _ in reports], args.signers)
    same = [_compared(path, reports) for path in own_journals(stored)]
    return _code(reports) if anchored and all(same) else FAILED


def _compared(path: Path, reports: Sequence[tuple[Path, Report]]) -> bool:
    """Print how a journal of this machine compares with the store; return whether the store has all of it."""
    own = dict(verify_parts(path)).get(path)
    theirs = next((report for stored, report in reports if stored.name == path.name), None)
    if own is None or theirs is None:
        print(f"{path}: the store has no such file of the session")
        return False
    if own.head == theirs.head:
        print(f"{path}: {counted(own.lines, 'line')}, head {own.head}, the same as in the store")
        return True
    known = verify_parts(next(stored for stored, _ in reports if stored.name == path.name), own.head)
    if all(report.ok for _, report in known):
        behind = counted(theirs.seq - own.seq, "fact")
        print(f"{path}: {counted(own.lines, 'line')}, head {own.head}, {behind} behind the store")
        return True
    print(f"{path}: {counted(own.lines, 'line')}, head {own.head}, has facts that the store does not have")
    return False


def _print(name: str, report: Report) -> None:
    for line, what in report.problems:
        print(f"{name}:{line}: {what}")
    print(f"{name}: {counted(report.lines, 'line')}, head {report.head or 'none'}, {_verdict(report)}")


def _code(reports: Sequence[tuple[Path, Report]]) -> int:
    return OK if all(report.understood for _, report in reports) else FAILED


def _verdict(report: Report) -> str:
    chain = "chain ok" if report.ok else counted(report.problem_count, "problem")
    return f"{chain}, but {report.note}" if report.note else chain
