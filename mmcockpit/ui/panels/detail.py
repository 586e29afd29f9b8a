"""The details of one item, one signal or one fact."""

from typing import ClassVar

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.session import ITEMS, LOG, SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.verdicts import fault_text
from mmcockpit.ui.panels.log import said
from mmcockpit.ui.render.history import curves, history
from mmcockpit.ui.render.plot import spark
from mmcockpit.ui.render.readings import SPARK_OVER_S
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, STATE_WORD, WORD, Line, Role, age, number, pad, plain, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.value_tables import field_lines, value_tables
from mmcockpit.ui.render.values import cell_text, last_value, reason
from mmcockpit.ui.widgets.panel import Panel

LABEL = 12

MODE = {
    Mode.MANUAL: "decided manually",
    Mode.SENSED: "decided by its signal",
    Mode.ATTESTED: "decided by its signal, then attested",
}


class DetailPanel(Panel):
    """Shows the details of a subject, such as the row on which Enter was pressed."""

    title = "Detail"
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
        """The kind of the subject."""
        return ((self.about.kind, "muted"),) if self.about else ()

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return labels and texts, in full length."""
        lines: list[Line] = [((" select an item, a signal or a log line and press Enter", "muted"),)]
        match self.about:
            case ("item", name) if name in session.items:
                lines = self._item(session, name, now, width)
            case ("signal", name) if name in session.signals:
                lines = self._signal(session.signals[name], now, width, _ghost(session, name))
            case ("event", name):
                lines = self._event(session, name, width)
        return Rows(range(len(lines)), lambda n: lines[n])

    def _item(self, session: Session, name: str, now: Stamp, width: int) -> list[Line]:
        state = session.items[name]
        item = state.item
        since = f" since {self.lens.time(state.since.wall)}, {age(now.at - state.since.at)} ago" if state.since else ""
        lines: list[Line] = [
            ((f" [{state.state.value}] ", STATE_ROLE[state.state]), (f"{item.number} {plain(item.title)}", "strong")),
            _blank(),
            *_labelled("state", STATE_WORD[state.state] + since, width, STATE_ROLE[state.state]),
            *_labelled("because", state.because, width),
            *_labelled("kind", MODE[item.mode] + ("" if item.required else ", not required"), width),
            *_labelled("role", item.role, width),
            *_labelled("text", item.text, width),
            *_labelled("caveat", item.caveat, width, "warn"),
        ]
        for link in item.links:
            lines += _labelled("link", link, width)
        lines += [
            line for row in history(session, state, now, self.lens) for line in _labelled(*row[:2], width, row[2])
        ]
        for stamp, note in state.notes:
            lines += _labelled("note", f"{self.lens.time(stamp.wall)} {note.by}: {note.text}", width)
        lines += _labelled("id", item.id, width, "muted")
        signal = session.signals.get(item.signal)
        if signal is not None:
            lines += [_blank(), *self._signal(signal, now, width, _ghost(session, signal.signal.name))]
        elif item.signal:
            lines += _labelled("signal", f"unknown signal {item.signal}", width, "unknown")
        return lines

    def _signal(self, state: SignalState, now: Stamp, width: int, ghost: float | None = None) -> list[Line]:
        signal, verdict = state.signal, state.verdict
        level = self.lens.level(state)
        since = f" since {self.lens.time(state.since.wall)}" if state.since else ""
        agree = f", {verdict.agree} of {verdict.of} readings agree" if verdict.of > 1 else ""
        failing = reason(state) if level is not Level.PASS else ""
        because = "the engine does not respond" if self.lens.stalled else failing
        lines: list[Line] = [
            (
                (f" {self.lens.letter(state)} ", str(level)),
                (plain(signal.title), "strong"),
                (f"  {plain(signal.name)}", "muted"),
            ),
            _blank(),
            *_labelled("verdict", f"{WORD[level]}{agree}{since}", width, str(level)),
            *_labelled("because", because, width),
            *_labelled(
                "value", _aged(last_value(state), state, now), width, "muted" if level is Level.UNKNOWN else "strong"
            ),
            *_labelled("remark", state.remark, width),
            *_labelled(
                "pass",
                signal.rule.passes or ("by its members" if signal.group else "no rule: shown, not judged"),
                width,
            ),
            *_labelled("warn", signal.rule.warns, width),
            *_labelled("question", signal.question, width),
            *_labelled(
                "source",
                f"{signal.source}, every {duration(signal.every)}, stale after {duration(signal.stale_after)}",
                width,
            ),
            *_labelled("advice", _counts(signal), width),
            *_labelled("about", signal.about, width),
        ]
        lines += _inside(state, width, level is Level.UNKNOWN)
        lines += self._past(state, ghost, now, width)
        if state.recent:
            lines += [_blank(), ((" last results", "muted"),)]
        return lines + [self._answer(state, *entry) for entry in reversed(state.recent)]

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

    def _answer(self, state: SignalState, stamp: Stamp, answer: Reading | Fault, verdict: Verdict) -> Line:
        what = plain(fault_text(answer)) if isinstance(answer, Fault) else cell_text(answer.value, state.signal)
        if isinstance(answer, Reading) and answer.defect:
            what += f" ({plain(answer.defect)})"
        if isinstance(answer, Reading) and answer.remark:
            what += f" (remark: {plain(answer.remark)})"
        when = self.lens.time(stamp.wall)
        return (f" {when}  ", "muted"), (pad(WORD[verdict.raw], 9), str(verdict.raw)), (what, "text")

    def _event(self, session: Session, name: str, width: int) -> list[Line]:
        event = next((one for one in session.log if str(one.seq) == name), None)
        if event is None:
            return [((f" fact #{name} is no longer in memory; see the journal", "muted"),)]
        kind, role, words = said(event, session, self.lens.keys)
        recorded = "in the journal" if event.recorded else "NOT in the journal: kept in memory only"
        return [
            ((f" #{event.seq} {kind}", role),),
            _blank(),
            *_labelled("when", f"{self.lens.time(event.stamp.wall)}", width),
            *_labelled("what", words, width),
            *_labelled("recorded", recorded, width, "text" if event.recorded else "fail"),
        ]


def _aged(value: str, state: SignalState, now: Stamp) -> str:
    if state.read_at is None or state.reading is None:
        return "no data yet"
    sampled = state.reading.sampled
    sample = f", newest sample {age(now.wall - sampled)} old" if sampled is not None else ""
    return f"{value}, read {age(now.at - state.read_at.at)} ago in {state.ms:.0f} ms{sample}"


def _inside(state: SignalState, width: int, dim: bool) -> list[Line]:
    """Return the fields of the last value, and its lists as tables."""
    shape, role = state.signal.shape, "muted" if dim else "text"
    lines = field_lines(state.value, shape, width - LABEL - 1)
    drawn: list[Line] = [
        ((pad(" fields" if not n else "", LABEL), "muted"), (text, role)) for n, text in enumerate(lines)
    ]
    tables = [line for _, line in value_tables(state.value, shape, width, dim)]
    return [*drawn, *([_blank()] if tables else []), *tables]


def _counts(signal: Signal) -> str:
    """Return how a signal of the cockpit file counts in the advice."""
    if signal.informational:
        return "informational: not part of the advice"
    return "NO-GO in every phase while it fails" if signal.first_in_cockpit and signal.judged else ""


def _ghost(session: Session, name: str) -> float | None:
    return session.baseline.values.get(name) if session.baseline else None


def _blank() -> Line:
    return ((" ", "text"),)


def _labelled(label: str, text: str, width: int, role: Role = "text") -> list[Line]:
    if not text:
        return []
    lines = wrap(text, max(10, width - LABEL - 1))
    return [((pad(f" {label}" if not n else "", LABEL), "muted"), (line, role)) for n, line in enumerate(lines)]


PANEL = DetailPanel
