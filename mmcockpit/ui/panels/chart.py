"""Time series with the limits of their rules, one chart below the other."""

from collections.abc import Hashable
from typing import ClassVar

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.rules.charted_signal import charted_signal
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.render.plot import GHOST, buckets, plot, scale
from mmcockpit.ui.render.readings import signal_line
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import Line, Role, age, fit, number, pad, plain, spread
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.values import Limit, limits, needs
from mmcockpit.ui.widgets.panel import Panel

OVER_S = 1800.0
AXIS = 10
LEAST_ROWS = 5


class ChartPanel(Panel):
    """`options.over` is the time span in seconds; the limits come from rules such as `value < 0.01`."""

    title = "Chart"
    selectable: ClassVar[bool] = False

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self._selected, self._selecting = "", False
        self._plots: dict[str, tuple[Hashable, list[Line]]] = {}

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows of as many charts as fit; the other signals get one row each."""
        room = self.size.height - 1
        names = self._names(session)
        states = [session.signals[name] for name in names if name in session.signals]
        missing = [name for name in names if name not in session.signals]
        lines: list[Line] = [((f" [?] unknown signal {plain(name, 60)}", "unknown"),) for name in missing]
        fitting = max(1, min(len(states), (room - len(lines)) // LEAST_ROWS))
        for n, state in enumerate(states):
            if n < fitting:
                rows = (room - len(missing)) // fitting
                lines += self._chart(state, _ghost(session, state), now, width, rows)
            else:
                lines.append(signal_line(state, self.lens, now, width))
        return Rows(range(len(lines)), lambda n: lines[n])

    @property
    def watches(self) -> frozenset[Topic]:
        """Its signals; a chart that follows can show any signal."""
        return frozenset({SESSION, SIGNALS}) if self.follows_cursor else super().watches

    @property
    def follows_cursor(self) -> bool:
        """Whether it shows the signal that is selected in another panel."""
        return self.spec.follow or not self.spec.signals

    def turn_to(self, signal: str, selecting: bool) -> None:
        """Show a signal that was selected in another panel, if this one follows; `selecting` while that is active."""
        if self.follows_cursor and (signal, selecting) != (self._selected, self._selecting):
            self._selected, self._selecting = signal, selecting
            self.redraw()

    def _names(self, session: Session) -> tuple[str, ...]:
        if not self.follows_cursor:
            return self.spec.signals
        name = charted_signal(session, self._selected, self.spec.signals, self._selecting)
        return (name,) if name else ()

    def subject(self, key: Hashable) -> None:
        """A chart has no rows to choose."""
        return None

    @property
    def shown_subject(self) -> RowSubject | None:
        """The signal, if the chart shows only one."""
        return RowSubject("signal", self.spec.signals[0]) if len(self.spec.signals) == 1 else None

    def _chart(self, state: SignalState, ghost: float | None, now: Stamp, width: int, rows: int) -> list[Line]:
        over = float(self.spec.options.get("over", OVER_S))
        cells, high_rows = width - AXIS - 1, rows - 2
        head = signal_line(state, self.lens, now, width, curves=False)
        values = buckets(state.points, now.wall, over, max(0, cells) * 2)
        seen = [value for value in values if value is not None]
        if cells < 8 or high_rows < 1:
            return [head]
        if not seen:
            notice = "no data yet" if state.reading is None else "no numbers in the visible time"
            empty: list[Line] = [((" " * AXIS + f" {notice}", "muted"),)]
            return [head, *empty, *([((" ", "text"),)] * (rows - 2))]
        bounds = limits(state.signal)
        ends = scale(seen if ghost is None else [*seen, ghost], [limit.value for limit in bounds])
        key = (tuple(values), high_rows, ends, ghost)
        if self._plots.get(state.signal.name, (None, []))[0] != key:
            lines = [(limit.value, str(limit.beyond)) for limit in reversed(bounds)]
            # A limit on the same row as the baseline is drawn over it.
            lines = lines if ghost is None else [(ghost, GHOST), *lines]
            fresh = plot(values, high_rows, ends, lambda value: _role(value, bounds), lines)
            self._plots[state.signal.name] = key, fresh
        drawn = self._plots[state.signal.name][1]
        labels = _labels(ends, high_rows, state.signal.unit)
        body: list[Line] = [
            ((pad(labels.get(n, ""), AXIS, "right"), "muted"), ("┤" if n in labels else "│", "border"), *line)
            for n, line in enumerate(drawn)
        ]
        wants = f" {limit} " if bounds and (limit := needs(state.signal.rule.passes, state.signal)) else ""
        was = "" if ghost is None else f" ┈ baseline {number(ghost, state.signal.unit)}"
        foot = spread(
            ((f"{' ' * AXIS}└ {age(over)} ago", "muted"), (was, GHOST)), ((wants, "muted"), ("now ", "muted")), width
        )
        return [head, *body, fit(foot, width)]


def _ghost(session: Session, state: SignalState) -> float | None:
    """Return the signal's mean in the baseline; None if none is recorded."""
    return session.baseline.values.get(state.signal.name) if session.baseline else None


def _role(value: float, bounds: list[Limit]) -> Role:
    return next((str(limit.beyond) for limit in bounds if limit.broken(value)), "accent")


def _labels(ends: tuple[float, float], rows: int, unit: str) -> dict[int, str]:
    low, high = ends
    labels = {0: number(high, unit)}
    if rows >= 2:
        labels[rows - 1] = number(low, unit)
    return labels


PANEL = ChartPanel
