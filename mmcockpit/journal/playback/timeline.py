"""Random access to a journal: the session at any time, and the facts between two times.

The order of a timeline is that of the lines. In a damaged or foreign journal, a fact whose number does not increase
belongs to the one before it, and times never decrease: so every number and every time divides the lines in two.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

from zstandard import ZstdError

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Advice
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import ROOT, UnreadableLine, decode, encode
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback import cache
from mmcockpit.journal.playback.bookmarks import LANDMARKS_KEPT, VERDICTS_KEPT, Bookmark, landmark_kind
from mmcockpit.journal.playback.cache import SAVED_FROM, STRIDE, JournalPosition, Saved
from mmcockpit.journal.playback.checkpoints import Checkpoints
from mmcockpit.journal.playback.keyframes import Keyframes
from mmcockpit.journal.playback.walk import walk
from mmcockpit.journal.reader import (
    Decoding,
    Problem,
    Progress,
    Reporter,
    ignore_problem,
    no_progress,
    not_opened,
    open_journal,
)

__all__ = ["LANDMARKS_KEPT", "SAVED_FROM", "STRIDE", "Bookmark", "Timeline"]

PROBLEMS_SAVED = 1_000

_SENSED = (facts.Observed, facts.Backfilled)
_Facts = Iterator[tuple[Event, JournalPosition]]


class Timeline:
    """Random access to a journal.

    `first` and `last` are the stamps of the opening and of the last fact, `count` the number of all facts; `landmarks`
    are in order, the first LANDMARKS_KEPT of them.
    """

    first: Stamp
    last: Stamp
    count: int
    landmarks: tuple[Bookmark, ...]
    _end: JournalPosition
    _decoding: Decoding
    _full: bool

    def __init__(
        self,
        path: Path,
        report: Reporter = ignore_problem,
        *,
        progress: Progress = no_progress,
        folder: Path | None = None,
        stride: int = STRIDE,
    ) -> None:
        """Open a journal; lines that cannot be read and the progress of the first read are reported.

        `folder` is the cache of timelines, `stride` the number of facts between two keyframes. Raises SessionError if
        no readable line opens the session, or OSError.
        """
        problems: list[Problem] = []
        self._path, self._folder, self._stride = path, folder, stride
        self._report: Reporter = problems.append
        self._begin()
        saved = cache.load(path, folder)
        if saved is not None:
            self._restore(saved)
        known = self.count
        self.extend(progress)
        if self._opening is None:
            raise not_opened(path, problems)
        if (unknown := self._decoding.unknown()) is not None:
            self._report(unknown)
        if self.count - known >= SAVED_FROM and len(problems) <= PROBLEMS_SAVED and not self._full:
            cache.save(self._saved(problems), path, folder)
        self._report = report
        for problem in problems:
            report(problem)

    def extend(self, progress: Progress = no_progress) -> bool:
        """Read what was appended to a journal that is being written; True if there was anything.

        Raises SessionError if the journal became shorter instead.
        """
        count, start = self.count, self._end
        with open_journal(self._path, linked=False) as file:
            size = file.seek(0, os.SEEK_END)
            if size < start.offset:
                raise SessionError(f"{self._path}: was truncated while it was read; open it again")
            if size == start.offset:
                return False
            tip = self._whole()
            for event, place in walk(file, start, self._decoding.event):
                if self.count % self._stride == 0 and self._end.offset > self._marks[-1][0].offset:
                    self._mark(tip)
                    progress(self._end.offset / size)
                self.count += 1
                self._end = place
                evolve(tip, event)
                if not isinstance(event.body, _SENSED):
                    self._take(event, place)
        self.last = tip.last or self.last
        return self.count > count

    def session_at(self, at: float) -> Session:
        """Return a new session with all facts up to these session seconds, at least up to the opening."""
        return self._fold(lambda place: place.at <= at, self._marked(at=at))

    def session_after(self, seq: int) -> Session:
        """Return a new session with all facts up to and including this number, at least up to the opening."""
        return self._fold(lambda place: place.seq <= seq, self._marked(seq=seq))

    def events(self, after_seq: int, until: float) -> Iterator[Event]:
        """Yield the facts after this number up to these session seconds.

        To continue, pass the `seq` of the session that the facts were applied to: this is fast if it is where the last
        call stopped.
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
        for _, place in self._from(self._marks[self._marked(at=at)][0]):
            if place.at > at:
                break
            seq = max(seq, place.seq)
        return seq

    def at_of(self, seq: int) -> float | None:
        """Return the session seconds of the first fact with this number or a later one; None after the last."""
        if seq <= self._end.seq:
            for _, place in self._from(self._before(seq - 1)):
                if place.seq >= seq:
                    return place.at
        return None

    def idle(self, at: float, over_s: float) -> float | None:
        """Return the time of the next logged fact, or else of the end, if it is more than `over_s` away.

        None if it is sooner. All in session seconds.
        """
        place = bisect_right(self._logged, at, key=lambda place: place.at)
        then = self._logged[place].at if place < len(self._logged) else self._end.at
        return then if then - at > over_s else None

    def _begin(self) -> None:
        """Reset to an empty timeline."""
        self.first = self.last = Stamp(0.0, 0.0)
        self.count, self.landmarks = 0, ()
        self._decoding = Decoding(self._path, lambda problem: self._report(problem))
        self._opening: JournalPosition | None = None
        self._end = self._cursor = JournalPosition()
        self._marks: list[tuple[JournalPosition, int]] = [(self._end, 0)]
        self._logged: list[JournalPosition] = []
        self._past, self._keyframes, self._full = Checkpoints(), Keyframes(), False
        self._tip: Session | None = Session()
        self._advice = Advice.GO

    def _take(self, event: Event, place: JournalPosition) -> None:
        body = event.body
        self._logged.append(place)
        if not self._full:
            self._past.add(event)
        if isinstance(body, facts.Opened) and self._opening is None:
            self._opening, self.first = place, event.stamp
            self._decoding.schema = body.schema
        kind = landmark_kind(body, self._advice)
        most = VERDICTS_KEPT if isinstance(body, facts.SignalChanged) else LANDMARKS_KEPT
        if kind and len(self.landmarks) < most:
            self.landmarks = (*self.landmarks, Bookmark(place.seq, place.at, event.stamp.wall, kind))
        if isinstance(body, facts.Advised):
            self._advice = body.advice

    def _mark(self, tip: Session) -> None:
        """Mark the place between the facts so far and the next one; add a keyframe unless a limit is reached."""
        self._marks.append((self._end, len(self._logged)))
        self._full = self._full or self._past.full or self._keyframes.full
        if not self._full:
            self._keyframes.freeze(tip)

    def _whole(self) -> Session:
        """Return the session with all facts so far, which the caller continues to fold."""
        if self._tip is None:
            self._tip = self.session_after(self._end.seq)
        return self._tip

    def _saved(self, problems: list[Problem]) -> Saved:
        return Saved(
            version=cache.version(),
            stored=cache.measure(self._path, self._end.offset),
            lines=self._decoding.line,
            before=0,
            facts=self.count,
            base=self._decoding.base or 0,
            end=self._end,
            last=self.last,
            problems=problems,
            marks=self._marks,
            logged=list(zip(self._logged, (encode(event, ROOT, 0)[:-1] for event in self._past.events), strict=True)),
            frames=self._keyframes.frames,
            columns=self._keyframes.columns(),
        )

    def _restore(self, saved: Saved) -> None:
        """Restore a saved timeline; reset if it turns out to be invalid."""
        try:
            for place, line in saved.logged:
                self._take(decode(line, 0), place)
            self._keyframes = Keyframes(saved.frames, saved.columns)
        except (ValueError, LookupError):
            self._begin()
            return
        for problem in saved.problems:
            self._report(problem)
        self._marks, self._end, self.count, self.last = saved.marks, saved.end, saved.facts, saved.last
        self._decoding.line, self._decoding.base, self._tip = saved.lines, saved.base, None

    def _marked(self, seq: float = inf, at: float = inf) -> int:
        """Return the number of the last mark before which no fact is later than this number or this time."""
        by_seq = bisect_right(self._marks, seq, key=lambda mark: mark[0].seq)
        by_at = bisect_right(self._marks, at, key=lambda mark: mark[0].at)
        return max(min(by_seq, by_at) - 1, 0)

    def _fold(self, before: Callable[[JournalPosition], bool], mark: int) -> Session:
        assert self._opening is not None, "a timeline has an opening"
        number = min(mark, len(self._keyframes.frames))
        try:
            session, start = self._thawed(number)
        except (ValueError, LookupError, ZstdError):
            # The cache contains invalid data.
            cache.forget(self._path, self._folder)
            self._keyframes, self._full = Keyframes(), True
            session, start = self._thawed(0)
        for event, place in self._from(start):
            if place.seq > self._opening.seq and not before(place):
                break
            evolve(session, event)
        return session

    def _thawed(self, number: int) -> tuple[Session, JournalPosition]:
        """Return the session at a mark that has a keyframe, and its place."""
        place, logged = self._marks[number]
        if number == 0:
            return Session(), place
        session = self._past.session(logged)
        session.seq = max(place.seq, 0)
        self._keyframes.thaw(number - 1, session)
        return session, place

    def _before(self, seq: int) -> JournalPosition:
        """Return a place shortly before the fact that follows this number."""
        return self._cursor if self._cursor.seq == seq else self._marks[self._marked(seq=seq)][0]

    def _from(self, start: JournalPosition) -> _Facts:
        # The first line contains the base of the others.
        base = None if start.offset == 0 else self._decoding.base

        def event(line: bytes | None) -> Event | None:
            nonlocal base
            try:
                return decode(line or b"", base, self._decoding.schema)
            except UnreadableLine:
                return None
            finally:
                base = self._decoding.base

        with open_journal(self._path, linked=False) as file:
            yield from walk(file, start, event)
