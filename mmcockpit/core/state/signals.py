"""How a signal stands: its answers, its verdict, its recent past."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import NOT_APPLICABLE, Level, Verdict
from mmcockpit.core.state.points import Points

STRETCHES_KEPT = 512
MOST_INTERVALS = 2
"""Intervals of its signal that a stretch between two results counts for, at the most."""
RECENT_KEPT = 12

_PASS, _FAIL, _UNKNOWN = Level.PASS, Level.FAIL, Level.UNKNOWN
"""Looking a member up in its enumeration takes as long as taking in a tenth of an answer."""

_NUMBERS = frozenset({float, int})

NOT_ASKED = Verdict(Level.UNKNOWN, Level.UNKNOWN, "not asked yet", 0, 1)


@dataclass(slots=True)
class Streak:
    """How long answers have agreed: the stretches (session seconds) between consecutive ones, until one disagrees.

    Whatever lies between two stretches only pauses it: an unknown answer, silence, a session nobody ran.
    """

    stretches: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=STRETCHES_KEPT))

    def extend(self, start: float, end: float) -> None:
        """Count the time between two consecutive answers."""
        if self.stretches and self.stretches[-1][1] == start:
            start = self.stretches.pop()[0]
        elif len(self.stretches) == STRETCHES_KEPT:
            # The two oldest become one as long as both, so that none is lost.
            first, second = self.stretches.popleft(), self.stretches.popleft()
            self.stretches.appendleft((first[0], round(first[1] + second[1] - second[0], 3)))
        self.stretches.append((start, end))

    def since(self, at: float) -> float:
        """Return the seconds counted from the session second `at` on, in whole milliseconds."""
        return round(sum(max(end - max(start, at), 0.0) for start, end in self.stretches), 3)


@dataclass(slots=True)
class SignalState:
    """How a signal stands: its latest answer, its last reading, its verdict and its recent past.

    `window` holds the levels of the last `rule.of` answers, oldest first; `points` (Unix seconds, value) the numeric
    history. `since` is when the verdict's level last changed; `fault` is set while the latest answer is one.
    `passing` and `failing` are how long it passed since it last failed, and failed since it last passed or warned.
    """

    signal: Signal
    verdict: Verdict = NOT_ASKED
    since: Stamp | None = None
    asked_at: Stamp | None = None
    passing: Streak = field(default_factory=Streak)
    failing: Streak = field(default_factory=Streak)
    ms: float = 0.0
    reading: Reading | None = None
    read_at: Stamp | None = None
    fault: Fault | None = None
    window: tuple[Level, ...] = ()
    recent: deque[tuple[Stamp, Reading | Fault, Verdict]] = field(default_factory=lambda: deque(maxlen=RECENT_KEPT))
    points: Points = field(default_factory=Points)

    @property
    def value(self) -> Any:
        """The last value read, however old; None before the first."""
        return self.reading.value if self.reading else None

    @property
    def remark(self) -> str:
        """The note about the last reading; empty where it has none or the latest answer is a fault."""
        return self.reading.remark if self.reading and not self.fault else ""

    def observe(self, stamp: Stamp, body: Observed, unbroken: bool = True) -> None:
        """Take one answer and the verdict on it; `unbroken` says that everything ran since the answer before."""
        answer, verdict = body.answer, body.verdict
        if self.since is None or self.verdict.level is not verdict.level:
            self.since = stamp
        self._count(stamp, verdict, unbroken)
        self.verdict, self.asked_at, self.ms = verdict, stamp, body.ms
        self.window = (*self.window, verdict.raw)[-self.signal.rule.of :]
        self.recent.append((stamp, answer, verdict))
        if isinstance(answer, Fault):
            self.fault = answer
            return
        self.fault, self.reading, self.read_at = None, answer, stamp
        value = answer.value
        if type(value) in _NUMBERS:
            self.points.append(stamp.wall, float(value))

    def _count(self, stamp: Stamp, verdict: Verdict, unbroken: bool) -> None:
        level, before, asked_at = verdict.level, self.verdict, self.asked_at
        if level is _FAIL:
            self.passing.stretches.clear()
        elif level is not _UNKNOWN:
            self.failing.stretches.clear()
        # Nothing is known of a silence longer than the signal's patience, nor of the time in which nothing ran.
        if level is not before.level or asked_at is None or not unbroken:
            return
        if stamp.at - asked_at.at > self.signal.patience:
            return
        end = (
            stamp.at
            if self.signal.active
            else min(stamp.at, round(asked_at.at + MOST_INTERVALS * self.signal.every, 3))
        )
        if level is _FAIL:
            self.failing.extend(asked_at.at, end)
        elif level is _PASS and before.because != NOT_APPLICABLE != verdict.because:
            self.passing.extend(asked_at.at, end)

    def forget(self, stamp: Stamp, because: str) -> None:
        """Trust nothing that was seen: the verdict is unknown until the signal is asked again."""
        self.verdict = Verdict(Level.UNKNOWN, Level.UNKNOWN, because, 0, 1)
        self.since = stamp
        self.window = ()
