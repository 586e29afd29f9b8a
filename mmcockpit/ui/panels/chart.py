"""Time series with the limits of their rules, the baseline, and marks of what happened, one chart below the other."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.rules.charted_signal import charted_signal
from mmcockpit.core.rules.plans.waves import by_severity
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.render.curve import curve_of
from mmcockpit.ui.render.readings import columns_of, signal_line
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import Line, plain
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.panel import Panel

OVER_S = 1800.0
LEAST_ROWS = 5


class ChartPanel(Panel):
    """`options.over` is the time span in seconds; the limits come from rules such as `value < 0.01`."""

    title = "Chart"
    selectable: ClassVar[bool] = False
    screens_kept: ClassVar[int] = 1

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
        if not names:
            lines.append(((" no signal has numbers to chart", "muted"),))
        fitting = max(1, min(len(states), (room - len(lines)) // LEAST_ROWS))
        rest = states[fitting:]
        rows = (room - len(lines) - len(rest)) // fitting
        for state in states[:fitting]:
            lines += self._chart(session, state, now, width, rows)
        lines += [self._row(state, now, width, rest) for state in rest]
        return Rows(range(len(lines)), lambda n: lines[n])

    @property
    def watches(self) -> frozenset[Topic]:
        """Its signals; a chart that follows can show any signal."""
        return frozenset({SESSION, SIGNALS}) if self.follows_cursor else frozenset({ITEMS, *super().watches})

    @property
    def follows_cursor(self) -> bool:
        """Whether it shows the signal that is selected in another panel."""
        return self.spec.follow or not self.spec.signals

    def turn_to(self, signal: str, selecting: bool) -> None:
        """Show a signal that was selected in another panel, if this one follows; `selecting` while that is active."""
        if self.follows_cursor and (signal, selecting) != (self._selected, self._selecting):
            self._selected, self._selecting = signal, selecting
            self.redraw()

    def subject(self, key: Hashable) -> None:
        """A chart has no rows to choose."""
        return None

    @property
    def shown_subject(self) -> RowSubject | None:
        """The signal, if the chart shows only one."""
        names = self._names(self._session) if self._session is not None else ()
        return RowSubject("signal", names[0]) if len(names) == 1 else None

    def _names(self, session: Session) -> tuple[str, ...]:
        if not self.follows_cursor:
            return by_severity(session, self.spec.signals)
        name = charted_signal(session, self._selected, self.spec.signals, self._selecting)
        return (name,) if name else ()

    def _row(self, state: SignalState, now: Stamp, width: int, beside: Sequence[SignalState] = ()) -> Line:
        columns = columns_of(beside or [state], self.lens, width - 1, sparks=bool(beside))
        return ((" ", "text"), *signal_line(state, self.lens, now, width - 1, columns))

    def _chart(self, session: Session, state: SignalState, now: Stamp, width: int, rows: int) -> list[Line]:
        over = float(self.spec.options.get("over", OVER_S))
        head = self._row(state, now, width)
        plot_rows = rows - 2
        if plot_rows < 1:
            return [head]
        curve = curve_of(session, state, now, over, width, plot_rows)
        if curve is None:
            notice = "no data yet" if state.reading is None else "no numbers in the visible time"
            notice = "its value is not a number" if state.reading is not None and not len(state.points) else notice
            empty: list[Line] = [((f"     {notice}", "muted"),)]
            return [head, *empty, *([((" ", "text"),)] * (rows - 2))]
        name = state.signal.name
        if self._plots.get(name, (None, []))[0] != curve.key:
            self._plots[name] = curve.key, curve.draw()
        body = self._plots[name][1]
        return [head, *body, curve.foot(self.lens.narrow, over, width)]


PANEL = ChartPanel
