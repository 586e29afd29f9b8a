"""Base of the panels made of readings: one row for each signal, and below it the parts of its value."""

from collections.abc import Hashable, Iterator
from typing import Any, ClassVar

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.render.readings import signal_line, widest_value
from mmcockpit.ui.render.rows import Rows, Subject
from mmcockpit.ui.render.table import Column, TableRow, table
from mmcockpit.ui.render.text import Line, age, plain, rough_age
from mmcockpit.ui.render.values import amount, facts
from mmcockpit.ui.widgets.panel import Panel


class Readings(Panel):
    """The panel's signals, one row each, and below each the parts of its reading.

    `tables` are the lists in a reading that are shown as tables: the list's name to its columns. `lists_facts` is
    whether its plain values are shown too.
    """

    tables: ClassVar[dict[str, tuple[Column, ...]]] = {}
    lists_facts: ClassVar[bool] = True

    @property
    def watches(self) -> frozenset[Topic]:
        """The panel's signals; all signals if the layout names none."""
        return super().watches if self.spec.signals else frozenset({SESSION, SIGNALS})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows of every signal, and of its reading."""
        lines: list[tuple[Hashable, Line]] = []
        widest = widest_value(session, self.spec.signals)
        for name in self.spec.signals:
            state = session.signals.get(name)
            if state is None:
                lines.append((("signal", name), ((f" [?] unknown signal {plain(name, 60)}", "unknown"),)))
                continue
            lines.append((("signal", name), signal_line(state, self.lens, now, width, widest)))
            if isinstance(state.value, dict):
                lines += self._inside(name, state, state.value, width)
        return Rows.of(lines or [("none", ((" this panel has no signals", "muted"),))])

    def summary(self, session: Session, now: Stamp) -> Line:
        """When the last result came."""
        states = [session.signals[name] for name in self.spec.signals if name in session.signals]
        asked = [state.asked_at.at for state in states if state.asked_at]
        return ((f"polled {rough_age(now.at - max(asked))} ago", "muted"),) if asked else (("not polled yet", "muted"),)

    def subject(self, key: Hashable) -> Subject | None:
        """Return the signal of a row."""
        match key:
            case (_, str(name), *_):
                return Subject("signal", name)
        return None

    def _inside(
        self, name: str, state: SignalState, value: dict[str, Any], width: int
    ) -> Iterator[tuple[Hashable, Line]]:
        dim = self.lens.level(state) is Level.UNKNOWN
        if self.lists_facts:
            words = [f"{word} {part}" for word, part in facts(value)]
            for n, text in enumerate(_flow(words, width - 6)):
                yield ("facts", name, n), ((f"     {text}", "muted"),)
        for key, columns in self.tables.items():
            rows = value.get(key)
            if isinstance(rows, list) and rows:
                shown = [_row(columns, row, ("row", name, key, n), dim) for n, row in enumerate(_worst_first(rows))]
                titles, *rest = table(columns, shown, width - 4)
                yield ("titles", name, key), (("    ", "text"), *titles[1])
                for row_key, line in rest:
                    yield row_key, (("    ", "text"), *line)


def _flow(words: list[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 3 + len(word) <= width:
            lines[-1] += f" · {word}"
        else:
            lines.append(word)
    return lines


def _worst_first(rows: list[Any]) -> list[dict[str, Any]]:
    """Return a table's rows, those that are not ready or have a reason first, otherwise in their order."""
    known = [row for row in rows if isinstance(row, dict)]
    return sorted(known, key=lambda row: row.get("ready") is not False and not row.get("reason"))


def _row(columns: tuple[Column, ...], row: dict[str, Any], key: Hashable, dim: bool) -> TableRow:
    cells = [_cell(row.get(column.key), column.unit) for column in columns]
    bad = row.get("ready") is False or bool(row.get("reason"))
    return TableRow(key, cells, "muted" if dim else "fail" if bad else "text")


def _cell(value: Any, unit: str) -> str:
    if unit == "age" and isinstance(value, int | float):
        return age(value)
    if unit == "digest" and isinstance(value, str):
        return plain(value).rpartition(":")[2][:12]
    return amount(value, unit)
