"""What is collected of a session: decisions, marks and their outcomes, holds, times without data, states of signals."""

from pathlib import Path

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.report.collect import collect, gather
from mmcockpit.report.page import ReportPage
from mmcockpit.report.past import Past
from mmcockpit.report.render import render
from mmcockpit.report.scale import thin
from mmcockpit.report.series import STATES, SignalSeries
from tests.core.sessions import BAD, GOOD, Story, number, plan, sensed
from tests.report.journals import incident, journal, rollback

WHOLE = Verified(1, "head", 0, 0, ())


@pytest.fixture(scope="module")
def past() -> Past:
    return gather(incident().events, WHOLE, "here")


def observed(value: float | None, level: Level = Level.PASS) -> facts.Observed:
    answer = Fault(FaultKind.TIMEOUT, "gone") if value is None else Reading(value)
    return facts.Observed("s", answer, Verdict(level, level))


def test_every_decision_has_its_author_reason_and_evidence(past: Past) -> None:
    told = {one.title: one for one in past.decisions}
    assert list(told) == [
        "Gate: Readiness → Deployment, overridden with 10 open items, no name for database",
        "Gate: Deployment → Cutover, overridden with 12 open items",
        "ROLLBACK advised",
        "Hold",
        "Poll: NO-GO",
        "Resumed after the hold",
        "Session ended: rolled back",
    ]
    gate = told["Gate: Readiness → Deployment, overridden with 10 open items, no name for database"]
    assert (gate.by, gate.reason, len(gate.unmet), len(gate.evidence)) == ("ana", "rehearsed last week", 10, 5)
    assert told["ROLLBACK advised"].signals[0] == "error_rate"
    assert any("old answers" in one for one in told["Poll: NO-GO"].because)
    assert "support: no answer, counts as NO-GO" in told["Poll: NO-GO"].because


def test_the_report_shows_the_signal_of_the_abort_rule_that_failed() -> None:
    rules = (Abort("rate", 10.0, "ready"), Abort("latency", 10.0, "ready"))
    story = Story(plan(sensed("errors"), signals=(number("rate"), number("latency")), aborts=rules))
    story.see("errors", GOOD)
    story.see("rate", GOOD)
    story.see("latency", *[BAD] * 11)
    story.settle()
    story.do(story.decided(True, "we go back"))
    advised, decided = gather(story.events, WHOLE, "here").decisions[-2:]
    assert (advised.title, decided.title) == ("ROLLBACK advised", "ROLLBACK accepted")
    assert (advised.signals[0], decided.signals[0]) == ("latency", "latency")
    assert advised.because[0].startswith("latency fail 1/1: 9 (must be < 5) for 1"), "how long it failed"


def test_overrides_end_as_they_ended(past: Past) -> None:
    fates = {one.title: one.fate for one in past.marks}
    assert fates == {"11 Persistence": "expired", "13 Eviction Policy": ""}
    assert any("13 Eviction Policy by bo is still in effect" in one.says for one in ReportPage(past).open_ends)


def test_nothing_of_the_journal_is_dropped(past: Past) -> None:
    events = incident().events
    told = {one.seq for one in past.entries}
    elsewhere = (facts.Observed, facts.SignalChanged)
    assert {event.seq for event in events if not isinstance(event.body, elsewhere)} <= told
    assert past.facts == len(events)
    shown = [line.entry.seq for group in ReportPage(past).groups for line in group.lines]
    assert shown == [one.seq for one in past.entries]


def test_the_times_of_a_signal_add_up_to_the_session(past: Past) -> None:
    assert past.last is not None
    assert past.first is not None
    length = past.last.at - past.first.at
    for series in past.series.values():
        assert sum(series.times(past.last.at)) == pytest.approx(length)
    times = dict(zip(STATES, past.series["error_rate"].times(past.last.at), strict=True))
    assert times["fail"] >= 150
    assert times["unknown"] >= 60
    assert times["not polled"] == pytest.approx(10)


def test_findings_are_sorted_by_severity(past: Past) -> None:
    found = ReportPage(past).findings
    assert found[0].says.startswith("ROLLBACK advised for ")
    tones = [one.tone for one in found]
    assert tones == sorted(tones, key=("fail", "unknown", "warn", "text", "pass").index)


