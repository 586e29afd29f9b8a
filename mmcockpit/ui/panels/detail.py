"""Why: what a person needs first about the row under the cursor, then its details, then what is raw."""

from typing import ClassVar

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.shape import logged_rows
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import ITEMS, LOG, SESSION, SIGNALS, EntryLog, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.changes import what_changed
from mmcockpit.core.words.durations import duration, rough_age
from mmcockpit.core.words.seats import origin_words
from mmcockpit.ui.panels.log import event_line
from mmcockpit.ui.render.history import curves, item_facts, results
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.plot import spark
from mmcockpit.ui.render.readings import SPARK_OVER_S
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, age, number, pad, plain, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.value_tables import field_lines, folded_lines, value_tables
from mmcockpit.ui.render.values import last_value
from mmcockpit.ui.render.why import (
    LABEL,
    advice_words,
    first_lines,
    item_lines,
    labelled_lines,
    member_lines,
    signal_lines,
)
from mmcockpit.ui.widgets.panel import Panel

LEAST_TITLE = 8
"""Minimum cells of a title in the title of the panel."""


class DetailPanel(Panel):
    """Shows why an item, a signal or a fact is as it is: the row under the cursor of another panel."""

    title = "Why"
    selectable: ClassVar[bool] = False

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self.about: RowSubject | None = None

    @property
    def watches(self) -> frozenset[Topic]:
        """Everything that a subject can depend on."""
        return frozenset({SESSION, ITEMS, SIGNALS, LOG})

    def turn_to(self, subject: RowSubject) -> None:
        """Show another subject, from the top."""
        self.about = subject
        self._top = 0
        self.redraw()

    @property
    def shown_subject(self) -> RowSubject | None:
        """The subject."""
        return self.about

    def summary(self, session: Session, now: Stamp) -> Line:
        """The letter and the name of the subject."""
        room = max(LEAST_TITLE, self.size.width - 26)
        match self.about:
            case ("item", name) if name in session.items:
                state = session.items[name]
                title = plain(f"item {state.item.number} {state.item.title}", room)
                return (f"[{state.state.value}] ", STATE_ROLE[state.state]), (title, "text")
            case ("signal", name) if name in session.signals:
                signal = session.signals[name]
                level = str(self.lens.level(signal))
                return (f"{self.lens.letter(signal)} ", level), (plain(signal.signal.title, room), "text")
            case ("entry", name):
                return ((plain(name.partition("/")[2], room), "text"),)
            case ("event", name):
                return ((f"fact #{name}", "text"),)
        return ()

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the four lines, then the details, then queries, rules and results."""
        lines: list[Line] = [((" move the cursor to an item, a signal or a log line", "muted"),)]
        match self.about:
            case ("item", name) if name in session.items:
                lines = self._item(session, name, now, width)
            case ("signal", name) if name in session.signals:
                lines = self._signal(session, session.signals[name], now, width)
            case ("entry", name):
                lines = _entry_lines(session, name, now, self.lens, width)
            case ("event", name):
                lines = self._event(session, name, width)
        return Rows(range(len(lines)), lambda n: lines[n])

    def _item(self, session: Session, name: str, now: Stamp, width: int) -> list[Line]:
        state = session.items[name]
        signal = session.signals.get(state.item.signal)
        lines = first_lines(item_lines(session, state, now, self.lens), width, self._room())
        if signal is not None and signal.signal.group:
            lines += [_blank(), *member_lines(session, signal, self.lens, width)]
        lines.append(_blank())
        for label, text, role in item_facts(session, state, now, self.lens):
            lines += _labelled(label, text, width, role)
        if signal is not None:
            lines += [_blank(), *self._raw(session, signal, now, width)]
        return lines

    def _signal(self, session: Session, state: SignalState, now: Stamp, width: int) -> list[Line]:
        lines = first_lines(signal_lines(session, state, now, self.lens), width, self._room())
        if state.signal.group:
            lines += [_blank(), *member_lines(session, state, self.lens, width)]
        return [*lines, _blank(), *self._raw(session, state, now, width)]

    def _raw(self, session: Session, state: SignalState, now: Stamp, width: int) -> list[Line]:
        """Return the query, the rules in CEL, the fields of the last value, its history and the last results."""
        signal, rule = state.signal, state.signal.rule
        level = self.lens.level(state)
        timing = f"every {duration(signal.every)}, stale after {duration(signal.stale_after)}"
        if signal.active:
            timing = f"on request, valid for {duration(signal.valid_for)}"
        rows: list[tuple[str, str, Role]] = [
            ("signal", f"{signal.title} ({signal.name})", "strong"),
            ("about", signal.about, "text"),
            ("effect", signal.effect, "warn"),
            ("advice", advice_words(signal), "text"),
            ("source", f"{signal.source}, {timing}", "text"),
            ("query", signal.question, "muted"),
            ("pass", rule.passes, "muted"),
            ("warn", rule.warns, "muted"),
            ("applies", rule.applies, "muted"),
            ("value", _value(state, now), "muted" if level is Level.UNKNOWN else "strong"),
            ("remark", state.remark, "text"),
        ]
        lines = [line for label, text, role in rows for line in _labelled(label, text, width, role)]
        lines += _inside(state, now, width, level is Level.UNKNOWN)
        lines += self._past(state, _ghost(session, signal.name), now, width)
        if state.recent:
            lines += [_blank(), ((" last results", "muted"),), *results(state, self.lens)]
        return lines

    def _past(self, state: SignalState, ghost: float | None, now: Stamp, width: int) -> list[Line]:
        lines: list[Line] = []
        cells = max(0, min(60, width - LABEL - 2))
        chart = curves(state, ghost, now, cells)
        curve = spark(state.points, now.wall, SPARK_OVER_S, cells)
        if ghost is not None:
            lines += _labelled("baseline", number(ghost, state.signal.unit), width)
        if chart:
            head = [pad(f" {age(SPARK_OVER_S)}", LABEL)] + [" " * LABEL] * (len(chart) - 1)
            lines += [((left, "muted"), *line) for left, line in zip(head, chart, strict=True)]
        elif curve.strip():
            lines.append(((pad(f" {age(SPARK_OVER_S)}", LABEL), "muted"), (curve, "accent")))
        return lines

    def _event(self, session: Session, name: str, width: int) -> list[Line]:
        change = next((one for one in what_changed(session.log) if str(one.first.seq) == name), None)
        if change is None:
            return [((f" fact #{name} is no longer in memory; see the journal", "muted"),)]
        recorded = change.recorded
        journal = "in the journal" if recorded else "NOT in the journal: kept in memory only"
        lines: list[Line] = []
        for event in change.events:
            kind, role, words = event_line(event, session, self.lens.keys)
            lines += _labelled("what", f"{kind}: {words}", width, role)
            if event.identity:
                seat = session.seat_of(event.identity)
                lines += _labelled("by", origin_words(event.identity, seat), width)
        return [
            *lines,
            *_labelled("when", f"{self.lens.time(change.first.stamp.wall)}", width),
            *_labelled("recorded", journal, width, "text" if recorded else "fail"),
        ]


def _value(state: SignalState, now: Stamp) -> str:
    if state.read_at is None or state.reading is None:
        return ""
    sampled = state.reading.sampled
    sample = f", newest sample {rough_age(now.wall - sampled)} old" if sampled is not None else ""
    polled = f"polled {rough_age(now.at - state.read_at.at)} ago in {state.ms:.0f} ms"
    return f"{last_value(state)}, {polled}{sample}"


def _inside(state: SignalState, now: Stamp, width: int, dim: bool) -> list[Line]:
    """Return the fields of the last value, and its lists as tables."""
    shape, room, role = state.signal.shape, width - LABEL - 1, "muted" if dim else "text"
    folded = [part for line in folded_lines(state.value, shape) for part in wrap(line, room)]
    drawn = labelled_lines("fields", folded or field_lines(state.value, shape, room), role)
    tables = [line for _, line in value_tables(state.value, shape, width, dim, now.wall)]
    return [*drawn, *([_blank()] if tables else []), *tables]


def _ghost(session: Session, name: str) -> float | None:
    return session.baseline.values.get(name) if session.baseline else None


def _blank() -> Line:
    return ((" ", "text"),)


def _labelled(label: str, text: str, width: int, role: Role = "text") -> list[Line]:
    return labelled_lines(label, wrap(text, max(10, width - LABEL - 1)), role) if text else []


def _entry_lines(session: Session, name: str, now: Stamp, lens: Lens, width: int) -> list[Line]:
    """Return the fields of an entry (`SIGNAL/NAME`), and the last lines of its log once they were read."""
    signal, _, entry = name.partition("/")
    state = session.signals.get(signal)
    row = logged_rows(state.value, state.signal.shape).get(entry) if state is not None else None
    if row is None:
        lines: list[Line] = [((" not in the latest result any more", "muted"),)]
    else:
        lines = labelled_lines("fields", field_lines(*row, max(10, width - LABEL - 1), now.wall), "text")
    known = session.logs.get(name)
    return [*lines, ((" ", "text"),), *(_log_lines(known, now, lens, width) if known is not None else _unread(lens))]


def _unread(lens: Lens) -> list[Line]:
    key = lens.keys.get("details", "")
    return [((f" log: not read{f'; {key} on its row reads the last lines' if key else ''}", "muted"),)]


def _log_lines(known: EntryLog, now: Stamp, lens: Lens, width: int) -> list[Line]:
    fact, key = known.fact, lens.keys.get("resense_all", "")
    head = " ".join(filter(None, (" log", f"of {plain(fact.container, 60)}" if fact.container else "")))
    run = ", previous run" if fact.previous else ""
    read = f", read {rough_age(now.at - known.at.at)} ago{f'; {key} reads it again' if key else ''}"
    lines: list[Line] = [((head, "strong"), (f"{run}{read}", "muted"))]
    if fact.failed:
        return [*lines, *(((f" {part}", "unknown"),) for part in wrap(plain(fact.failed, 400), width - 2))]
    if not fact.lines:
        return [*lines, ((" no lines", "muted"),)]
    return [*lines, *(((f" {part}", "text"),) for line in fact.lines for part in wrap(line or " ", width - 2))]


PANEL = DetailPanel
