"""Base of the panels made of readings: one row for each signal, and below it the parts of its value."""

from collections.abc import Hashable, Iterator
from typing import Any, ClassVar

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.plans.waves import by_severity
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic, entry_of
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.render.readings import columns_of, signal_line, states_of
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import Line, plain, rough_age
from mmcockpit.ui.render.value_tables import field_lines, value_tables
from mmcockpit.ui.widgets.panel import Panel

Query = tuple[str, str, dict[str, Any]]
"""Source, probe and arguments of a signal."""


class ReadingsPanel(Panel):
    """The panel's signals, one row each, and below each the parts of its reading as its shape declares them.

    A list is shown as a table. `lists_facts` is whether the plain fields of a value are shown too; `once` is whether
    signals with the same query show its parts only below the first of them.
    """

    lists_facts: ClassVar[bool] = True
    once: ClassVar[bool] = False

    @property
    def watches(self) -> frozenset[Topic]:
        """The panel's signals, and the items that decide which target comes first; all signals if it has none."""
        return frozenset({ITEMS, *super().watches}) if self.spec.signals else frozenset({SESSION, SIGNALS})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows of every signal, and of its reading."""
        lines: list[tuple[Hashable, Line]] = []
        columns = columns_of(states_of(session, self.spec.signals), self.lens, width)
        queries: list[Query] = []
        for name in by_severity(session, self.spec.signals):
            state = session.signals.get(name)
            if state is None:
                lines.append((("signal", name), ((f"[?] unknown signal {plain(name, 60)}", "unknown"),)))
                continue
            lines.append((("signal", name), signal_line(state, self.lens, now, width, columns)))
            query = (state.signal.source, state.signal.probe, state.signal.args)
            if not (self.once and query in queries):
                lines += self._inside(name, state, width)
            queries.append(query)
        return Rows.of(lines or [("none", ((" this panel has no signals", "muted"),))])

    def summary(self, session: Session, now: Stamp) -> Line:
        """When the last result came."""
        states = [session.signals[name] for name in self.spec.signals if name in session.signals]
        asked = [state.asked_at.at for state in states if state.asked_at]
        return ((f"polled {rough_age(now.at - max(asked))} ago", "muted"),) if asked else (("not polled yet", "muted"),)

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the entry of a row that has a log, else its signal."""
        match key:
            case ("row", str(name), _, str(entry)):
                return RowSubject("entry", entry_of(name, entry))
            case (_, str(name), *_):
                return RowSubject("signal", name)
        return None

    def _inside(self, name: str, state: SignalState, width: int) -> Iterator[tuple[Hashable, Line]]:
        dim = self.lens.level(state) is Level.UNKNOWN
        value: Any = state.value
        if self.lists_facts:
            for n, text in enumerate(field_lines(value, state.signal.shape, width - 6, self._now.wall)):
                yield ("facts", name, n), ((f"     {text}", "muted"),)
        for key, line in value_tables(value, state.signal.shape, width - 4, dim, self._now.wall):
            yield (key[0], name, *key[1:]), (("    ", "text"), *line)
