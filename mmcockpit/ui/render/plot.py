"""Time series drawn with characters: sparklines and line charts in time buckets; gaps stay gaps."""

import math
import sys
from collections.abc import Callable, Mapping, Reversible, Sequence
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

from mmcockpit.ui.render.text import Line, Role

BARS = "▁▂▃▄▅▆▇█"
GHOST: Role = "muted"
"""The role of a line that is not a limit: the baseline."""

FLAT = 0.1
"""Least part of its largest value that a sparkline spans: smaller changes look small."""

FAR = 10
"""How many times the largest value the next limit may be, to be inside the chart."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0)

Points = Reversible[tuple[float, float]]
"""(Unix seconds, value), in order."""


class PlotLine(NamedTuple):
    """A horizontal line of a chart: a limit, drawn dashed, or in the role GHOST the dotted baseline; with its name."""

    value: float
    role: Role
    name: str = ""


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


def bucket_of(at: float, end: float, over_s: float, count: int) -> int:
    """Return the number of the stretch of `buckets` that a time is in; below 0 or from `count` on for one outside."""
    length = over_s / count
    return math.floor(at / length) - math.floor(end / length) + count - 1


def spark(points: Points, end: float, over_s: float, width: int) -> str:
    """Return a sparkline of `width` cells, scaled from the smallest to the largest value in it.

    Values that hardly differ are a flat line in the middle; zeros are one at the bottom.
    """
    values = buckets(points, end, over_s, width)
    seen = [value for value in values if value is not None]
    if not seen:
        return " " * width
    low, high = min(seen), max(seen)
    if not low and not high:
        return "".join(" " if value is None else BARS[0] for value in values)
    span, top = max(high - low, FLAT * max(abs(high), abs(low))), len(BARS) - 1
    low = (low + high - span) / 2
    return "".join(" " if value is None else BARS[int((value - low) / span * top + 0.4999)] for value in values)


def round_up(value: float) -> float:
    """Return the next round number, so that a scale stays the same while the values change a little."""
    if value < sys.float_info.min:
        # Smaller values are subnormal: their powers of ten lose digits.
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _STEPS if value <= step * power * (1 + 1e-9))


def scale(values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """Return the lower and upper end of a chart: from 0 if that is near, including the limits that are near.

    The next limit above the values is worth more room than those beyond it.
    """
    high, low = max(values), min(values)
    nearest = min((limit for limit in limits if limit > high), default=high)
    # Values that are all 0 have no size of their own: the nearest limit gives the chart its scale.
    top = max(high, nearest) if nearest <= FAR * high or high == 0 else high
    high = round_up(max([top, *(limit for limit in limits if limit <= 2.5 * top)])) or 1.0
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
    lines: Sequence[PlotLine],
    marks: Mapping[int, str] | None = None,
) -> list[Line]:
    """Return `rows` lines of a line chart with two values a cell, in the role of the more severe value of each cell.

    `marks` are letters by cell: each is at the top of a dotted line over the whole height, behind the curve.
    """
    cells = len(values) // 2
    grid = _curve(values[: cells * 2], rows, ends, [_worst(values[2 * x : 2 * x + 2], role) for x in range(cells)])
    curve = [[char != " " for char, _ in row] for row in grid]
    for y, line in {_row(line.value, rows, ends): line for line in lines if ends[0] <= line.value <= ends[1]}.items():
        dash = "┈" if line.role == GHOST else "╌"
        grid[y] = [(dash, line.role) if char == " " else (char, was) for char, was in grid[y]]
    for x, letter in (marks or {}).items():
        for y in range(rows):
            if not curve[y][x]:
                grid[y][x] = ("┊", GHOST)
        grid[0][x] = (letter, "strong")
    _name(grid, curve, rows, ends, lines)
    return [_grouped(row) for row in grid]


def _curve(
    values: Sequence[float | None], rows: int, ends: tuple[float, float], roles: Sequence[Role]
) -> list[list[tuple[str, Role]]]:
    """Return the cells of the curve alone."""
    height = rows * 4
    bits = [[0] * len(roles) for _ in range(rows)]
    before: int | None = None
    for x, value in enumerate(values):
        y = None if value is None else _level(value, height, ends)
        if y is not None:
            start = y if before is None else min(max(before, y - height), y + height)
            for dot in range(min(y, start + (start < y)), max(y, start - (start > y)) + 1):
                bits[dot // 4][x // 2] |= _DOTS[x % 2][dot % 4]
        before = y
    return [
        [(chr(0x2800 + bit) if bit else " ", roles[x] if bit else "text") for x, bit in enumerate(row)] for row in bits
    ]


def _level(value: float, height: int, ends: tuple[float, float]) -> int:
    low, high = ends
    return max(0, min(height - 1, round((high - value) / (high - low) * (height - 1))))


def _row(value: float, rows: int, ends: tuple[float, float]) -> int:
    return _level(value, rows * 4, ends) // 4


def _name(
    grid: list[list[tuple[str, Role]]],
    curve: Sequence[Sequence[bool]],
    rows: int,
    ends: tuple[float, float],
    lines: Sequence[PlotLine],
) -> None:
    """Write the names of the lines on them, where the curve leaves most room; two on one row are side by side.

    The name of a line outside the chart is at the end that is nearer, with an arrow.
    """
    taken: set[tuple[int, int]] = set()
    for line in reversed(lines):
        if not line.name:
            continue
        y, cells = _row(line.value, rows, ends), len(grid[0])
        arrow = "↑ " if line.value > ends[1] else "↓ " if line.value < ends[0] else ""
        name = f" {arrow}{line.name} "
        starts = range(cells - len(name) + 1)
        free = [x for x in starts if not any((y, at) in taken for at in range(x, x + len(name)))]
        if not free or cell_len(name) != len(name):
            continue
        at = min(free, key=lambda x: sum(curve[y][x : x + len(name)]))
        for n, char in enumerate(name):
            grid[y][at + n] = (char, line.role)
            taken.add((y, at + n))


def _worst(values: Sequence[float | None], role: Callable[[float], Role]) -> Role:
    order = ("fail", "warn")
    roles = [role(value) for value in values if value is not None]
    return next((one for one in order if one in roles), roles[0] if roles else "text")


def _grouped(cells: list[tuple[str, Role]]) -> Line:
    return tuple(("".join(char for char, _ in group), role) for role, group in groupby(cells, key=lambda cell: cell[1]))
