"""A journal as a feed: shows the recorded session instead of a live one."""

from math import inf
from pathlib import Path

from mmcockpit.core.feed import Batch, ReplayState, Sought
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal import lock
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback.bookmarks import Bookmark
from mmcockpit.journal.playback.playhead import Playhead
from mmcockpit.journal.playback.time_expressions import Whole, parse_at
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import Problem, Progress, no_progress, not_opened, read

IDLE_S = 10.0
"""Minimum length of a period without facts that counts as idle, in seconds."""

LOOK_S = 1.0
"""Seconds between two checks of a journal that is still being written."""

PASSED_S = 1.0
"""Seconds of playback after a landmark during which `previous` skips over it."""


class ReplayFeed:
    """Plays a journal as it was written, and accepts no commands.

    `cockpit` is the cockpit that the session began with, `problems` are the lines that could not be read. `notice` is
    set where `at` is outside of the session. `viewer` is the viewer's own clock; `progress` reports the progress of the
    first read. Raises SessionError for a journal from which nothing can be shown, or OSError.
    """

    commands = None
    rules = ""

    def __init__(
        self,
        path: Path,
        viewer: Clock,
        at: str = "",
        *,
        speed: float = 1.0,
        playing: bool = True,
        progress: Progress = no_progress,
    ) -> None:
        self.problems: list[Problem] = []
        timeline = Timeline(path, self.problems.append, progress=progress)
        self.cockpit = timeline.session_at(timeline.first.at).cockpit
        self.transport = Player(timeline, path, viewer, speed, playing)
        sought = self.transport.seek(at) if at else Sought()
        if sought.error:
            raise SessionError(sought.error)
        self.notice = sought.note

    def drain(self) -> Batch:
        """Return what was played since the last call; after a jump, also the session to start from."""
        return self.transport.batch()


