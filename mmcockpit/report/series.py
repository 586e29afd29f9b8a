"""Everything a signal answered in one session, 18 bytes an answer, and how long it stood in which state."""

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

STATES = (*(str(level) for level in Level), "not asked")
"""What a signal can be: a level, or not asked: not yet, or because nobody ran the session."""

_CODES = {level: code for code, level in enumerate(Level)}
_NOT_ASKED = len(Level)
_READING, _FAULT, _NEITHER = range(3)
LARGEST = 1e300
"""Numbers beyond this are drawn as no number."""
MISSED = 2.5
"""Polls without an answer after which a line breaks."""

Run = tuple[float, float, int]
"""From, to (session seconds), and which of STATES."""


class Series:
    """One signal's answers in order; `values` holds NaN where an answer is a fault or no number.

    `earlier` are the points that a chart started with, in session seconds.
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
        """Take one answer."""
        value = _number(body.answer)
        self.numbers += isfinite(value)
        kind = _FAULT if isinstance(body.answer, Fault) else _READING
        self._put(at, value, _CODES[body.verdict.level], kind)

    def silent(self, at: float) -> None:
        """Take that nobody asks from here on, until the next answer."""
        self._put(at, nan, _NOT_ASKED, _NEITHER)

    def backfill(self, now: When, body: Backfilled) -> None:
        """Take the points a chart starts with, as far as they lie before the first answer."""
        first = next((at for at, kind in zip(self.at, self.kinds, strict=True) if kind != _NEITHER), now.at)
        points = [(wall - now.wall + now.at, value) for wall, value in body.points]
        self.earlier = sorted((at, value) for at, value in points if at < first and abs(value) < LARGEST)

    @property
    def answers(self) -> int:
        """How many answers came, faults among them."""
        return len(self.kinds) - self.kinds.count(_NEITHER)

    @property
    def faults(self) -> int:
        """How many answers were faults."""
        return self.kinds.count(_FAULT)

    def runs(self, end: float) -> Iterator[Run]:
        """Yield how the signal stood, one stretch after the other, up to `end`."""
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
        """Return when faults came."""
        return [self.at[n] for n in self._between(start, end) if self.kinds[n] == _FAULT]

    def lines(self, start: float, end: float) -> list[list[tuple[float, float]]]:
        """Return the points between two moments as unbroken lines; between them there is a gap."""
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
        """Return which answers lie between two moments, and the one before: it says whether a line breaks."""
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
