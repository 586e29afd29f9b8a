"""The state of a signal: its results, its verdict, its recent history."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import NUMBERS, Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Basis, Level, Verdict
from mmcockpit.core.state.points import Points
from mmcockpit.core.state.ran import Ran

STRETCHES_KEPT = 512
MOST_INTERVALS = 2
"""Maximum time between two results that counts, in intervals of the signal."""
RECENT_KEPT = 12

_PASS, _FAIL, _UNKNOWN = Level.PASS, Level.FAIL, Level.UNKNOWN
"""Module constants, because an enum member look-up takes a tenth of the time of processing one result."""

_NOT_APPLICABLE = Basis.NOT_APPLICABLE

NOT_POLLED = Verdict(Level.UNKNOWN, Level.UNKNOWN, agree=0, basis=Basis.NOT_POLLED)
NOT_RUN = Verdict(Level.UNKNOWN, Level.UNKNOWN, agree=0, basis=Basis.NOT_RUN)
"""The verdicts on signals before their first result: on those that are polled, and on active checks."""


@dataclass(slots=True)
class Streak:
    """How long results have agreed: stretches (session seconds) of consecutive results, until one disagrees.

    Unknown results, silence and time in which the session was not running pause it.
    """

    stretches: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=STRETCHES_KEPT))

    def extend(self, start: float, end: float) -> None:
        """Count the time between two consecutive results."""
        stretches = self.stretches
        if stretches and stretches[-1][1] == start:
            stretches[-1] = (stretches[-1][0], end)
            return
        if len(stretches) == STRETCHES_KEPT:
            # The two oldest become one of the same total length, so that no time is lost.
            first, second = stretches.popleft(), stretches.popleft()
            stretches.appendleft((first[0], round(first[1] + second[1] - second[0], 3)))
        stretches.append((start, end))

    def since(self, at: float) -> float:
        """Return the seconds counted from the session second `at` on, rounded to milliseconds."""
        counted = 0.0
        for start, end in self.stretches:
            if end > at:
                counted += end - (start if start > at else at)
        return round(counted, 3)


@dataclass(slots=True)
class SignalState:
    """The state of a signal: its latest result, its last reading, its verdict and its recent history.

    `window` holds the levels of the last `rule.of` results, oldest first; `points` (Unix seconds, value) the numeric
    history. `since` is when the verdict's level last changed; `fault` is set while the latest result is one. `passing`
    and `failing` are how long it passed since it last failed, and failed since it last passed or warned. `ran` are the
    times in which it reported a running image.
    """

    signal: Signal
    verdict: Verdict = NOT_POLLED
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
    ran: list[Ran] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An active check waits for an operator, not for its next poll."""
        if self.signal.active and self.verdict is NOT_POLLED:
            self.verdict = NOT_RUN

    @property
    def value(self) -> Any:
        """The value of the last reading, however old; None before the first."""
        return self.reading.value if self.reading else None

    @property
    def remark(self) -> str:
        """The note about the last reading; empty if it has none or the latest result is a fault."""
        return self.reading.remark if self.reading and not self.fault else ""

    def observe(self, stamp: Stamp, body: Observed, unbroken: bool = True) -> None:
        """Store one result and its verdict; `unbroken` is false after a pause."""
        answer, verdict = body.answer, body.verdict
        if self.since is None or self.verdict.level is not verdict.level:
            self.since = stamp
        self._count(stamp, verdict, unbroken)
        self.verdict, self.asked_at, self.ms = verdict, stamp, body.ms
        raw, of = verdict.raw, self.signal.rule.of
        # Most results are like those before: then the window stays the same object.
        if self.window.count(raw) != of:
            self.window = (*self.window, raw)[-of:]
        self.recent.append((stamp, answer, verdict))
        if isinstance(answer, Fault):
            self.fault = answer
            return
        self.fault, self.reading, self.read_at = None, answer, stamp
        value = answer.value
        if type(value) in NUMBERS:
            self.points.append(stamp.wall, value)

    def _count(self, stamp: Stamp, verdict: Verdict, unbroken: bool) -> None:
        level, before, asked_at = verdict.level, self.verdict, self.asked_at
        if level is _FAIL:
            self.passing.stretches.clear()
        elif level is not _UNKNOWN:
            self.failing.stretches.clear()
        # Time without a result beyond the signal's patience is unknown, and so is a pause.
        if level is not before.level or asked_at is None or not unbroken:
            return
        signal, start, end = self.signal, asked_at.at, stamp.at
        if end - start > signal.every or signal.active:
            if end - start > signal.patience:
                return
            if not signal.active:
                end = min(end, round(start + MOST_INTERVALS * signal.every, 3))
        if level is _FAIL:
            self.failing.extend(start, end)
        elif level is _PASS and before.basis is not _NOT_APPLICABLE and verdict.basis is not _NOT_APPLICABLE:
            self.passing.extend(start, end)

    def forget(self, stamp: Stamp, because: str) -> None:
        """Discard the recent results: the verdict is unknown until the signal is polled again."""
        self.verdict = Verdict(Level.UNKNOWN, Level.UNKNOWN, because, 0, 1)
        self.since = stamp
        self.window = ()
