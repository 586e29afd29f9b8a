"""The report's sections as text and drawings, with all numbers formatted; the templates render them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.limits import limits
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.numbers import number
from mmcockpit.core.words.times import day, full, utc
from mmcockpit.core.words.verdicts import advice_word
from mmcockpit.report.chart import ChartWindow, chart, small_strip
from mmcockpit.report.findings import Finding, findings, open_ends, worst_advice
from mmcockpit.report.overview import overview
from mmcockpit.report.past import Decision, Entry, MarkFate, Past
from mmcockpit.report.people import people_rows, seat_rows, second_rows, term_rows
from mmcockpit.report.phases import PhaseRow, phase_rows
from mmcockpit.report.series import STATES, SignalSeries
from mmcockpit.report.shifts import handover_rows
from mmcockpit.report.spark import spark
from mmcockpit.report.summary import paragraph
from mmcockpit.report.timeline import ADVICE_TONES
from mmcockpit.report.times import Axis, Stretch, When
from mmcockpit.report.waves import TargetRow, target_rows
from mmcockpit.report.work import WorkRow, work_rows

BEFORE_S, AFTER_S = 900.0, 600.0
"""How many seconds before and after a decision its charts show."""
CHARTS = 4
"""The most charts of one decision; the table of signals has a chart of every number over the whole session."""
CHARTED = 150
"""The most decisions with charts, so that a browser can open the page."""
FOLDED = 4
"""At least this many routine lines in a row are folded."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: its drawing, the same as a line of characters, and a note with its numbers."""

    title: str
    note: str
    drawing: Markup
    spark: str


@dataclass(frozen=True, slots=True)
class Card:
    """One decision, formatted."""

    number: int
    decision: Decision
    utc: str
    t: str
    evidence: Sequence[tuple[str, ...]]
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line of the timeline, formatted."""

    entry: Entry
    utc: str
    t: str


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Consecutive lines of the timeline; with a `summary` they are folded below it."""

    day: str
    summary: str
    tone: str
    lines: list[TimelineLine]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """The row of one signal: its strip, the time in each state, and its chart; `note` is why it has no states."""

    series: SignalSeries
    note: str
    tone: str
    strip: Markup
    shares: dict[str, str]
    figure: Figure | None


