"""Signals: what fails first, no data grouped by its cause, and what is fine in as many rows as there is room for."""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.no_data import NoDataCause, no_data_groups
from mmcockpit.core.rules.plans.waves import by_severity
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.no_data import cause_text
from mmcockpit.ui.panels.readings import ReadingsPanel
from mmcockpit.ui.render.readings import columns_of, signal_line
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import Line, plain, spread, width_of
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.values import OUT_OF_DATE

TITLE = 15
"""Cells of the title line that the summary leaves to the frame, the number and the title."""

MORE: Hashable = ("more",)
"""The key of the row for the signals that have no row of their own."""


_WITH_VALUES = frozenset({NoDataCause.UNDECIDED, NoDataCause.RULE, NoDataCause.MANUAL_VALUE})
"""Causes of signals that have values, which are worth a row each."""


class _Row(NamedTuple):
    """A row: of a signal, or with a text on its left and an arrow on its right."""

    key: Hashable
    signal: str = ""
    left: Line = ()
    arrow: str = ""


class _Group(NamedTuple):
    """Signals of the panel that have no data for the same cause, and that cause as text."""

    key: Hashable
    text: str
    names: tuple[str, ...]


class StatPanel(ReadingsPanel):
    """One row for each signal, sorted by severity; if the layout names none, for every signal of the cockpit file."""

    title = "Signals"

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self._all = False
        self._open: set[Hashable] = set()
        self._touched = False

    @property
    def watches(self) -> frozenset[Topic]:
        """All signals: why one has no data can depend on others of its source."""
        return frozenset({SESSION, SIGNALS})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows; the signal under the cursor always has one of its own."""
        self._touched = self._touched or self.active
        if not self._touched:
            # Until an operator selects a signal, the cursor is on the first one: on what is worst.
            self._key, self._cursor = None, 0
        rows = list(self._rows_of(session, now))
        shown = [session.signals[row.signal] for row in rows if row.signal in session.signals]
        columns = columns_of(shown, self.lens, width)

        def draw(n: int) -> Line:
            row = rows[n]
            if not row.signal:
                return spread(row.left, ((f" {row.arrow} ", "muted"),), width)
            state = session.signals.get(row.signal)
            if state is None:
                return ((f"[?] unknown signal {plain(row.signal, 60)}", "unknown"),)
            return signal_line(state, self.lens, now, width, columns)

        return Rows([row.key for row in rows], draw)

    def summary(self, session: Session, now: Stamp) -> Line:
        """How many of its judged signals pass, fail, warn or have no data."""
        if self.lens.out_of_date:
            return ((OUT_OF_DATE, "unknown"),)
        states = [session.signals[name] for name in self._names(session) if name in session.signals]
        levels = [self.lens.level(state) for state in states if state.signal.judged]
        fails, warns, unknown = map(levels.count, (Level.FAIL, Level.WARN, Level.UNKNOWN))
        bad: Line = ((f"{fails} fail", "fail" if fails else "muted"),)
        bad += ((f", {warns} warn", "warn"),) if warns else ()
        bad += ((f", {unknown} no data", "unknown"),) if unknown else ()
        fine: Line = ((f"{levels.count(Level.PASS)} ok, ", "muted"),)
        # With little room, what needs attention counts.
        fitting = ((*fine, *bad), bad, bad[:1])
        return next((line for line in fitting if width_of(line) + TITLE < self.size.width), ()) if levels else ()

    def fold(self, opened: bool | None) -> None:
        """Show all signals or those of a group, or fold them again; on a signal, h folds what is open."""
        key = self.chosen
        subject = self.subject(key)
        if key == MORE or (subject is not None and opened is False):
            self._all = not self._all if opened is None else opened
        elif key is not None and subject is None:
            close = key in self._open if opened is None else not opened
            self._open = self._open - {key} if close else self._open | {key}
        self.redraw()

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the signal of a row; None for a row of several."""
        return super().subject(key) if isinstance(key, tuple) and key[0] == "signal" else None

    def _names(self, session: Session) -> Sequence[str]:
        return by_severity(session, self.spec.signals or session.signals)

    def _rows_of(self, session: Session, now: Stamp) -> Iterator[_Row]:
        by_level: dict[Level, list[str]] = {level: [] for level in (Level.FAIL, Level.WARN, Level.UNKNOWN, Level.PASS)}
        for name in self._names(session):
            state = session.signals.get(name)
            by_level[self._level(state) if state is not None else Level.UNKNOWN].append(name)
        rows = list[_Row]()
        for level in (Level.FAIL, Level.WARN):
            # What the advice does not count is below what it counts.
            names = sorted(by_level[level], key=lambda name: session.signals[name].signal.informational)
            rows += map(_row, names)
        rows += self._without_data(session, now, by_level[Level.UNKNOWN])
        yield from rows
        yield from self._passing(session, by_level[Level.PASS], self.size.height - 1 - len(rows))

    def _level(self, state: SignalState) -> Level:
        """Return the level by which a signal is sorted: one without a rule is fine as long as it has data."""
        if state.signal.judged or state.fault or state.asked_at is None or self.lens.out_of_date:
            return self.lens.level(state)
        return Level.PASS

    def _without_data(self, session: Session, now: Stamp, names: Sequence[str]) -> Iterator[_Row]:
        """Yield one row for each cause with several signals, and the other signals."""
        grouped: set[str] = set()
        for group in self._groups(session, now, names):
            grouped.update(group.names)
            opened = group.key in self._open
            yield _Row(group.key, "", ((f"[?] {plain(group.text, 200)}", "unknown"),), "▾" if opened else "▸")
            yield from (_row(name) for name in group.names if opened or self._pinned(name))
        yield from (_row(name) for name in names if name not in grouped)

    def _groups(self, session: Session, now: Stamp, names: Sequence[str]) -> Iterator[_Group]:
        """Yield the causes for which several of these signals have no data."""
        if self.lens.out_of_date or self.filter or len(names) < 2:
            return
        for group in no_data_groups(session):
            members = tuple(name for name in names if name in group.signals)
            if len(members) > 1 and group.cause not in _WITH_VALUES:
                key = ("group", str(group.cause), group.source, str(group.fault or ""))
                text = f"{cause_text(group, now)}: {counted(len(members), 'signal')}"
                yield _Group(key, text, members)

    def _passing(self, session: Session, names: Sequence[str], room: int) -> Iterator[_Row]:
        """Yield as many signals as fit, and a row for the others."""
        everything = self._all or bool(self.filter) or len(names) <= room
        kept = set(names if everything else names[: max(0, room - 1)])
        pinned = next((name for name in names if self._pinned(name)), "")
        if pinned and pinned not in kept:
            # The cursor's signal takes the place of the last one that would have fitted.
            kept = {*names[: max(0, room - 2)], pinned}
        yield from (_row(name) for name in names if name in kept)
        rest = [name for name in names if name not in kept]
        if rest:
            fine = "all ok" if all(session.signals[name].signal.judged for name in rest) else "none failing"
            yield _Row(MORE, "", ((f"    {len(rest)} more, {fine}", "muted"),), "▸")
        elif self._all and len(names) > room:
            yield _Row(MORE, "", (("    show fewer", "muted"),), "▾")

    def _pinned(self, name: str) -> bool:
        return self._touched and self._key == ("signal", name)


def _row(name: str) -> _Row:
    return _Row(("signal", name), name)


PANEL = StatPanel