def test_a_line_breaks_where_an_answer_is_missing_or_a_fault() -> None:
    series = SignalSeries(Signal("s", "S", "p", "q", rule=Rule("value < 1.0", numeric=True), every=5.0))
    for at, value in ((0, 1.0), (5, 2.0), (10, None), (15, 3.0), (20, 4.0), (60, 5.0), (65, 6.0)):
        series.observe(float(at), observed(value))
    assert series.lines(0.0, 100.0) == [
        [(0.0, 1.0), (5.0, 2.0)],
        [(15.0, 3.0), (20.0, 4.0)],
        [(60.0, 5.0), (65.0, 6.0)],
    ]
    assert series.faults_between(0.0, 100.0) == [10.0]
    assert series.lines(16.0, 62.0) == [[(20.0, 4.0)], [(60.0, 5.0)]]


def test_time_without_an_operator_counts_as_not_polled() -> None:
    night = incident(closed=False)
    last = night.events[-1]
    back = Stamp(last.stamp.at + 500, last.stamp.wall + 500)
    events = [
        *night.events,
        Event(last.seq + 1, last.stamp, facts.OperatorLeft("ana")),
        Event(last.seq + 2, back, facts.Resumed("bo", "bastion", 500.0)),
        Event(last.seq + 3, back, observed(1.0)),
    ]
    past = gather(events, WHOLE, "here")
    (stretch,) = past.without_data
    assert (stretch.start.at, stretch.end and stretch.end.at) == (last.stamp.at, back.at)
    times = dict(zip(STATES, past.series["error_rate"].times(back.at), strict=True))
    assert times["not polled"] == pytest.approx(510)
    page = ReportPage(past)
    assert page.banner[1].startswith("unfinished")
    assert any("polling stopped for 8m 20s" in one.says for one in page.findings)


def test_steps_have_their_command_and_all_output() -> None:
    (run,) = gather(rollback(), WHOLE, "here").followed
    history, undo = run.tried
    assert (history.argv, history.exit, str(history.state)) == (("list", "prod"), 0, "ok")
    assert history.output == ["  REVISION CAUSE", "  40 one", "  41 <b>two</b> ```"]
    assert (undo.argv, undo.where, undo.exit, undo.dropped) == (("undo", "40"), "https://api", 1, 3)
    assert undo.output == ["! not found"]
    assert run.chosen == ["revision 40 by ana"]


def test_a_thinned_line_keeps_its_extremes() -> None:
    points = [(float(n), 100.0 if n == 5_003 else -7.0 if n == 9_001 else 1.0) for n in range(10_000)]
    thinned = thin(points, 0.0, 10_000.0, 200)
    assert len(thinned) <= 400
    assert {(5_003.0, 100.0), (9_001.0, -7.0)} <= set(thinned)
    assert thinned == sorted(thinned)


def test_a_damaged_journal_is_collected_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    path = journal(tmp_path / "whole", incident().events)
    lines = path.read_bytes().split(b"\n")
    lines[4] = b"garbage"
    (tmp_path / "middle.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "beginning.jsonl").write_bytes(b"\n".join(lines[5:])[:-40])
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert collect(path).verified.ok
    middle = ReportPage(collect(tmp_path / "middle.jsonl"))
    assert "the journal is damaged: " in middle.findings[0].says
    assert "line 5" in middle.findings[0].says
    beginning = ReportPage(collect(tmp_path / "beginning.jsonl"))
    assert any("the opening fact of this session is missing" in one.says for one in beginning.findings)
    assert list(beginning.groups)
    assert list(ReportPage(collect(tmp_path / "empty.jsonl")).groups) == []


def test_a_long_night_makes_a_small_page() -> None:
    (opened, *_) = incident().events
    assert isinstance(opened.body, facts.Opened)
    events = [opened]
    for n in range(60_000):
        stamp = Stamp(opened.stamp.at + n, opened.stamp.wall + n)
        body = facts.Observed("error_rate", Reading(n % 97 / 1e4), Verdict(Level.PASS, Level.PASS, "", 3, 3))
        events.append(Event(n + 2, stamp, body))
    past = gather(events, WHOLE, "here")
    assert sum(len(piece) for piece in render(past, "html")) < 200_000
    assert sum(len(piece) for piece in render(past, "md")) < 100_000
