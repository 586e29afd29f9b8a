"""A running session as a feed that follows its journal: read-only, from any terminal of the machine."""

import os
from pathlib import Path

from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal import lock
from mmcockpit.journal.files import sidecar
from mmcockpit.journal.reader import Problem, Progress, no_progress, not_opened
from mmcockpit.journal.tail import Tail

LOOK_S = 0.5
"""Seconds between two checks whether the session has an operator."""


class WatchFeed:
    """Follows a journal and accepts no commands; close it after use. `problems` are the lines that could not be read.

    `viewer` is the viewer's own clock, whose wall clock is that of the machine that the driver runs on; `progress`
    reports the progress of the first read. Raises SessionError for a journal from which nothing can be shown, or
    OSError.
    """

    commands = None
    transport = None
    rules = ""

    def __init__(self, path: Path, viewer: Clock, progress: Progress = no_progress) -> None:
        self.problems: list[Problem] = []
        self._viewer = viewer
        self._tail = Tail(path, self.problems.append)
        session = fold(self._tail.events(progress))
        if session.opened is None or session.last is None:
            self.close()
            raise not_opened(path, self.problems)
        if (unknown := self._tail.unknown) is not None:
            self.problems.append(unknown)
        self.cockpit = session.cockpit
        self._last, self._speed = session.last, session.speed
        start = viewer.now()
        # Session time continues while nothing is written: the time since the last fact is taken from the wall clock.
        self._ahead = session.last.at + max(start.wall - session.last.wall, 0.0) - start.at
        self._base: Session | None = session
        self._looked_at = -LOOK_S
        self._alive = session.last
        self._gone: Stamp | None = None
        self._pulse: Stamp | None = None

    def drain(self) -> Batch:
        """Return what was written since the last call."""
        base, self._base = self._base, None
        events = tuple(self._tail.events())
        if events:
            self._last = events[-1].stamp
        now = self._now()
        self._look(now)
        return Batch(now, events, base, self._pulse or now, gone=self._gone, lost=self._tail.lost)

    def close(self) -> None:
        """Close the journal."""
        self._tail.close()

    def _now(self) -> Stamp:
        viewed = self._viewer.now()
        return Stamp(max(round(viewed.at + self._ahead, 3), self._last.at), viewed.wall)

    def _look(self, now: Stamp) -> None:
        """Check whether a process runs the session, and the time of its last heartbeat."""
        if now.at - self._looked_at < LOOK_S:
            return
        self._looked_at = now.at
        if lock.holder(self._tail.path) is None:
            self._gone, self._pulse = self._gone or self._alive, None
            return
        self._gone, self._alive = None, now
        try:
            silent_s = max(now.wall - os.stat(sidecar(self._tail.path, "lock")).st_mtime, 0.0)
        except OSError:
            silent_s = 0.0
        self._pulse = Stamp(round(now.at - silent_s * self._speed, 3), round(now.wall - silent_s, 3))
