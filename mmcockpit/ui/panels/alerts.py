"""Alerts: which fire, with severity and age, and which silences are set."""

from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import Any

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.handovers.firing_alerts import MUTED, firing, levels_of, rows_of
from mmcockpit.core.rules.plans.waves import by_severity
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import entry_name, field_text
from mmcockpit.ui.panels.readings import ReadingsPanel
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import Line, Role, age, plain, wrap
from mmcockpit.ui.render.values import reason_shown

ROLES: dict[str, Role] = {"fail": "fail", "warn": "warn", "muted": "muted"}
MOST_LINES = 3


class AlertsPanel(ReadingsPanel):
    """Results of `alertmanager.alerts` and `silences`: every row of their lists, sorted by severity."""

    title = "Alerts"

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for each alert, its labels below it, then the silences."""
        lines: list[tuple[Hashable, Line]] = []
        for name in by_severity(session, self.spec.signals):
            state = session.signals.get(name)
            if state is None:
                lines.append((("signal", name), ((f" [?] unknown signal {plain(name, 60)}", "unknown"),)))
            else:
                lines += self._block(state, now, width)
        return Rows.of(lines or [("none", ((" this panel has no signals", "muted"),))])

    def _block(self, state: SignalState, now: Stamp, width: int) -> Iterator[tuple[Hashable, Line]]:
        key: Hashable = ("signal", state.signal.name)
        shape = state.signal.shape
        rows = rows_of(state)
        no_data = state.fault is not None or state.reading is None or self.lens.out_of_date
        if no_data:
            why = reason_shown(state, self.lens)
            yield key, ((f" [?] {plain(state.signal.title, 60)}: ", "unknown"), (why, "unknown"))
        elif not rows:
            yield key, ((f" no {plain(shape.noun[1], 40)}", "muted"),)
        for n, row in enumerate(sorted(rows, key=lambda row: _rank(row, shape))):
            for m, line in enumerate(_row(row, shape, now, width, no_data)):
                yield ("row", state.signal.name, n, m), line

    def summary(self, session: Session, now: Stamp) -> Line:
        """The number of firing alerts."""
        states = [session.signals[name] for name in self.spec.signals if name in session.signals]
        counted = [state for state in states if state.signal.shape.counted]
        if self.lens.out_of_date or any(self.lens.level(state) is Level.UNKNOWN and state.fault for state in counted):
            return (("unknown", "unknown"),)
        shapes = [state.signal.shape for state in counted for _ in firing(state)]
        if shapes:
            return ((f"{len(shapes)} {shapes[0].counted}", "fail"),)
        return super().summary(session, now)


def _rank(row: dict[str, Any], shape: Shape) -> tuple[bool, list[int], str]:
    """Return the place of a row: muted ones last, then by the order of the levels, then by name."""
    graded = [(list(one.levels), str(row.get(one.key))) for one in shape.columns if one.levels]
    places = [texts.index(text) if text in texts else len(texts) for texts, text in graded]
    return MUTED in levels_of(row, shape), places[:1], entry_name(row, shape)


def _row(row: dict[str, Any], shape: Shape, now: Stamp, width: int, no_data: bool) -> Iterator[Line]:
    levels = levels_of(row, shape)
    muted = no_data or MUTED in levels
    role: Role = "muted" if muted else next((ROLES[one] for one in levels if one in ROLES), "text")
    letter = "[?]" if no_data else "[-]" if muted else "[!]"
    name = plain(entry_name(row, shape)) or "without a name"
    states = " ".join(filter(None, _states(row, shape, now)))
    yield (f" {letter} ", role), (name, role), (f"  {states}", "muted")
    for text in wrap("  ".join(_details(row, shape, name)), max(10, width - 6))[:MOST_LINES]:
        if text:
            yield ((f"     {text}", "muted"),)


def _states(row: dict[str, Any], shape: Shape, now: Stamp) -> Iterator[str]:
    """Yield the fields that have levels, and since when."""
    for column in shape.columns:
        value = row.get(column.key)
        if column.levels and value and value not in column.normal:
            yield plain(str(value), 120)
        elif column.unit == "since" and column.shown:
            yield _since(value, now)


def _details(row: dict[str, Any], shape: Shape, name: str) -> Iterator[str]:
    """Yield the other fields: texts as they are, mappings as `key=value`, without what the row already shows."""
    above = {name, *(str(row.get(one.key)) for one in shape.columns if one.levels)}
    for column in shape.columns:
        value = row.get(column.key)
        if not column.shown or column.levels or column.unit == "since" or not value:
            continue
        if isinstance(value, dict):
            yield from (
                f"{plain(str(key), 40)}={plain(str(text), 80)}" for key, text in value.items() if text not in above
            )
        elif (text := plain(field_text(value, column))) not in above:
            yield text


def _since(value: Any, now: Stamp) -> str:
    try:
        began = datetime.fromisoformat(str(value))
        return f"for {age(now.wall - began.timestamp())}"
    except (ValueError, OverflowError):
        return f"since {plain(str(value), 30)}" if value else ""


PANEL = AlertsPanel
