"""Time series drawn with characters: sparklines and line charts in time buckets; gaps stay gaps."""

import math
import sys
from collections.abc import Callable, Reversible, Sequence
from itertools import groupby

from mmcockpit.ui.render.text import Line, Role

BARS = "▁▂▃▄▅▆▇█"
GHOST: Role = "muted"
"""The role of a line that is not a limit: the baseline."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0)

Points = Reversible[tuple[float, float]]
"""(Unix seconds, value), in order."""


def buckets(points: Points, end: float, over_s: float, count: int) -> list[float | None]:
    """Return the largest value of each of `count` equal stretches of time up to `end`; None for one without values.

    Stretches begin at multiples of their length, so that a value stays in its own while the chart moves.
    """
    if count <= 0:
        return []
    length = over_s / count
    last = math.floor(end / length)
    filled: list[float | None] = [None] * count
    for at, value in reversed(points):
        n = math.floor(at / length) - last + count - 1
        if n < 0:
            break
        if n < count:
            known = filled[n]
            filled[n] = value if known is None else max(known, value)
    return filled


def spark(points: Points, end: float, over_s: float, width: int) -> str:
    """Return a sparkline of `width` cells, scaled from the smallest to the largest value in it."""
    values = buckets(points, end, over_s, width)
    seen = [value for value in values if value is not None]
    if not seen:
        return " " * width
    low, high = min(seen), max(seen)
    if high <= low:
        return "".join(" " if value is None else BARS[0 if not value else 3] for value in values)
    top = len(BARS) - 1
    return "".join(" " if value is None else BARS[round((value - low) / (high - low) * top)] for value in values)


def round_up(value: float) -> float:
    """Return the next round number, so that a scale stays the same while the values change a little."""
    if value < sys.float_info.min:
        # Smaller values are subnormal: their powers of ten lose digits.
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _STEPS if value <= step * power * (1 + 1e-9))


def scale(values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """Return the lower and upper end of a chart: from 0 if that is near, including the limits that are near."""
    high, low = max(values), min(values)
    near = [limit for limit in limits if limit <= 2.5 * high]
    high = round_up(max([high, *near])) or 1.0
    if low < 0:
        return -round_up(-low), high
    if low > 0.8 * high:
        return math.floor(low * 0.9), high
    return 0.0, high


def plot(
    values: Sequence[float | None],
    rows: int,
    ends: tuple[float, float],
    role: Callable[[float], Role],
    lines: Sequence[tuple[float, Role]],
) -> list[Line]:
    """Return `rows` lines of a line chart with two values a cell, in the role of the more severe value of each cell.

    `lines` are limits, drawn dashed where there is no value; one in the role GHOST is dotted.
    """
    low, high = ends
    cells = len(values) // 2
    height = rows * 4
    bits = [[0] * cells for _ in range(rows)]

    def level(value: float) -> int:
        return max(0, min(height - 1, round((high - value) / (high - low) * (height - 1))))

    before: int | None = None
    for x, value in enumerate(values[: cells * 2]):
        y = None if value is None else level(value)
        if y is not None:
            start = y if before is None else min(max(before, y - height), y + height)
            for dot in range(min(y, start + (start < y)), max(y, start - (start > y)) + 1):
                bits[dot // 4][x // 2] |= _DOTS[x % 2][dot % 4]
        before = y
    dashes = {level(value) // 4: mark for value, mark in lines if low <= value <= high}
    roles = [_worst(values[2 * x : 2 * x + 2], role) for x in range(cells)]
    return [
        _grouped(
            [
                (chr(0x2800 + bit), roles[x]) if bit else (_dash(dashes.get(y)), dashes.get(y, "text"))
                for x, bit in enumerate(row)
            ]
        )
        for y, row in enumerate(bits)
    ]


def _dash(role: Role | None) -> str:
    return " " if role is None else "┈" if role == GHOST else "╌"


def _worst(values: Sequence[float | None], role: Callable[[float], Role]) -> Role:
    order = ("fail", "warn")
    roles = [role(value) for value in values if value is not None]
    return next((one for one in order if one in roles), roles[0] if roles else "text")


def _grouped(cells: list[tuple[str, Role]]) -> Line:
    return tuple(("".join(char for char, _ in group), role) for role, group in groupby(cells, key=lambda cell: cell[1]))