class Player:
    """Plays a timeline at the pace of the viewer's clock."""

    def __init__(self, timeline: Timeline, path: Path, viewer: Clock, speed: float = 1.0, playing: bool = True) -> None:
        self._timeline = timeline
        self._path = path
        self._viewer = viewer
        self._head = Playhead(timeline.first.at, timeline.first.at, timeline.last.at, speed, playing)
        self._idle = False
        self._looked_s = -inf
        self._batch: Batch | None = None
        self.viewed_s = viewer.now().at
        self._base: Session | None = timeline.session_at(timeline.first.at)
        self._seq, self._last = self._base.seq, timeline.first
        self._look()

    @property
    def state(self) -> ReplayState:
        """The position of the playhead, and how it moves."""
        head = self._head
        return ReplayState(
            self._now(),
            self._seq,
            self._last_seq,
            head.first,
            head.last,
            head.playing,
            head.speed,
            self._idle,
            head.growing,
        )

    @property
    def landmarks(self) -> tuple[Bookmark, ...]:
        """Every fact of the session to jump to, in order."""
        return self._timeline.landmarks

    def batch(self) -> Batch:
        """Return what was played since the last call."""
        self.viewed_s = self._viewer.now().at
        if self._head.growing and self.viewed_s - self._looked_s >= LOOK_S:
            self._look()
        at = self._head.move(self.viewed_s)
        if self._base is not None:
            base, self._base = self._base, None
            return self._stand(Batch(self._now(), (), base))
        if self._batch is not None and at == self._batch.now.at:
            return self._batch
        then = self._timeline.idle(at, IDLE_S) if self._idle and self._head.playing else None
        if then is not None:
            self._head.go(then)
        events = tuple(self._timeline.events(self._seq, self._head.at))
        for event in events:
            self._seq, self._last = max(self._seq, event.seq), event.stamp
        return self._stand(Batch(self._now(), events))

    def play(self) -> None:
        """Play or pause; at the end, play from the start."""
        before = self._head.move(self._viewer.now().at)
        self._head.play()
        if self._head.at != before:
            self._jump(self._head.at)

    def quicken(self, steps: int) -> None:
        """Play faster (positive) or slower, by this many speed steps."""
        self._head.move(self._viewer.now().at)
        self._head.quicken(steps)

    def skip(self, seconds: float) -> None:
        """Move by seconds of the session."""
        self._jump(round(self._head.at + seconds, 3))

    def step(self, by: int) -> None:
        """Pause, and step one fact forward or back."""
        self._head.playing = False
        seq = (
            next((event.seq for event in self._timeline.events(self._seq, inf)), self._seq) if by > 0 else self._seq - 1
        )
        session = self._timeline.session_after(seq)
        assert session.last is not None, "a session that was opened has a last stamp"
        self._go_to(session, session.last.at)

    def jump(self, kind: str, by: int) -> bool:
        """Jump to the next or the previous landmark of a kind; False if there is none in that direction."""
        passed = PASSED_S * self._head.speed if self._head.playing else 0.0
        fitting = [landmark for landmark in self._timeline.landmarks if landmark.kind == kind]
        there = (
            next((landmark for landmark in fitting if landmark.seq > self._seq), None)
            if by > 0
            else next(
                (
                    landmark
                    for landmark in reversed(fitting)
                    if landmark.seq < self._seq and landmark.at <= self._head.at - passed
                ),
                None,
            )
        )
        if there is not None:
            self._go_to(self._timeline.session_after(there.seq), there.at)
        return there is not None

    def seek(self, text: str) -> Sought:
        """Jump to a time expression; outside of the session, to its start or its end."""
        timeline = self._timeline
        whole = Whole(
            timeline.first,
            timeline.last,
            self._last_seq,
            lambda: timeline.session_at(inf).t0,
            timeline.at_of,
            self._wall_at,
        )
        try:
            at, note = parse_at(text, whole)
        except SessionError as error:
            return Sought(error=str(error))
        if text.strip().startswith("#") and not note:
            self._go_to(self._timeline.session_after(int(text.strip()[1:])), at)
        else:
            self._jump(at)
        return Sought(note=note)

    def _wall_at(self, at: float) -> float:
        """Return the wall clock (Unix seconds) at session seconds."""
        known = self._timeline.session_at(at).last or self._timeline.first
        return known.wall + at - known.at

    def skip_idle(self) -> None:
        """Toggle skipping of idle periods."""
        self._idle = not self._idle

    def _jump(self, at: float) -> None:
        self._head.go(at)
        self._go_to(self._timeline.session_at(self._head.at), self._head.at)

    def _go_to(self, session: Session, at: float) -> None:
        """Move to a time, with the session that the next batch starts from."""
        assert session.last is not None, "a session that was opened has a last stamp"
        self._base = session
        self._seq, self._last = session.seq, session.last
        self._head.go(at)

    def _now(self) -> Stamp:
        at, last = self._head.at, self._last
        return Stamp(at, round(last.wall + at - last.at, 3))

    def _stand(self, batch: Batch) -> Batch:
        """Keep an empty batch to return while the playhead does not move, so that a paused screen is not repainted."""
        self._batch = Batch(batch.now, pulse=batch.now)
        return Batch(batch.now, batch.events, batch.base, batch.now)

    def _look(self) -> None:
        """Read what was written since, while a process writes the journal."""
        self._looked_s = self.viewed_s
        self._head.growing = lock.holder(self._path) is not None
        self._timeline.extend()
        self._head.last = self._timeline.last.at
        self._last_seq = self._timeline.seq_at(inf)


def fold_journal(path: Path, until: float | None = None) -> Session:
    """Return the session that a journal makes up to a time (session seconds); None is its end.

    Lines that cannot be read are skipped. Raises SessionError if no readable line opens the session, or OSError.
    """
    problems: list[Problem] = []
    session = Session()
    for event in read(path, problems.append):
        if until is not None and event.stamp.at > until and session.opened is not None:
            break
        evolve(session, event)
    if session.opened is None:
        raise not_opened(path, problems)
    return session
