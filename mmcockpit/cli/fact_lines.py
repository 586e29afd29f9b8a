"""Facts as lines of plain text: time, number, kind, sentence; for `log` and for a driver without a screen."""

import sys
from datetime import UTC, datetime

from mmcockpit.core.facts.event import Event
from mmcockpit.journal.reader import Problem


def fact_line(event: Event, word: str, says: str) -> str:
    """Return the line of a fact: `2026-03-14T02:14:05.250Z #12 advice    HOLD: …`."""
    return f"{utc_text(event.stamp.wall)} #{event.seq} {word:9} {says}"


def report_unreadable(problem: Problem) -> None:
    """Print to standard error what is wrong with a line of a journal."""
    print(f"line {problem.line}: {problem.what}", file=sys.stderr)


def utc_text(wall: float) -> str:
    """Return Unix seconds as a time in UTC, with milliseconds."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
