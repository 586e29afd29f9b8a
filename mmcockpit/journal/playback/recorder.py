"""Keeps the timeline of a journal in the user's cache while a session writes it, so that it opens at once later."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import Backfilled, Event, Observed, Opened
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import ROOT, UnreadableLine, decode, encode
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback.cache import (
    MOST_LOGGED,
    RECORDED,
    SAVED_FROM,
    STRIDE,
    JournalPosition,
    Saved,
    Stored,
    load,
    packed,
    save,
    version,
)
from mmcockpit.journal.playback.keyframes import MOST_BYTES, Freezer, GrowingFrame
from mmcockpit.journal.playback.walk import walk
from mmcockpit.journal.reader import Decoding, Problem, open_journal, opening

FRAMES_AT_ONCE = 8
"""Keyframes that are added to the file together."""

MOST_HELD = 2 * 1024 * 1024
"""Bytes of keyframes, points and facts from which they are added at once: readings of thousands of rows make long
keyframes."""

MOST_MISSED = 16 * STRIDE
"""Most facts at the end of a journal that its saved timeline may lack."""

_SENSED = (Observed, Backfilled)


class TimelineRecorder:
    """Follows the facts that are written, with the session that they make; `folder` is the cache of timelines.

    It stops for good where it could differ from the journal, and at the limits of a timeline. What is saved by then
    stays valid for the journal up to there.
    """

    def __init__(self, path: Path, session: Session, folder: Path | None = None) -> None:
        self.stopped = False
        self._path, self._session, self._folder = path, session, folder
        self._freezer = Freezer()
        self._decoding = Decoding(path, self._unreadable)
        self._end, self._last = JournalPosition(), Stamp(0.0, 0.0)
        self._facts = self._logged_before = self._bytes = self._held = 0
        self._descriptor = -1
        self._part = self._empty()
        self._part.marks.append((self._end, 0))
        self._begun: tuple[GrowingFrame, int, Saved] | None = None
        """The keyframe of the last mark while it is encoded, how many logged facts are before it, and the part with it
        but for the keyframe."""

    def catch_up(self, size: int) -> None:
        """Take what is in the journal up to this size, from its saved timeline on.

        Stop if it lacks too much, because the session of those facts is gone.
        """
        try:
            with open_journal(self._path) as file:
                continues = _continues(decode(opening(file)))
                saved = load(self._path, self._folder)
                if saved is not None:
                    self._continue(saved)
                for event, place in walk(file, self._end, self._decoding.event):
                    self._take(event, place)
                    if self._facts - self._part.before > MOST_MISSED:
                        break
        except (OSError, SessionError, UnreadableLine):
            self.stopped = True
            return
        self.stopped = self.stopped or continues or self._end.offset != size
        if saved is not None and not self.stopped:
            self._open(saved)

    def begin(self, facts: Sequence[tuple[Event, int]]) -> None:
        """Take the first facts of a new journal, each with the size of the journal with it."""
        self._decoding.begin(facts[0][0])
        self.stopped = _continues(facts[0][0])
        for event, size in facts:
            self.written(event, size)

    def before(self, size: int, digest: Callable[[], bytes]) -> None:
        """Mark the place before a fact that is about to be written; `size` and `digest` are those of the journal."""
        if self.stopped:
            return
        if size != self._end.offset:
            self.stopped = True
        elif self._facts % STRIDE == 0 and self._facts:
            self._mark(Stored(size, digest()))

    def written(self, event: Event, size: int) -> None:
        """Take a fact that was written; `size` is the size of the journal with it."""
        if not self.stopped:
            self._decoding.line += 1
            self._take(event, JournalPosition(size, event.seq, max(self._end.at, event.stamp.at)))
            if self._begun is not None and self._begun[0].step():
                self._complete()

    def close(self) -> None:
        """Save what is not in the file yet, and stop."""
        if not self.stopped:
            self._complete()
            self._flush()
        self.stopped = True
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _continue(self, saved: Saved) -> None:
        self._freezer = Freezer({name: len(flat) // 16 for name, flat in saved.columns.items()})
        self._bytes = sum(map(len, (*saved.frames, *saved.columns.values())))
        self._end, self._facts, self._logged_before = saved.end, saved.facts, len(saved.logged)
        self._decoding.base, self._decoding.line = saved.base, saved.lines
        if self._session.opened is not None:
            self._decoding.schema = self._session.opened.schema
        self._part = self._empty()

    def _unreadable(self, problem: Problem) -> None:
        """Stop: a timeline with problems is made where they are reported."""
        self.stopped = True

    def _take(self, event: Event, place: JournalPosition) -> None:
        self._end = place
        self._facts += 1
        if not isinstance(event.body, _SENSED):
            line = encode(event, ROOT, 0)[:-1]
            self._held += len(line)
            self._part.logged.append((place, line))

    def _mark(self, stored: Stored) -> None:
        """Begin a keyframe; it is encoded while the next facts are written, because that may take as long as a frame of
        the screen."""
        self._complete()
        part, logged = self._part, self._logged_before + len(self._part.logged)
        self._last = self._session.last or self._last
        marked = msgspec.structs.replace(
            part, stored=stored, lines=self._decoding.line, facts=self._facts, end=self._end, last=self._last
        )
        self._begun = self._freezer.begin(self._session), logged, marked

    def _complete(self) -> None:
        """Add the keyframe that was begun, if there is one."""
        if self._begun is None:
            return
        (frame, logged, part), self._begun = self._begun, None
        frozen = frame.finish()
        part.frames.append(frozen.frame)
        part.marks.append((part.end, logged))
        for name, flat in frozen.points.items():
            part.columns[name] = part.columns.get(name, b"") + flat.tobytes()
        self._bytes += frozen.size
        self._held += frozen.size
        self._part = part
        full = self._bytes >= MOST_BYTES or logged >= MOST_LOGGED
        if full or self._held >= MOST_HELD or (part.facts >= SAVED_FROM and len(part.frames) >= FRAMES_AT_ONCE):
            self._flush()
        self.stopped = self.stopped or full

    def _flush(self) -> None:
        """Add the part up to the last mark to the file; a short session with short values gets none."""
        part = self._part
        worth = self._descriptor >= 0 or part.facts >= SAVED_FROM or self._held >= MOST_HELD
        if not worth or not part.frames:
            return
        count = part.marks[-1][1] - self._logged_before
        done = msgspec.structs.replace(
            part, version=version(), base=self._decoding.base or 0, logged=part.logged[:count]
        )
        self._part = msgspec.structs.replace(self._empty(), before=part.facts, logged=part.logged[count:])
        self._logged_before += count
        self._held = sum(len(line) for _, line in self._part.logged)
        if self._descriptor < 0:
            self._open(done)
            return
        content = packed(done)
        with suppress(OSError):
            if os.write(self._descriptor, content) == len(content):
                return
        # Readers stop at a part that is not whole.
        self.stopped = True

    def _open(self, first: Saved) -> None:
        """Begin the file with this part."""
        target = save(first, self._path, self._folder, RECORDED)
        with suppress(OSError):
            if target is not None:
                self._descriptor = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.stopped = self._descriptor < 0

    def _empty(self) -> Saved:
        """Return a part that begins after the facts so far."""
        return Saved(
            *("", Stored(0, b""), self._decoding.line, self._facts, self._facts, 0, self._end, self._last),
            *([], [], [], [], {}),
        )


def _continues(opening: Event) -> bool:
    """Return whether a journal continues another one: it begins with a state that no fact of its own makes."""
    return isinstance(opening.body, Opened) and opening.body.continues is not None
