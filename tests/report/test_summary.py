"""The first paragraph of a report: plan, course, impact, decision and end, for sessions of every kind."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.cockpit import Abort, Cockpit, Window
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import SessionMode
from mmcockpit.journal.writer import Writer
from mmcockpit.report.collect import collect
from mmcockpit.report.page import ReportPage
from mmcockpit.report.render import Format, render
from mmcockpit.report.summary import paragraph
from tests.core.sessions import BAD, GOOD, START, Story, manual, number, plan
from tests.report.journals import collected, incident, journal

ERRORS = msgspec.structs.replace(number("errors"), title="5xx share", impact="some requests fail")
BACK = Procedure("back", "Roll back", (Step("undo", "Undo", estimate=600.0),), aborts=("errors",))


def shop(**more: object) -> Cockpit:
    """Return the cockpit of a web shop with an abort rule and a rollback."""
    made = plan(
        manual("plan"),
        manual("deploy", "deployment"),
        manual("switch", "cutover"),
        signals=(ERRORS,),
        aborts=(Abort("errors", 5.0, "ready"),),
        procedures=(BACK,),
        window=Window(START, START + 3600),
        vars={"deployment": "shop", "version": "7.2"},
    )
    return msgspec.structs.replace(made, **more)


def told(folder: Path, events: Iterable[Event]) -> str:
    return paragraph(collected(folder, events))


def measured(story: Story, value: float = GOOD, seconds: int = 6) -> Story:
    story.see("errors", *[value] * seconds)
    return story


def well() -> Story:
    """A go-live in which everything passes."""
    story = measured(Story(shop()))
    for item in ("ready/s/plan", "deployment/s/deploy", "cutover/s/switch"):
        story.do(commands.MarkItem("ana", item))
        measured(story, seconds=60)
        if story.phase != "cutover":
            story.go()
    story.do(commands.EndSession("ana", "live"))
    return story


def burning() -> Story:
    """A go-live in which errors rise until a rollback is advised."""
    story = measured(Story(shop()))
    story.go("rehearsed last week")
    story.wait(60)
    return measured(story, BAD, 20)


def test_a_go_live_that_ended_well(tmp_path: Path) -> None:
    assert told(tmp_path, well().events) == (
        "shop v7.2 was to go live in staging on 2026-12-06 between 02:00 and 03:00 UTC. "
        'The session began on 2026-12-06 at 02:00 UTC and lasted 3m 11s; it reached the phase "Cutover" (3 of 3). '
        "No impact on users was measured. "
        "No decision was recorded. "
        'ana ended the session at 02:03 UTC with the outcome "live"; every required check passed then.'
    )


def test_a_rollback_that_was_decided_and_completed(tmp_path: Path) -> None:
    story = burning()
    story.do(story.decided(True, "users complain"))
    story.do(commands.OpenProcedure("ana", "back"))
    measured(story, BAD, 30)
    story.tell(facts.StepChanged("back", "undo", facts.StepState.OK, by="ana"))
    measured(story, GOOD, 60)
    story.do(commands.EndSession("bo", "rolled back"))
    text = told(tmp_path, story.events)
    assert "(2 of 3), and 1 gate was passed although checks were open or failing." in text
    assert "Impact on users: some requests fail (5xx share at worst 9, must be < 5; beyond its limit for " in text
    assert 'was to roll back; ana accepted the advice ROLLBACK at 02:01 UTC: "users complain". ' in text
    assert "The rollback was completed at 02:01 UTC. bo ended the session at 02:02 UTC" in text
    assert "still at the end" not in text


def test_an_abandoned_rollback_names_who_and_why(tmp_path: Path) -> None:
    story = burning()
    story.do(commands.OpenProcedure("ana", "back"))
    story.do(commands.AbandonProcedure("bo", "back", "the provider is down"))
    text = told(tmp_path, story.events)
    assert "was to roll back; ana started the rollback at 02:01 UTC." in text
    assert 'bo abandoned the rollback at 02:01 UTC: "the provider is down".' in text
    assert "and still at the end" in text


def test_a_failed_and_an_unfinished_rollback_are_named(tmp_path: Path) -> None:
    story = burning()
    story.do(commands.OpenProcedure("ana", "back"))
    (tmp_path / "a").mkdir()
    assert "The rollback that ana started at 02:01 UTC was not finished." in told(tmp_path / "a", story.events)
    story.tell(facts.StepChanged("back", "undo", facts.StepState.RUNNING, "ana", argv=("undo",)))
    story.tell(facts.StepChanged("back", "undo", facts.StepState.FAILED, exit=1))
    assert 'The rollback failed at the step "Undo" at 02:01 UTC.' in told(tmp_path, story.events)


def test_a_rollback_without_a_decision_is_reported(tmp_path: Path) -> None:
    assert "was to roll back; no operator decided on it." in told(tmp_path, burning().events)


def test_a_dismissed_advice_is_a_decision(tmp_path: Path) -> None:
    story = burning()
    story.do(story.decided(False, "known test traffic"))
    assert 'ana dismissed the advice ROLLBACK at 02:01 UTC: "known test traffic".' in told(tmp_path, story.events)


def test_a_forced_gate_is_the_decision_where_no_rollback_was_advised(tmp_path: Path) -> None:
    story = measured(Story(shop()))
    story.go("rehearsed")
    text = told(tmp_path, story.events)
    assert 'ana passed the gate of "Ready" at 02:00 UTC although checks were open or failing: "rehearsed".' in text


def test_a_poll_is_a_decision(tmp_path: Path) -> None:
    story = measured(Story(shop(poll=("conductor",))))
    story.tell(facts.PollOpened("ana"), facts.PollClosed(False, "ana", "too late tonight"))
    text = told(tmp_path, story.events)
    assert 'ana decided the go/no-go poll with no-go at 02:00 UTC: "too late tonight".' in text


def test_a_journal_that_stops_is_an_interrupted_session(tmp_path: Path) -> None:
    text = told(tmp_path, well().events[:-1])
    assert "The journal stops at 02:03 UTC without an end: the cockpit was interrupted" in text


def test_an_operator_who_left_is_named_until_the_session_continues(tmp_path: Path) -> None:
    story = Story(shop())
    measured(story)
    story.tell(facts.OperatorLeft("ana"))
    (tmp_path / "a").mkdir()
    assert "ana left the session at 02:00 UTC without ending it" in told(tmp_path / "a", story.events)
    story.tell(facts.Resumed("bo", "here", 3.0))
    assert "The journal stops at 02:00 UTC" in told(tmp_path, story.events)


def test_a_session_that_is_still_written_is_running(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = Writer.create(path, "ana")
    for event in measured(Story(shop())).events:
        writer.append(event)
    text = paragraph(collect(path))
    assert "and has lasted " in text
    assert "The session is still running; its latest fact is of 02:00 UTC" in text
    writer.close()
    assert "is still running" not in paragraph(collect(path))
    assert os.path.exists(path)


def test_a_session_in_which_nothing_happened(tmp_path: Path) -> None:
    assert told(tmp_path, Story(shop()).events) == (
        "shop v7.2 was to go live in staging on 2026-12-06 between 02:00 and 03:00 UTC. "
        'The session began on 2026-12-06 at 02:00 UTC and lasted 0s; it reached the phase "Ready" (1 of 3). '
        "The impact on users was not measured. "
        "No decision was recorded. "
        "The journal stops at 02:00 UTC without an end: the cockpit was interrupted."
    )


def test_a_journal_without_facts_or_without_its_beginning(tmp_path: Path) -> None:
    assert told(tmp_path, []) == "The journal holds no facts, so nothing is known about this session."
    (tmp_path / "b").mkdir()
    text = told(tmp_path / "b", incident().events[1:])
    assert text.startswith(
        "The beginning of the journal is missing, so what was planned is not known. The session began"
    )


@pytest.mark.parametrize(
    ("mode", "begins"),
    [
        (SessionMode.REHEARSAL, "This was a rehearsal: shop v7.2 was to go live in staging"),
        (SessionMode.DEMO, "This was a demo: shop v7.2 was to go live in staging"),
    ],
)
def test_a_rehearsal_and_a_demo_are_named(tmp_path: Path, mode: SessionMode, begins: str) -> None:
    first, *more = Story(shop()).events
    assert isinstance(first.body, facts.Opened)
    opened = msgspec.structs.replace(first, body=msgspec.structs.replace(first.body, mode=mode))
    assert told(tmp_path, [opened, *more]).startswith(begins)


@pytest.mark.parametrize(
    ("window", "t0", "planned"),
    [
        (None, None, "go live in staging."),
        (None, START + 600, "go live in staging on 2026-12-06 at 02:10 UTC."),
        (Window(START - 7200, START + 7200), None, "on 2026-12-06 between 00:00 and 04:00 UTC."),
        (Window(START - 14400, START), None, "on 2026-12-05 between 22:00 and 2026-12-06 02:00 UTC."),
    ],
)
def test_what_was_planned_is_the_window_or_the_start(
    tmp_path: Path, window: Window | None, t0: float | None, planned: str
) -> None:
    assert planned in told(tmp_path, Story(shop(window=window, t0=t0)).events)


def test_time_beyond_the_window_is_named(tmp_path: Path) -> None:
    story = measured(Story(shop()))
    story.wait(3600 + 600)
    measured(story)
    assert ", 10m 11s beyond its window; " in told(tmp_path, story.events)


def test_time_without_measurements_is_named(tmp_path: Path) -> None:
    story = measured(Story(shop()))
    story.see("errors", *[Fault(FaultKind.TIMEOUT, "slow")] * 60)
    text = told(tmp_path, story.events)
    assert "No impact on users was measured; for " in text
    assert " there were no measurements." in text


def test_without_words_for_its_impact_the_signal_is_named_once(tmp_path: Path) -> None:
    bare = msgspec.structs.replace(ERRORS, impact="")
    story = measured(Story(shop(signals=(bare,))), BAD, 20)
    assert "Impact on users: 5xx share at worst 9 (must be < 5), beyond its limit for " in told(tmp_path, story.events)


def test_without_a_simple_limit_the_range_of_the_failing_values_is_named(tmp_path: Path) -> None:
    ruled = msgspec.structs.replace(ERRORS, rule=msgspec.structs.replace(ERRORS.rule, passes="value < 1.0 || false"))
    ruled = msgspec.structs.replace(ruled, rule=msgspec.structs.replace(ruled.rule, warns=""))
    story = measured(Story(shop(signals=(ruled,))), BAD, 10)
    measured(story, BAD + 2, 10)
    assert "some requests fail (5xx share 9 to 11; beyond its limit for " in told(tmp_path, story.events)


def test_the_heading_of_a_markdown_report_separates_mode_and_environment(tmp_path: Path) -> None:
    assert "**LIVE staging: ended: live" in "".join(render(collected(tmp_path, well().events), "md"))


def test_without_abort_rules_nothing_is_claimed_about_users(tmp_path: Path) -> None:
    text = told(tmp_path, Story(shop(aborts=())).events)
    assert "No measurement of the impact on users was planned." in text


@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_paragraph_opens_the_report(tmp_path: Path, kind: Format) -> None:
    past = collected(tmp_path, well().events)
    text = "".join(render(past, kind))
    assert text.index("was to go live") < text.lower().index("findings, sorted")
    assert text.count("was to go live") == 1


def test_failing_signals_come_before_forced_gates_in_the_findings(tmp_path: Path) -> None:
    texts = [one.says for one in ReportPage(collected(tmp_path, burning().events)).findings]
    failed = next(n for n, text in enumerate(texts) if text.startswith("signals that failed"))
    forced = next(n for n, text in enumerate(texts) if text.startswith("Gate: "))
    assert failed < forced


def test_every_phase_has_its_planned_and_actual_time(tmp_path: Path) -> None:
    cockpit = shop()
    first, *others = cockpit.checklist.phases
    phases = (msgspec.structs.replace(first, estimate=30.0), *others)
    cockpit = msgspec.structs.replace(cockpit, checklist=msgspec.structs.replace(cockpit.checklist, phases=phases))
    story = measured(Story(cockpit), seconds=20)
    story.do(commands.HoldSession("ana", True, "wait"))
    measured(story, seconds=19)
    story.do(commands.HoldSession("ana", False))
    story.go("forced")
    measured(story, seconds=9)
    rows = ReportPage(collect(journal(tmp_path, story.events))).phases
    assert [(row.title, row.planned, row.actual, row.held, row.items) for row in rows] == [
        ("Ready", "30s", "41s", "20s", "0 of 1"),
        ("Deployment", "–", "9s", "–", "0 of 1"),
        ("Cutover", "–", "not reached", "–", "0 of 1"),
    ]
    assert [(row.late, row.over) for row in rows] == [(True, "11s"), (False, "–"), (False, "–")]