class ReportPage:
    """The values that the templates use."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._session = past.session
        self.shifts, self.handovers = past.shifts, handover_rows(past)
        self.people, self.seats = people_rows(past), list(seat_rows(past))
        self.terms, self.seconds = list(term_rows(past)), list(second_rows(past))
        self.cockpit = past.session.opened.cockpit if past.session.opened else None
        self._first, self._last = past.first or When(0.0, 0.0), past.last or When(0.0, 0.0)
        planned = past.session.t0
        self._axis = Axis(self._first.wall if planned is None else planned, planned is not None)

    @property
    def title(self) -> str:
        """The name of the cockpit, or that it is unknown."""
        return self.cockpit.name if self.cockpit else "An unknown session"

    @property
    def place(self) -> str:
        """The environment, unless the mode has the same name."""
        opened = self._session.opened
        environment = opened.cockpit.environment if opened else ""
        return environment if opened and environment.casefold() != opened.mode else ""

    @property
    def banner(self) -> tuple[str, str]:
        """The tone and the text of the banner: the outcome and the last advice."""
        closed, advised = self._session.closed, self._session.advised
        advice = advice_word(advised.advice) if advised else "no advice"
        outcome = f"ended: {closed.outcome}" if closed else "unfinished"
        tone = ADVICE_TONES.get(advice, "unknown")
        return (tone if closed or tone == "fail" else "warn"), f"{outcome} · advice at the end: {advice}"

    @property
    def paragraph(self) -> str:
        """The first paragraph: plan, course, impact, decision and end, for any reader."""
        return paragraph(self._past)

    @property
    def phases(self) -> list[PhaseRow]:
        """Every phase: planned and actual time, the holds in it, and its satisfied items."""
        return phase_rows(self._past)

    @property
    def targets(self) -> list[TargetRow]:
        """The targets of repeated phases, sorted by severity."""
        return target_rows(self._past)

    @property
    def work(self) -> list[WorkRow]:
        """The planned work: who did each item, how long it took, and who was late."""
        return work_rows(self._past)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What, where and when, as pairs of label and value."""
        opened, cockpit = self._session.opened, self.cockpit
        zero = full(self._axis.zero) if self._axis.planned else "never set: T± counts from the first fact"
        rows = [
            ("what", cockpit.target if cockpit else "unknown"),
            ("environment", cockpit.environment if cockpit else "unknown"),
            ("mode", str(opened.mode) if opened else "unknown"),
            ("began", full(self._first.wall)),
            ("last fact", f"{full(self._last.wall)}, after {duration(self._last.at - self._first.at)}"),
            ("T0", zero),
            ("most severe advice", worst_advice(self._past) or "none"),
            ("phase at the end", self._past.phases[-1].what if self._past.phases else "none"),
            ("session", opened.session if opened else self._past.place),
            ("written by", f"mmcockpit {opened.app} on {opened.host}" if opened else "unknown"),
        ]
        if cockpit and cockpit.window:
            rows.insert(5, ("window", f"{full(cockpit.window.start)} to {full(cockpit.window.end)}"))
        return rows

    @property
    def findings(self) -> list[Finding]:
        """The findings, sorted by severity."""
        return findings(self._past, self._axis)

    @property
    def open_ends(self) -> list[Finding]:
        """What was still open when the journal ended."""
        return open_ends(self._past)

    @property
    def overview(self) -> Markup:
        """The overview of the go-live as a drawing."""
        return overview(self._past, self._last.at)

    @property
    def cards(self) -> Iterator[Card]:
        """Every decision with its evidence and its charts."""
        for n, one in enumerate(self._past.decisions, 1):
            evidence = [
                (row.signal, row.level, row.value, row.rule, full(row.sampled) if row.sampled else "–", row.question)
                for row in sorted(one.evidence, key=lambda row: row.level == "pass")
            ]
            figures = list(self._around(one)) if n <= CHARTED else []
            yield Card(n, one, utc(one.when.wall), self._axis.t(one.when), evidence, figures)

    @property
    def groups(self) -> Iterator[LineGroup]:
        """The timeline in groups: single lines, and folded runs of routine lines."""
        for (date, routine), together in groupby(self._past.entries, key=lambda one: (day(one.when.wall), one.routine)):
            entries = list(together)
            lines = [TimelineLine(one, utc(one.when.wall), self._axis.t(one.when)) for one in entries]
            if not routine or len(lines) < FOLDED:
                yield LineGroup(date, "", "", lines)
                continue
            tones = {one.tone for one in entries}
            tone = next((one for one in ("fail", "unknown", "warn") if one in tones), "muted")
            counts = {word: sum(one.word == word for one in entries) for word in dict.fromkeys(e.word for e in entries)}
            words = ", ".join(f"{count} {word}" for word, count in counts.items())
            yield LineGroup(date, f"{words} until {lines[-1].utc}", tone, lines)

    @property
    def marks(self) -> list[tuple[MarkFate, str, str, str]]:
        """Every mark that puts an item aside: the mark, its time, how long it was meant to last, and how it ended."""
        return [(one, self.both(one.when), self._meant(one), self._fate(one)) for one in self._past.marks]

    @property
    def stretches(self) -> list[tuple[Stretch, str, str, str]]:
        """Holds and stretches without data: what, from, to, and duration."""
        stretches = [*self._past.holds, *self._past.without_data]
        return [
            (
                one,
                self.both(one.start),
                self.both(one.end) if one.end else "still running",
                duration((one.end or self._last).at - one.start.at),
            )
            for one in sorted(stretches, key=lambda one: one.start.at)
        ]

    @property
    def signals(self) -> list[SignalRow]:
        """Every signal, sorted by severity."""
        rows = [self._signal(one) for one in self._past.series.values()]
        return [row for _, row in sorted(rows, key=lambda row: row[0], reverse=True)]

    @property
    def advice_changes(self) -> list[tuple[str, str, str]]:
        """The total time of each advice: advice, tone, duration."""
        spent: dict[str, float] = {}
        for one in self._past.advice_changes:
            spent[one.what] = spent.get(one.what, 0.0) + (one.end or self._last).at - one.start.at
        return [
            (advice_word(Advice(what)), ADVICE_TONES.get(what, "text"), duration(seconds))
            for what, seconds in spent.items()
        ]

    def both(self, moment: When) -> str:
        """Return a moment in UTC and as T±."""
        return f"{utc(moment.wall)}Z {self._axis.t(moment)}"

    def _meant(self, one: MarkFate) -> str:
        return duration(one.mark.expires - one.when.at) if one.mark.expires else "until undone"

    def _fate(self, one: MarkFate) -> str:
        return f"{one.fate}, {self.both(one.ended)}" if one.fate and one.ended else "STILL IN EFFECT at the end"

    def _around(self, one: Decision) -> Iterator[Figure]:
        end = min(one.when.at + AFTER_S, max(self._last.at, one.when.at + 60.0))
        drawn = 0
        for name in one.signals:
            series = self._past.series.get(name)
            if series is None or drawn >= CHARTS:
                continue
            # Before the session's first fact there is no gap, only the backfilled points.
            began = series.earlier[0][0] if series.earlier else self._first.at
            start = max(one.when.at - BEFORE_S, min(began, one.when.at - 60.0))
            window = ChartWindow(start, end, one.when.wall - one.when.at, (one.when.at,))
            figure = self._figure(series, window)
            if figure is not None:
                drawn += 1
                yield figure

    def _figure(self, series: SignalSeries, window: ChartWindow) -> Figure | None:
        recorded = self._session.baseline.values if self._session.baseline else {}
        ghost = recorded.get(series.signal.name)
        drawing = chart(series, window, ghost)
        if drawing is None:
            return None
        unit = series.signal.unit
        values = [value for line in series.lines(window.start, window.end) for _, value in line]
        notes = [f"{number(min(values), unit)} to {number(max(values), unit)}"]
        notes += [f"{one.beyond} unless {one.comparison} {number(one.value, unit)}" for one in limits(series.signal)]
        notes += [f"baseline {number(ghost, unit)}"] if ghost is not None else []
        faults = len(series.faults_between(window.start, window.end))
        notes += [counted(faults, "fault")] if faults else []
        return Figure(series.signal.title, ", ".join(notes), drawing, spark(series, window))

    def _signal(self, series: SignalSeries) -> tuple[tuple[float, ...], SignalRow]:
        spent = series.times(self._last.at)
        times = dict(zip(STATES, spent, strict=True))
        note = "" if series.signal.judged else "not judged"
        note = "target not reached" if self._past.unreached(series.signal) else note
        weight = (-1.0, 0.0, 0.0) if note else (times["fail"], times["unknown"], times["warn"])
        tone = "muted" if note else next((one for one in ("fail", "unknown", "warn") if times[one] >= 1), "pass")
        shares = {state: duration(seconds) if seconds >= 1 else "–" for state, seconds in times.items()}
        whole = ChartWindow(self._first.at, self._last.at, self._first.wall - self._first.at, ())
        figure = self._figure(series, whole) if series.numbers and self._last.at > self._first.at else None
        strip = small_strip(series, self._first.at, self._last.at)
        return weight, SignalRow(series, note, tone, strip, shares, figure)
