"""Keyframes: compact snapshots of all signals after every so many facts, so that seeking folds only a few facts.

A keyframe is compressed JSON without the points; these are in one column per signal, of which a keyframe refers to a
range. Types and sizes are checked when a keyframe is read back.
"""

from array import array
from collections import deque
from collections.abc import Mapping
from copy import copy
from math import inf
from typing import NamedTuple

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

STEP_BYTES = 64 * 1024
"""About how many bytes of a keyframe are encoded at once: 2 MB, as of 500 signals, take 10 ms."""

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
    """How many points the column of a signal has, and how many of them were copied from its current history."""

    def __init__(self, length: int = 0) -> None:
        self.begin = self.length = length
        self.source: Points | None = None
        self.added = 0

    def follow(self, points: Points) -> "array[float]":
        """Return what was added to a history since the last call; a new history starts a new range."""
        if self.source is not points:
            self.begin, self.source, self.added = self.length, points, points.added - len(points)
        fresh = points.last(points.added - self.added)
        self.length += len(fresh) // 2
        self.added = points.added
        return fresh


_json = msgspec.json.Encoder()
_frame = msgspec.json.Decoder(_Frame)


class FrozenSession(NamedTuple):
    """A keyframe (`plain` is its size before compression), and the new points in the columns of its signals."""

    frame: bytes
    plain: int
    points: dict[str, "array[float]"]

    @property
    def size(self) -> int:
        """Bytes of both; MOST_BYTES for a keyframe that is too large to be read back."""
        points = sum(8 * len(flat) for flat in self.points.values())
        return len(self.frame) + points if self.plain <= MOST_PLAIN else MOST_BYTES


class GrowingFrame:
    """A keyframe of a session as it was, encoded in steps between which the session may change."""

    def __init__(self, frame: _Frame, points: dict[str, "array[float]"], compressor: zstandard.ZstdCompressor) -> None:
        self._frame, self._points, self._compressor = frame, points, compressor
        self._left = iter(frame.signals.items())
        # As JSON of the frame: an array of the last stamp, the signals by their name, and the changes.
        self._plain = bytearray(b"[" + _json.encode(frame.last) + b",{")
        self._first = True

    def step(self, least: float = STEP_BYTES) -> bool:
        """Encode signals until there are so many bytes more; return whether all are encoded."""
        plain = self._plain
        end = len(plain) + least
        for name, frozen in self._left:
            plain += _json.encode(name) if self._first else b"," + _json.encode(name)
            plain += b":"
            _json.encode_into(frozen, plain, -1)
            self._first = False
            if len(plain) >= end:
                return False
        return True

    def finish(self) -> FrozenSession:
        """Encode what is left, and compress it all."""
        self.step(inf)
        plain = self._plain
        plain += b"}," + _json.encode(self._frame.changes) + b"]"
        # Copied: what zstandard returns keeps memory for the uncompressed size.
        return FrozenSession(bytes(memoryview(self._compressor.compress(plain))), len(plain), self._points)


class Freezer:
    """Makes keyframes of one session; `lengths` are the points that the columns have already."""

    def __init__(self, lengths: Mapping[str, int] | None = None) -> None:
        self._columns = {name: _Column(length) for name, length in (lengths or {}).items()}
        self._compressor = zstandard.ZstdCompressor(level=1)

    def freeze(self, session: Session) -> FrozenSession:
        """Return a keyframe of a session's signals and recorded failovers, as `begin` makes it."""
        return self.begin(session).finish()

    def begin(self, session: Session) -> GrowingFrame:
        """Return a keyframe of a session's signals and recorded failovers that is still to be encoded.

        It has to be the same session every time, further ahead.
        """
        points: dict[str, array[float]] = {}
        signals = {name: self._frozen(name, state, points) for name, state in session.signals.items()}
        return GrowingFrame(_Frame(session.last, signals, list(session.changes)), points, self._compressor)

    def _frozen(self, name: str, state: SignalState, points: dict[str, "array[float]"]) -> _Frozen:
        column = self._columns.setdefault(name, _Column())
        if fresh := column.follow(state.points):
            points[name] = fresh
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
            [copy(one) for one in state.ran] if state.ran else [],
            column.begin,
            column.length,
        )


class Keyframes:
    """Keyframes in order, numbered from 0."""

    def __init__(self, frames: list[bytes] | None = None, columns: Mapping[str, bytes] | None = None) -> None:
        self.frames = frames or []
        self._columns = {name: array("d", flat) for name, flat in (columns or {}).items()}
        self._bytes = sum(map(len, (*self.frames, *(columns or {}).values())))
        self._freezer = Freezer({name: len(flat) // 2 for name, flat in self._columns.items()})
        self._decompressor = zstandard.ZstdDecompressor()

    @property
    def full(self) -> bool:
        """Whether the size limit is reached."""
        return self._bytes >= MOST_BYTES

    def columns(self) -> dict[str, bytes]:
        """Return the points of every signal as bytes."""
        return {name: flat.tobytes() for name, flat in self._columns.items()}

    def freeze(self, session: Session) -> None:
        """Add a keyframe of a session: the same one every time, further ahead."""
        frozen = self._freezer.freeze(session)
        self.frames.append(frozen.frame)
        for name, fresh in frozen.points.items():
            self._columns.setdefault(name, array("d")).extend(fresh)
        self._bytes += frozen.size

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

    def _thawed(self, definition: Signal, frozen: _Frozen) -> SignalState:
        begin = max(frozen.begin, frozen.end - POINTS_KEPT, 0)
        flat = self._columns[definition.name] if frozen.end else array("d")
        if len(flat) < 2 * frozen.end:
            raise LookupError(f"{definition.name}: points are missing")
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
            Points.of_flat(flat[2 * begin : 2 * frozen.end]),
            frozen.ran,
        )
