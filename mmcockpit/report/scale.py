"""The axes of a drawing: scales, round numbers, ticks, and the points of a long line that are drawn."""

from collections.abc import Sequence
from math import floor, isfinite, log10
from typing import NamedTuple

Points = Sequence[tuple[float, float]]
"""(session seconds, value), in order."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
MOST_TICKS = 6


class Scale(NamedTuple):
    """A linear scale from values between `low` and `high` to places between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value, rounded to tenths; at most one length of the axis outside it."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.5
        return round(self.start + min(max(share, -1.0), 2.0) * (self.end - self.start), 1)


def round_up(value: float) -> float:
    """Return the next round number away from zero."""
    if value <= 0 or not isfinite(value):
        return 0.0
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in _STEPS if value <= step * power * (1 + 1e-9)), value)


def ends(values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """Return the lower and upper end of an axis: from zero if that is near, including the limits that are near."""
    high, low = max(values), min(values)
    near = [limit for limit in limits if limit <= max(2.5 * high, high + (high - low))]
    top = round_up(max([high, *near])) or 1.0
    if low < 0:
        return -round_up(-low), top
    if low > 0.8 * high:
        return floor(low * 0.9) if low > 10 else low * 0.9, top
    return 0.0, top


def thin(points: Points, start: float, end: float, buckets: int) -> list[tuple[float, float]]:
    """Return the smallest and the largest point of every bucket, in order; all points if at most 2 fall on a bucket."""
    if len(points) <= 2 * buckets or end <= start:
        return list(points)
    kept: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        bucket = kept.setdefault(int((point[0] - start) / (end - start) * buckets), [point, point])
        if point[1] < bucket[0][1]:
            bucket[0] = point
        if point[1] > bucket[1][1]:
            bucket[1] = point
    return [point for bucket in kept.values() for point in sorted(set(bucket))]


def ticks(start: float, end: float, zero: float) -> list[float]:
    """Return at most MOST_TICKS round moments between two moments, counted from `zero`."""
    step = next((step for step in _TICKS if (end - start) / step <= MOST_TICKS), 0)
    if not step or end <= start:
        return [start]
    first = floor((start - zero) / step) + 1
    ticks = [zero + n * step for n in range(first, first + MOST_TICKS + 1)]
    return [moment for moment in ticks if moment < end]
