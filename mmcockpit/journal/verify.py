"""Verifies a journal: its chain of links, the order of its numbers, its end, and a head noted elsewhere.

Without a head it detects damage and careless edits. A person who can write the file can recompute an unkeyed chain:
only a head that was noted elsewhere reveals a rewritten journal, and only up to the line it was noted at.
"""

from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import Continuation, DamageAccepted, Event, Opened, Unread
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import ROOT, knows, link, prev_of
from mmcockpit.journal.files import stored
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.reader import (
    PROGRESS_EVERY,
    Decoding,
    Problem,
    Progress,
    begun_parts,
    left,
    no_progress,
    not_opened,
    open_journal,
    torn_line,
)

MAX_PROBLEMS = 1_000
"""Maximum number of problems that are listed; more are only counted."""

_HEAD_LENGTH = len(ROOT)


class Report(msgspec.Struct, frozen=True):
    """The result of a check: `head` links the last line, `noted` is the line of the given head (0: not given or found).

    `problems` holds the first MAX_PROBLEMS of all problems; `unknown` counts the facts and fields that this version
    does not know; `note` reports them. `seq` is the number of the last fact, `continues` the head that the previous
    journal must end with.
    """

    lines: int
    head: str
    noted: int
    problem_count: int
    problems: tuple[Problem, ...]
    unknown: int = 0
    note: str = ""
    seq: int = 0
    continues: Continuation | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged or edited."""
        return self.problem_count == 0

    @property
    def understood(self) -> bool:
        """Whether there are no problems and this version knows every fact."""
        return self.ok and not self.note


def verify(path: Path, head: str | None = None) -> Report:
    """Verify a whole journal; with an earlier head, also for rewriting and truncation. SessionError, or OSError."""
    check = _Check(path)
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
    return _report(check, noted)


def _report(check: "_Check", noted: int) -> Report:
    return Report(
        lines=check.line,
        head=check.head or "",
        noted=noted,
        problem_count=check.problem_count,
        problems=tuple(check.problems),
        unknown=check.unknown,
        note=check.note,
        seq=check.seq,
        continues=check.continues,
    )


class Checked(msgspec.Struct, frozen=True):
    """A session folded from its journal, and the report on the journal's lines.

    `unaccepted` are the problems that no operator has accepted yet.
    """

    session: Session
    report: Report
    unaccepted: tuple[Problem, ...]


def fold_checked(path: Path, progress: Progress = no_progress) -> Checked:
    """Fold a journal and verify its chain in one pass; a torn last line does not count as damage.

    Raises SessionError if no readable line opens the session, or OSError.
    """
    check, session, accepted = _Check(path), Session(), 0
    with open_journal(path) as file:
        size = left(file)
        for line in whole_lines(file):
            if check.line % PROGRESS_EVERY == PROGRESS_EVERY - 1:
                progress(file.tell() / size)
            event = check.take(line)
            if event is not None:
                evolve(session, event)
                if isinstance(event.body, DamageAccepted):
                    accepted = len(check.problems)
    report = _report(check, 0)
    if session.opened is None:
        raise not_opened(path, report.problems or ([Problem(1, report.note)] if report.note else []))
    return Checked(session, report, report.problems[accepted:])


def verify_parts(path: Path, head: str | None = None) -> list[tuple[Path, Report]]:
    """Verify the journals of a session in order, and that each continues the previous one; SessionError, or OSError.

    A head may be that of any of them.
    """
    journals = begun_parts(path)
    if path != journals[-1]:
        journals = [path]
    reports = [(journal, _part(journal)) for journal in journals]
    if head is not None and not any(_noted(journal, head) for journal in journals):
        last, report = reports[-1]
        reports[-1] = last, _with(report, Problem(report.lines, _missing_head(head)))
    for number in range(len(reports) - 1):
        journal, report = reports[number]
        continues = reports[number + 1][1].continues
        if continues is None or report.head == continues.head:
            continue
        before, after = Path(continues.file).name, reports[number + 1][0].name
        says = f"does not end with head {continues.head}, fact #{continues.seq}: {before} {continues.because}"
        because = f"{says}; {after} continues from there and carries the state of the session"
        reports[number] = journal, _with(report, Problem(report.lines, because))
    return reports


def _part(path: Path) -> Report:
    if not stored(path).exists():
        return Report(0, "", 0, 0, ())
    return verify(path)


def _noted(path: Path, head: str) -> bool:
    return stored(path).exists() and bool(verify(path, head).noted)


def _with(report: Report, problem: Problem) -> Report:
    problems = (*report.problems, problem)
    return msgspec.structs.replace(report, problem_count=report.problem_count + 1, problems=problems)


class _Check:
    """Checks the lines of a journal in order; `head` becomes None after a line that is too long to be linked."""

    def __init__(self, path: Path) -> None:
        self.head: str | None = ROOT
        self.problems: list[Problem] = []
        self.problem_count = 0
        self._decoding = Decoding(path, self.report)
        self._seq = -1
        self.continues: Continuation | None = None

    @property
    def line(self) -> int:
        return self._decoding.line

    @property
    def seq(self) -> int:
        return max(self._seq, 0)

    @property
    def unknown(self) -> int:
        return self._decoding.versions.count

    @property
    def note(self) -> str:
        """The parts of the journal that this version cannot check."""
        return self._decoding.versions.note

    def report(self, problem: Problem) -> None:
        self.problem_count += 1
        if self.problem_count <= MAX_PROBLEMS:
            self.problems.append(problem)

    def take(self, line: bytes | None) -> Event | None:
        """Check the next line and return its fact, if it can be read."""
        event = self._decoding.event(line)
        if line is None:
            self.head = None
            return None
        if self.head is not None and prev_of(line) != self.head:
            self.report(_broken(self.line))
        self.head = link(line)
        if event is not None:
            self._take_event(event)
        return event

    def _is_damaged(self, kind: str) -> bool:
        """Whether an unread fact is damaged, not one of a later version; an opening one is reported by `Decoding`."""
        return self.line > 1 and knows(kind) and kind != "Unread" and not self._decoding.versions.later

    def _take_event(self, event: Event) -> None:
        match event.body:
            case Opened(continues=continues):
                self.continues = self.continues or continues
            case Unread(kind=kind) if self._is_damaged(kind):
                self.report(Problem(self.line, f"the {kind} lacks a required field or has an invalid value"))
        if self.line == 1 and not isinstance(event.body, Opened | Unread):
            self.report(Problem(1, "the first fact does not open a session"))
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
        return Problem(1, "not the first line of a journal: earlier lines are missing")
    return Problem(line - 1, f"edited, or from another journal: line {line} does not link to it")


def _missing_head(head: str) -> str:
    if len(head) != _HEAD_LENGTH:
        return f"{head[:40]!r} is not a head: a head has {_HEAD_LENGTH} characters"
    return "no line has this head: the journal was rewritten or truncated"
