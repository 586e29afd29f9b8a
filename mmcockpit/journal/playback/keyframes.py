"""Keyframes: compact snapshots of all signals after every so many facts, so that seeking folds only a few facts.

A keyframe is compressed JSON without the points; these are in one column per signal, of which a keyframe refers to a
range. Types and sizes are checked when a keyframe is read back.
"""

from array import array
from collections import deque

import msgspec
import zstandard

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChange
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.points import POINTS_KEPT, Points
from mmcockpit.core.state.ran import Ran
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import RECENT_KEPT, STRETCHES_KEPT, SignalState, Streak

MOST_BYTES = 64 * 1024 * 1024
"""Maximum size of columns and keyframes, in bytes; beyond it, no more keyframes are added."""

MOST_PLAIN = 16 * 1024 * 1024
"""Maximum size of a keyframe before compression, in bytes."""

_Stretches = list[tuple[float, float]]


class _Frozen(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A signal's state by position; its points are those from `begin` to `end` of its column."""

    verdict: Verdict
    since: Stamp | None
    asked_at: Stamp | None
    passing: _Stretches
    failing: _Stretches
    ms: float
    reading: Reading | None
    read_at: Stamp | None
    fault: Fault | None
    window: tuple[Level, ...]
    recent: list[tuple[Stamp, Reading | Fault, Verdict]]
    ran: list[Ran]
    begin: int
    end: int


class _Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Everything in a session that readings change."""

    last: Stamp | None
    signals: dict[str, _Frozen]
    changes: list[ProductionChange]


class _Column:
    """All points of a signal so far, and how many of them were copied from its current history."""

    def __init__(self, flat: "array[float]") -> None:
        self.flat = flat
        self.begin = len(flat) // 2
        self.source: Points | None = None
        self.added = 0

    def follow(self, points: Points) -> None:
        """Append what was added to a history since the last call; a new history starts a new range."""
        if self.source is not points:
            self.begin, self.source, self.added = len(self.flat) // 2, points, points.added - len(points)
        self.flat.extend(points.last(points.added - self.added))
        self.added = points.added


_json = msgspec.json.Encoder()
_frame = msgspec.json.Decoder(_Frame)


class Keyframes:
    """Keyframes in order, numbered from 0."""

    def __init__(self, frames: list[bytes] | None = None, columns: dict[str, bytes] | None = None) -> None:
        self.frames = frames or []
        self._columns = {name: _Column(array("d", flat)) for name, flat in (columns or {}).items()}
        self._bytes = sum(map(len, (*self.frames, *(columns or {}).values())))
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._decompressor = zstandard.ZstdDecompressor()

    @property
    def full(self) -> bool:
        """Whether the size limit is reached."""
        return self._bytes >= MOST_BYTES

    def columns(self) -> dict[str, bytes]:
        """Return the points of every signal as bytes."""
        return {name: column.flat.tobytes() for name, column in self._columns.items()}

    def freeze(self, session: Session) -> None:
        """Add a keyframe of a session's signals and recorded failovers.

        It has to be the same session every time, further ahead.
        """
        signals = {name: self._frozen(name, state) for name, state in session.signals.items()}
        plain = _json.encode(_Frame(session.last, signals, list(session.changes)))
        self.frames.append(self._compressor.compress(plain))
        self._bytes += len(self.frames[-1])
        if len(plain) > MOST_PLAIN:
            self._bytes = MOST_BYTES

    def thaw(self, number: int, session: Session) -> None:
        """Restore the signals of a keyframe into a session that has none.

        Raises ValueError, LookupError or zstandard.ZstdError for a keyframe that was not made by `freeze`.
        """
        compressed = self.frames[number]
        if zstandard.frame_content_size(compressed) > MOST_PLAIN:
            raise ValueError("the keyframe is too large")
        frame = _frame.decode(self._decompressor.decompress(compressed))
        definitions = session.opened.cockpit.signals if session.opened is not None else ()
        session.last = frame.last
        # Failovers are non-reading facts and in the keyframe as well: replace them.
        session.changes.clear()
        session.changes.extend(frame.changes)
        session.signals = {
            definition.name: self._thawed(definition, frame.signals[definition.name]) for definition in definitions
        }

    def _frozen(self, name: str, state: SignalState) -> _Frozen:
        column = self._columns.setdefault(name, _Column(array("d")))
        before = len(column.flat)
        column.follow(state.points)
        self._bytes += 8 * (len(column.flat) - before)
        return _Frozen(
            state.verdict,
            state.since,
            state.asked_at,
            list(state.passing.stretches),
            list(state.failing.stretches),
            state.ms,
            state.reading,
            state.read_at,
            state.fault,
            state.window,
            list(state.recent),
            state.ran,
            column.begin,
            len(column.flat) // 2,
        )

    def _thawed(self, definition: Signal, frozen: _Frozen) -> SignalState:
        begin = max(frozen.begin, frozen.end - POINTS_KEPT, 0)
        return SignalState(
            definition,
            frozen.verdict,
            frozen.since,
            frozen.asked_at,
            Streak(deque(frozen.passing, STRETCHES_KEPT)),
            Streak(deque(frozen.failing, STRETCHES_KEPT)),
            frozen.ms,
            frozen.reading,
            frozen.read_at,
            frozen.fault,
            frozen.window,
            deque(frozen.recent, RECENT_KEPT),
            Points.of_flat(self._columns[definition.name].flat[2 * begin : 2 * frozen.end]),
            frozen.ran,
        )
