"""Checks a journal: its chain of links, the order of its numbers, its end, and a head noted elsewhere.

Without a head it finds damage and careless edits. Whoever can write the file can recompute an unkeyed chain: only a
head that was noted elsewhere finds a rewritten journal, and only up to the line it was noted at.
"""

from pathlib import Path

import msgspec

from mmcockpit.core.event import SCHEMA, Event, Opened, Unread
from mmcockpit.journal.codec import ROOT, knows, link, prev_of
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.reader import Decoding, Problem, left, open_journal, torn_line

MAX_PROBLEMS = 1_000
"""Problems that are listed; more are only counted."""

_HEAD_LENGTH = len(ROOT)


class Report(msgspec.Struct, frozen=True):
    """What a check found: `head` links the last line, `noted` is the line of the head given (0: none given or found).

    `found` counts all problems, of which `problems` holds the first MAX_PROBLEMS.
    """

    lines: int
    head: str
    noted: int
    found: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == 0


def verify(path: Path, head: str | None = None) -> Report:
    """Check a whole journal, with a head noted earlier also for rewriting and truncation; SessionError, or OSError."""
    check = _Check()
    noted = 0
    with open_journal(path) as file:
        for line in whole_lines(file):
            check.take(line)
            if head is not None and check.head == head:
                noted = check.line
        torn = left(file)
    check.finish(torn)
    if head is not None and not noted:
        check.report(Problem(check.line, _missing_head(head)))
    return Report(check.line, check.head or "", noted, check.found, tuple(check.problems))


class _Check:
    """Takes the lines of a journal in order; `head` is None behind a line too long to be linked."""

    def __init__(self) -> None:
        self.head: str | None = ROOT
        self.problems: list[Problem] = []
        self.found = 0
        self._decoding = Decoding(self.report)
        self._seq = -1
        self._newer = False

    @property
    def line(self) -> int:
        return self._decoding.line

    def report(self, problem: Problem) -> None:
        self.found += 1
        if self.found <= MAX_PROBLEMS:
            self.problems.append(problem)

    def take(self, line: bytes | None) -> None:
        event = self._decoding.event(line)
        if line is None:
            self.head = None
            return
        if self.head is not None and prev_of(line) != self.head:
            self.report(_broken(self.line))
        self.head = link(line)
        if event is not None:
            self._take_event(event)

    def _take_event(self, event: Event) -> None:
        match event.body:
            case Opened(schema=schema):
                self._newer = schema > SCHEMA
            case Unread(kind=kind) if self.line > 1 and knows(kind) and kind != "Unread" and not self._newer:
                self.report(Problem(self.line, f"a {kind} that does not say what such a fact has to say"))
        if self.line == 1 and not isinstance(event.body, Opened | Unread):
            self.report(Problem(1, "the first fact is not the opening of a session"))
        if event.seq <= self._seq:
            self.report(Problem(self.line, f"fact #{event.seq} comes after #{self._seq}"))
        self._seq = event.seq

    def finish(self, torn: int) -> None:
        if torn > 0:
            self.report(torn_line(self.line + 1, torn))
        elif self.line == 0:
            self.report(Problem(1, "the journal is empty"))


def _broken(line: int) -> Problem:
    if line == 1:
        return Problem(1, "this is not the first line of a journal: what came before is missing")
    return Problem(line - 1, f"changed since, or taken from elsewhere: line {line} does not follow from it")


def _missing_head(head: str) -> str:
    if len(head) != _HEAD_LENGTH:
        return f"{head[:40]!r} is no head: a head has {_HEAD_LENGTH} characters"
    return "no line has the head that was noted: the journal was rewritten or cut short since"
