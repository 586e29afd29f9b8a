"""How a signal stands: its answers, its verdict, its recent past."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.core.clock import Stamp
from mmcockpit.core.event import Observed
from mmcockpit.core.reading import Fault, Reading
from mmcockpit.core.signal import Signal
from mmcockpit.core.verdict import Level, Verdict

POINTS_KEPT = 1_440

NOT_ASKED = Verdict(Level.UNKNOWN, Level.UNKNOWN, "not asked yet", 0, 1)


@dataclass(slots=True)
class SignalState:
    """How a signal stands: its latest answer, its last reading, its verdict and its recent past.

    `window` holds the levels of the last `rule.of` answers, oldest first; `points` (Unix seconds, value) the numeric
    history. `since` is when the verdict's level last changed; `fault` is set while the latest answer is one.
    `passed_at` is the last answer with the verdict pass; `failed_s` the seconds it has failed: unknown pauses them,
    pass ends them.
    """

    signal: Signal
    verdict: Verdict = NOT_ASKED
    since: Stamp | None = None
    asked_at: Stamp | None = None
    passed_at: Stamp | None = None
    failed_s: float = 0.0
    ms: float = 0.0
    reading: Reading | None = None
    read_at: Stamp | None = None
    fault: Fault | None = None
    window: tuple[Level, ...] = ()
    recent: deque[tuple[Stamp, Reading | Fault, Verdict]] = field(default_factory=lambda: deque(maxlen=12))
    points: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=POINTS_KEPT))

    @property
    def value(self) -> Any:
        """The last value read, however old; None before the first."""
        return self.reading.value if self.reading else None

    def observe(self, stamp: Stamp, body: Observed) -> None:
        """Take one answer and the verdict on it."""
        before, level = self.verdict.level, body.verdict.level
        if self.since is None or before is not level:
            self.since = stamp
        if level is Level.FAIL and before is Level.FAIL and self.asked_at is not None:
            self.failed_s += stamp.at - self.asked_at.at
        elif level in (Level.PASS, Level.WARN):
            self.failed_s = 0.0
        if level is Level.PASS:
            self.passed_at = stamp
        self.verdict, self.asked_at, self.ms = body.verdict, stamp, body.ms
        self.window = (*self.window, body.verdict.raw)[-self.signal.rule.of :]
        self.recent.append((stamp, body.answer, body.verdict))
        if isinstance(body.answer, Fault):
            self.fault = body.answer
            return
        self.fault, self.reading, self.read_at = None, body.answer, stamp
        value = body.answer.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.points.append((stamp.wall, float(value)))

    def forget(self, stamp: Stamp, because: str) -> None:
        """Trust nothing that was seen: the verdict is unknown until the signal is asked again."""
        self.verdict = Verdict(Level.UNKNOWN, Level.UNKNOWN, because, 0, 1)
        self.since = stamp
        self.window = ()
