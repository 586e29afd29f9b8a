"""A journal as a feed: the screen as it was, from the record instead of from production."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from mmcockpit.core.clock import Stamp
from mmcockpit.core.evolve import evolve
from mmcockpit.core.feed import Batch
from mmcockpit.core.session import Session
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.index import moment_of
from mmcockpit.journal.moment import parse_at
from mmcockpit.journal.reader import Problem, Reporter, read, unreported

At = float | str | Callable[[Session], float]
"""A moment: session seconds, a text for `parse_at`, or whatever a function makes of the whole session."""

__all__ = ["At", "JournalFeed", "Playhead", "parse_at"]


class Playhead(msgspec.Struct, frozen=True):
    """Where a replay stands."""

    position: Stamp


class JournalFeed:
    """Shows a journal as it stood at one moment (None: at its end); takes no commands.

    The journal is read when this is made: raises SessionError for one that nothing can be shown of, or OSError.
    `problems` are the lines that could not be read.
    """

    def __init__(self, path: Path, at: At | None = None) -> None:
        self.problems: list[Problem] = []
        self.commands: None = None
        session, now = _at(path, at, self.problems.append)
        self.transport = Playhead(now)
        self._first: Batch | None = Batch(now=now, base=session, pulse=now)
        self._later = Batch(now=now, pulse=now)

    def drain(self) -> Batch:
        """Return the session at the moment, and after that nothing more."""
        batch, self._first = self._first or self._later, None
        return batch


def fold_journal(path: Path, until: float | None = None, report: Reporter = unreported) -> Session:
    """Return the session that a journal makes up to a moment (session seconds); None is its end.

    Lines that cannot be read are reported. Raises SessionError where nothing says what the session was about, or
    OSError.
    """
    problems: list[Problem] = []
    session = Session()
    for event in read(path, problems.append):
        if until is not None and event.stamp.at > until and session.opened is not None:
            break
        evolve(session, event)
    if session.opened is None:
        problem = problems[0] if problems else Problem(1, "nothing says what the session was about")
        raise SessionError(f"{path}:{problem.line}: {problem.what}; `mmcockpit log {path}` shows what is readable")
    for problem in problems:
        report(problem)
    return session


def _at(path: Path, at: At | None, report: Reporter) -> tuple[Session, Stamp]:
    if isinstance(at, str):
        until: float | None = parse_at(at, fold_journal(path), partial(moment_of, path))
    else:
        until = at(fold_journal(path)) if callable(at) else at
    session = fold_journal(path, until, report)
    last = session.last
    assert last is not None, "a session that was opened has a last stamp"
    if until is None or until <= last.at:
        return session, last
    return session, Stamp(round(until, 3), round(last.wall + until - last.at, 3))
