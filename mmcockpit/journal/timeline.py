"""A journal as something to seek in: the session at any moment, and the facts between two of them.

The order of a timeline is that of the lines. In a damaged or foreign journal a fact whose number does not go on belongs
to the one before it, and moments never go back: so that every number and every moment parts the lines in two.
"""

import os
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from math import inf
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mmcockpit.core import event as facts
from mmcockpit.core.clock import Stamp
from mmcockpit.core.event import AnyBody, Event
from mmcockpit.core.evolve import evolve
from mmcockpit.core.session import Session
from mmcockpit.core.state import Advice, Mark
from mmcockpit.journal.codec import Unreadable, decode
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.reader import Decoding, Problem, Reporter, open_journal, unreported

STRIDE = 512
"""Facts between two marks."""

LANDMARKS_KEPT = 10_000

_BAD = {Advice.GO: 0, Advice.HOLD: 1, Advice.NO_GO: 2, Advice.FIX_FORWARD: 3, Advice.ROLLBACK: 4}
_ALARMING = _BAD[Advice.NO_GO]
_DECISIONS = (facts.PhaseChanged, facts.Decided, facts.PollClosed, facts.Held)
_GRAVE = frozenset({Mark.OVERRIDE, Mark.BLOCK})


class Landmark(NamedTuple):
    """A fact to jump to: its number, its moment (session seconds, Unix seconds) and its kind.

    Kinds: `decision`, `alarm` (the advice became NO-GO or worse), `marker` and `gap` (nobody watched, or facts are
    lost).
    """

    seq: int
    at: float
    wall: float
    kind: str


class _Place(NamedTuple):
    """A place between two lines (bytes), with the number and the moment that the facts before it reached."""

    offset: int = 0
    seq: int = -1
    at: float = -inf


class _Fact(NamedTuple):
    """A fact, and the place behind it."""

    event: Event
    after: _Place


