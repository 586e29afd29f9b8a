"""The writer of a live session, which keeps the journal's timeline in the user's cache."""

from pathlib import Path
from typing import TYPE_CHECKING

from mmcockpit.core.facts.event import Event
from mmcockpit.core.state.session import Session
from mmcockpit.journal.writer import Writer

if TYPE_CHECKING:
    from mmcockpit.journal.playback.recorder import TimelineRecorder

BEGINS_AFTER = 500
"""Facts until the timeline is recorded, so that a session starts quickly."""


class TimelineWriter(Writer):
    """A writer that records the timeline once it follows a session, to which each fact is applied after it is written.

    A journal that continues a lost one has no timeline until it is opened. The first facts of a new journal are kept
    until the timeline is recorded: to read them again takes 8 MB, because the opening fact has the cockpit file.
    """

    _session: Session | None = None
    _cache: Path | None = None
    _recorder: "TimelineRecorder | None" = None
    _followed = 0
    _seq = 0
    _first: list[tuple[Event, int]] | None = None

    def follow(self, session: Session, cache: Path | None = None) -> None:
        """Record the timeline of a session with all facts of the journal; `cache` is the folder of timelines."""
        self._session, self._cache, self._seq, self._followed = session, cache, session.seq, 0
        self._first = None if self.size else []

    def append(self, event: Event) -> None:
        """Write one fact as `Writer` does."""
        if self._session is not None:
            self._prepare(self._session, event)
        super().append(event)
        self._seq = event.seq
        self._followed += 1
        if self._recorder is not None:
            self._recorder.written(event, self.size)
        elif self._first is not None:
            self._first.append((event, self.size))

    def _prepare(self, session: Session, event: Event) -> None:
        if event.seq != self._seq + 1:
            # The session has facts that the journal does not have.
            self._stop()
            return
        if self._followed == BEGINS_AFTER:
            # Imported here: no session needs it when it starts.
            from mmcockpit.journal.playback.recorder import TimelineRecorder

            self._recorder = TimelineRecorder(self.path, session, self._cache)
            if self._first is None:
                self._recorder.catch_up(self.size)
            else:
                self._recorder.begin(self._first)
                self._first = None
        if self._recorder is not None:
            self._recorder.before(self.size, lambda: self.digest)

    def _stop(self) -> None:
        if self._recorder is not None:
            self._recorder.stopped = True
        self._session = self._first = None

    def _let_go(self) -> None:
        if self.lost:
            self._stop()
        if self._recorder is not None:
            self._recorder.close()
        super()._let_go()
