"""One chart: the axis with its labels, the curve with limits, baseline and marks, and the line below it."""

from collections.abc import Callable, Hashable

import msgspec
from rich.cells import cell_len

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.rules.chart_marks import ChartMark, MarkKind, chart_marks
from mmcockpit.core.rules.limits import Limit, beyond_text, limits
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.numbers import compact, number
from mmcockpit.ui.render.plot import GHOST, PlotLine, bucket_of, buckets, plot, scale
from mmcockpit.ui.render.text import Line, Role, age, fit, pad, spread, width_of

LEAST_CELLS = 8
MOST_LABEL = 8
"""Widest label of the axis in cells; a longer one is written without its unit, then rounded."""

LETTERS = {MarkKind.DEPLOY: "D", MarkKind.RESTART: "R", MarkKind.T0: "0", MarkKind.PHASE: "P"}
"""The letters of the marks, the most important first: it is the one that is drawn if two are in one cell."""


_CAUSES = (MarkKind.DEPLOY, MarkKind.RESTART)
"""Marks whose times are worth more room than those of the others."""


class Curve(msgspec.Struct, frozen=True):
    """The values of a signal as a chart of `rows` lines; `ghost` is its mean in the baseline."""

    values: tuple[float | None, ...]
    rows: int
    ends: tuple[float, float]
    bounds: tuple[Limit, ...]
    ghost: float | None
    labels: tuple[tuple[int, str], ...]
    marks: tuple[tuple[int, ChartMark], ...]
    unit: str

    @property
    def key(self) -> Hashable:
        """Everything that the drawing depends on."""
        letters = tuple((x, mark.kind) for x, mark in self.marks)
        return self.values, self.rows, self.ends, self.bounds, self.ghost, letters

    def draw(self) -> list[Line]:
        """Return the axis and the curve."""
        names = len(self.values) // 2 >= 24
        lines = [PlotLine(one.value, str(one.beyond), _name(one, self.unit, names)) for one in reversed(self.bounds)]
        # A limit on the same row as the baseline is drawn over it.
        if self.ghost is not None:
            was = number(self.ghost, self.unit)
            lines = [PlotLine(self.ghost, GHOST, f"baseline {was}" if names else was), *lines]
        letters = {x: LETTERS[mark.kind] for x, mark in self.marks}
        drawn = plot(self.values, self.rows, self.ends, self._role, lines, letters)
        labels, axis = dict(self.labels), self._axis
        return [
            ((pad(labels.get(n, ""), axis, "right"), "muted"), ("┤" if n in labels else "│", "border"), *line)
            for n, line in enumerate(drawn)
        ]

    def foot(self, time: Callable[[float], str], over: float, width: int) -> Line:
        """Return the line below the chart: the time span, and a legend of the marks."""
        start: Line = ((f"{' ' * self._axis}└ {age(over)} ago", "muted"),)
        end: Line = ((" now ", "muted"),)
        for legend in self._legends(time):
            if width_of(start) + width_of(legend) + width_of(end) <= width:
                return spread((*start, *legend), end, width)
        return fit((*start, *end), width) if width < width_of(start) + width_of(end) else spread(start, end, width)

    @property
    def _axis(self) -> int:
        return max(cell_len(label) for _, label in self.labels)

    def _role(self, value: float) -> Role:
        return next((str(limit.beyond) for limit in self.bounds if limit.broken(value)), "accent")

    def _legends(self, time: Callable[[float], str]) -> list[Line]:
        """Return the legend, then shorter ones."""
        last = {mark.kind: mark for _, mark in self.marks}
        kinds = [kind for kind in LETTERS if kind in last]
        timed = {kind: f"  {LETTERS[kind]} {last[kind].title or kind} {time(last[kind].wall)}" for kind in kinds}
        short = {kind: f"  {LETTERS[kind]} {kind}" for kind in kinds}
        causes = {kind: (timed if kind in _CAUSES else short)[kind] for kind in kinds}
        return [(("".join(texts.values()), "strong"),) for texts in (timed, causes, short)]


def curve_of(session: Session, state: SignalState, now: Stamp, over: float, width: int, rows: int) -> Curve | None:
    """Return the chart of a signal's last `over` seconds in `width` by `rows` cells; None without numbers or room."""
    ghost = session.baseline.values.get(state.signal.name) if session.baseline else None
    bounds = tuple(limits(state.signal))
    unit = state.signal.unit
    cells, room = max(0, width - MOST_LABEL - 2), -1
    values: tuple[float | None, ...] = ()
    for _ in range(2):
        if cells == room:
            break
        # The labels depend on the values in sight, and these on the room that the labels leave.
        values, room = tuple(buckets(state.points, now.wall, over, cells * 2)), cells
        seen = [value for value in values if value is not None]
        if not seen or cells < LEAST_CELLS:
            return None
        ends = scale(seen if ghost is None else [*seen, ghost], [limit.value for limit in bounds])
        labels = _labels(ends, rows, unit, min(MOST_LABEL, width // 3))
        cells = max(0, width - max(cell_len(label) for _, label in labels) - 2)
    if cells != room:
        values = tuple(buckets(state.points, now.wall, over, cells * 2))
    marks: dict[int, ChartMark] = {}
    order = list(LETTERS)
    for mark in chart_marks(session, now.wall - over, now.wall):
        x = bucket_of(mark.wall, now.wall, over, cells * 2) // 2
        if 0 <= x < cells and (x not in marks or order.index(mark.kind) <= order.index(marks[x].kind)):
            marks[x] = mark
    return Curve(values, rows, ends, bounds, ghost, labels, tuple(sorted(marks.items())), unit)


def _name(limit: Limit, unit: str, in_full: bool) -> str:
    return beyond_text(limit, unit) if in_full else number(limit.value, unit)


def _labels(ends: tuple[float, float], rows: int, unit: str, room: int) -> tuple[tuple[int, str], ...]:
    """Return the labels of the axis by row: its ends and, in a high chart, its middle; never cut."""
    low, high = ends
    values = {0: high} | ({rows - 1: low} if rows >= 2 else {})
    if rows >= 7 and rows % 2:
        values[rows // 2] = (high + low) / 2
    for shown in (unit, unit if unit == "ratio" else ""):
        texts = {row: number(value, shown) for row, value in values.items()}
        if all(cell_len(one) <= room for one in texts.values()):
            return tuple(sorted(texts.items()))
    return tuple(sorted((row, compact(value)) for row, value in values.items()))