class Timeline:
    """A journal as something to seek in.

    `first` and `last` are the stamps of the opening and of the last fact, `count` the number of all facts; `landmarks`
    are in order, the first LANDMARKS_KEPT of them.
    """

    def __init__(self, path: Path, report: Reporter = unreported) -> None:
        """Open a journal; lines that cannot be read are reported.

        Raises SessionError where nothing says what the session was about, or OSError.
        """
        self.first = self.last = Stamp(0.0, 0.0)
        self.count = 0
        self.landmarks: tuple[Landmark, ...] = ()
        self._path = path
        problems: list[Problem] = []
        self._report: Reporter = problems.append
        self._decoding = Decoding(lambda problem: self._report(problem))
        self._opening: _Place | None = None
        self._end = _Place()
        self._marks = [self._end]
        self._told_seqs = array("q")
        self._told_ats = array("d")
        self._advice = Advice.GO
        self._cursor = self._end
        self.extend()
        if self._opening is None:
            problem = problems[0] if problems else Problem(1, "nothing says what the session was about")
            raise SessionError(f"{path}:{problem.line}: {problem.what}; `mmcockpit log {path}` shows what is readable")
        self._report = report
        for problem in problems:
            report(problem)

    def extend(self) -> bool:
        """Take in what was appended to a journal that is being written; True where there was something."""
        count, landmarks = self.count, list[Landmark]()
        with open_journal(self._path) as file:
            if file.seek(0, os.SEEK_END) < self._end.offset:
                raise SessionError(f"{self._path}: became shorter while it was read; open it again")
            for event, place in self._walk(file, self._end, self._decoding.event):
                if self.count and self.count % STRIDE == 0:
                    self._marks.append(self._end)
                self.count += 1
                self._end = place
                self.last = event.stamp
                landmarks += self._take(event, place)
        self.landmarks = (*self.landmarks, *landmarks)[:LANDMARKS_KEPT]
        return self.count > count

    def session_at(self, at: float) -> Session:
        """Return a session of its own: all facts up to these session seconds, at least up to the opening."""
        return self._fold(lambda place: place.at <= at)

    def session_after(self, seq: int) -> Session:
        """Return a session of its own: all facts up to and including this number, at least up to the opening."""
        return self._fold(lambda place: place.seq <= seq)

    def events(self, after_seq: int, until: float) -> Iterator[Event]:
        """Yield the facts behind this number up to these session seconds.

        `seq` of the session that took them is where to go on from: that is quick where the last call stopped.
        """
        here = self._before(after_seq)
        for event, place in self._from(here):
            if place.seq > here.seq:
                self._cursor = here
                if place.at > until:
                    return
            here = place
            if place.seq > after_seq:
                yield event
        self._cursor = here

    def seq_at(self, at: float) -> int:
        """Return the number of the last fact up to these session seconds, at least that of the opening."""
        assert self._opening is not None, "a timeline has an opening"
        seq = self._opening.seq
        for _, place in self._from(self._marks[bisect_right(self._marks, at, key=lambda mark: mark.at) - 1]):
            if place.at > at:
                break
            seq = max(seq, place.seq)
        return seq

    def at_of(self, seq: int) -> float | None:
        """Return the session seconds of the first fact with this number or a later one; None behind the last."""
        if seq <= self._end.seq:
            for _, place in self._from(self._before(seq - 1)):
                if place.seq >= seq:
                    return place.at
        return None

    def idle(self, at: float, over_s: float) -> float | None:
        """Return when the next fact stands that is no reading, or else the end, if that is longer than `over_s` away.

        None where something happens sooner. All in session seconds.
        """
        place = bisect_right(self._told_ats, at)
        then = self._told_ats[place] if place < len(self._told_ats) else self._end.at
        return then if then - at > over_s else None

    def _take(self, event: Event, place: _Place) -> Iterator[Landmark]:
        body = event.body
        if isinstance(body, facts.Observed | facts.Backfilled):
            return
        self._told_seqs.append(place.seq)
        self._told_ats.append(place.at)
        if isinstance(body, facts.Opened) and self._opening is None:
            self._opening, self.first = place, event.stamp
        if kind := _kind(body, self._advice):
            yield Landmark(place.seq, place.at, event.stamp.wall, kind)
        if isinstance(body, facts.Advised):
            self._advice = body.advice

    def _fold(self, before: Callable[[_Place], bool]) -> Session:
        assert self._opening is not None, "a timeline has an opening"
        session = Session()
        for event, place in self._from(self._marks[0]):
            if place.seq > self._opening.seq and not before(place):
                break
            evolve(session, event)
        return session

    def _before(self, seq: int) -> _Place:
        """Return a place before the fact that follows this number, and near it."""
        if self._cursor.seq == seq:
            return self._cursor
        return self._marks[max(bisect_right(self._marks, seq, key=lambda mark: mark.seq) - 1, 0)]

    def _from(self, start: _Place) -> Iterator[_Fact]:
        # The first line says what the others count from.
        bases = chain([None] if start.offset == 0 else [], repeat(self._decoding.base or 0))

        def event(line: bytes | None) -> Event | None:
            base = next(bases)
            with suppress(Unreadable):
                return decode(line or b"", base)
            return None

        with open_journal(self._path) as file:
            yield from self._walk(file, start, event)

    @staticmethod
    def _walk(file: BinaryIO, start: _Place, event_of: Callable[[bytes | None], Event | None]) -> Iterator[_Fact]:
        offset, seq, at = start
        file.seek(offset)
        for line in whole_lines(file):
            offset = file.tell() if line is None else offset + len(line) + 1
            event = event_of(line)
            if event is not None:
                if event.seq > seq:
                    seq, at = event.seq, max(at, event.stamp.at)
                yield _Fact(event, _Place(offset, seq, at))


def _kind(body: AnyBody, advice: Advice) -> str:
    """Return what kind of landmark a fact is, empty for none; `advice` is what was advised before."""
    match body:
        case facts.Advised(advice=said):
            return "alarm" if _BAD[said] >= _ALARMING and _BAD[said] > _BAD[advice] else ""
        case facts.ItemMarked(mark=mark):
            return "decision" if mark in _GRAVE else ""
        case facts.Noted(marker=True):
            return "marker"
        case facts.Gap() | facts.Resumed():
            return "gap"
    return "decision" if isinstance(body, _DECISIONS) else ""
