"""All results of a signal in one session, 18 bytes each, and the time spent in each state."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from math import inf, isfinite, nan

from mmcockpit.core.facts.event import Backfilled, Observed
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.report.times import When

STATES = (*(str(level) for level in Level), "not polled")
"""The states of a signal: a verdict's level, or not polled: before its first poll, or while the session did not run."""

_CODES = {level: code for code, level in enumerate(Level)}
_NOT_ASKED = len(Level)
_READING, _FAULT, _NEITHER = range(3)
LARGEST = 1e300
"""Numbers beyond this are not drawn."""
MISSED = 2.5
"""The number of missed polls after which a line breaks."""

Run = tuple[float, float, int]
"""From, to (session seconds), and the index in STATES."""


class SignalSeries:
    """The results of one signal in order; `values` holds NaN for a fault or a result that is not a number.

    `earlier` holds the backfilled points, as (session seconds, value).
    """

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self.at = array("d")
        self.values = array("d")
        self.codes = bytearray()
        self.kinds = bytearray()
        self.earlier: list[tuple[float, float]] = []
        self.numbers = 0

    def observe(self, at: float, body: Observed) -> None:
        """Add one result."""
        value = _number(body.answer)
        self.numbers += isfinite(value)
        kind = _FAULT if isinstance(body.answer, Fault) else _READING
        self._put(at, value, _CODES[body.verdict.level], kind)

    def silent(self, at: float) -> None:
        """Record that the signal is not polled from `at` on, until its next result."""
        self._put(at, nan, _NOT_ASKED, _NEITHER)

    def backfill(self, now: When, body: Backfilled) -> None:
        """Keep the backfilled points that are before the first result."""
        first = next((at for at, kind in zip(self.at, self.kinds, strict=True) if kind != _NEITHER), now.at)
        points = [(wall - now.wall + now.at, value) for wall, value in body.points]
        self.earlier = sorted((at, value) for at, value in points if at < first and abs(value) < LARGEST)

    @property
    def answers(self) -> int:
        """The number of results, including faults."""
        return len(self.kinds) - self.kinds.count(_NEITHER)

    @property
    def faults(self) -> int:
        """The number of faults."""
        return self.kinds.count(_FAULT)

    def runs(self, end: float) -> Iterator[Run]:
        """Yield the runs of equal state in order, up to `end`."""
        start, code = 0.0, -1
        for at, now in zip(self.at, self.codes, strict=True):
            if now != code:
                if code >= 0 and at > start:
                    yield start, at, code
                start, code = at, now
        if code >= 0 and end > start:
            yield start, end, code

    def times(self, end: float) -> list[float]:
        """Return the seconds spent in each of STATES."""
        spent = [0.0] * len(STATES)
        for start, until, code in self.runs(end):
            spent[code] += until - start
        return spent

    def faults_between(self, start: float, end: float) -> list[float]:
        """Return the times of the faults between two moments."""
        return [self.at[n] for n in self._between(start, end) if self.kinds[n] == _FAULT]

    def lines(self, start: float, end: float) -> list[list[tuple[float, float]]]:
        """Return the points between two moments as lines without gaps."""
        steps = sorted(after[0] - before[0] for before, after in pairwise(self.earlier))
        usual = steps[len(steps) // 2] if steps else 0.0
        earlier = [(at, value, MISSED * usual) for at, value in self.earlier]
        lines: list[list[tuple[float, float]]] = [[]]
        before = -inf
        patience = MISSED * self.signal.every
        answers = ((self.at[n], self.values[n], patience) for n in self._between(start, end))
        for at, value, patience in [*earlier, *answers]:
            if value != value or at - before > patience:
                lines.append([])
            if value == value:
                before = at
                if start <= at <= end:
                    lines[-1].append((at, value))
        return [line for line in lines if line]

    def _between(self, start: float, end: float) -> range:
        """Return the indices of the results between two moments, and of the one before: a line may break there."""
        return range(max(bisect_left(self.at, start) - 1, 0), bisect_right(self.at, end))

    def _put(self, at: float, value: float, code: int, kind: int) -> None:
        self.at.append(at)
        self.values.append(value)
        self.codes.append(code)
        self.kinds.append(kind)


def _number(answer: object) -> float:
    value = getattr(answer, "value", None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        return nan
    return float(value)
