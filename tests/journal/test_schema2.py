"""Journals of schema 2 are read in the current shapes of the facts.

`tests/data/schema2` is a session that version 2 recorded through its engine, with every kind of fact that it knew. Its
journal was moved away while the session ran, so that it continues in a second one with the state in its first line.
"""

import shutil
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from mmcockpit.core.decide.command import AddNote, LeaveSession
from mmcockpit.core.decide.rejudge import compare, rejudge
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event, Unread
from mmcockpit.core.facts.sources import LogRead
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Advice, State, StepState
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.journal import schema2
from mmcockpit.journal.codec import decode
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import Problem, read, read_one
from mmcockpit.journal.sessions import list_sessions
from mmcockpit.journal.verify import fold_checked, verify_parts
from mmcockpit.report.collect import collect
from mmcockpit.report.render import render
from tests.engine.engine_run import running

RECORDED = Path(__file__).parents[1] / "data" / "schema2"
_LATER_TOPICS = (".seats", ".alarms", ".anchors")
LATER = {kind for kind in get_args(AnyBody) if kind.__module__.endswith(_LATER_TOPICS)} | {LogRead}
"""Kinds of facts that version 2 did not know."""
LINE = b'[1,0.0,0,"Noted",{"was":"a note","by":"ana"},"AAAAAAAAAAAAAAAA"]'


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return the last journal of a copy of the recorded session."""
    return shutil.copytree(RECORDED, tmp_path / "20261206T020000Z-shop-0000") / "journal.2.jsonl"


def renamed(body: dict[str, Any]) -> dict[str, Any]:
    return {"text" if name == "was" else name: part for name, part in body.items()}


def test_bodies_of_schema_2_are_converted_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema2.CONVERSIONS, "Noted", renamed)
    assert getattr(decode(LINE, 0, schema=2).body, "text", "") == "a note"
    assert getattr(decode(LINE, 0, schema=3).body, "kind", "") == "Noted"


def test_facts_in_a_carried_state_are_converted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema2.CONVERSIONS, "Noted", renamed)
    log = [{"seq": 1, "body": {"type": "Noted", "was": "a note", "by": "ana"}}]
    body = schema2.converted("Opened", {"continues": {"file": "x", "state": {"log": log}}})
    assert body["continues"]["state"]["log"][0]["body"] == {"type": "Noted", "text": "a note", "by": "ana"}


@pytest.mark.parametrize("tag", schema2.CONVERSIONS)
def test_a_conversion_leaves_the_current_shape_as_it_is(tag: str, journal: Path) -> None:
    for event in read(journal):
        body = msgspec.to_builtins(event.body)
        if body.pop("type") == tag:
            assert schema2.converted(tag, dict(body)) == body


def recorded(path: Path) -> list[Event]:
    problems: list[Problem] = []
    events = list(read(path, problems.append))
    assert not problems
    return events


def test_the_recorded_session_holds_every_kind_of_fact_and_all_are_read(journal: Path) -> None:
    kinds = {type(event.body) for event in recorded(journal)}
    assert kinds == {*get_args(AnyBody)} - {Unread} - LATER


def test_the_recorded_session_is_read_with_its_contents(journal: Path) -> None:
    session = fold(recorded(journal))
    assert session.phase == 1
    assert session.advised is not None
    assert session.advised.advice is Advice.ROLLBACK
    assert session.items["ready/core/backup"].state is State.DONE
    assert session.items["cutover/steps/errors"].state is State.REGRESSED
    assert session.procedures["rollback"].steps["decide"].state is not StepState.RUNNING
    text = "\n".join(" ".join(describe(event.body)) for event in recorded(journal))
    for part in ("share 0.2", "status down", "network change", "wait one minute", "known to fail", "5xx share"):
        assert part in text.replace("fail 1/1: 0.2", "share 0.2"), part


def test_the_state_that_the_second_journal_carries_is_the_state_of_the_first(journal: Path) -> None:
    continued = next(iter(read_one(journal)))
    assert isinstance(continued.body, facts.Opened)
    assert continued.body.continues is not None
    before = fold(event for event in read_one(journal.with_name("journal.jsonl")))
    after = fold([continued])
    assert after.items == before.items
    assert after.signals == before.signals
    assert after.advised == before.advised
    assert [event.body for event in after.acts] == [event.body for event in before.acts]


def test_the_recorded_session_verifies_and_reports(journal: Path) -> None:
    reports = verify_parts(journal)
    assert [report.lines for _, report in reports] == [422, 169]
    assert all(report.understood for _, report in reports)
    page = "".join(render(collect(journal), "md"))
    for part in ("rolled back", "network accepts the risk", "wait one minute", "undone-42"):
        assert part in page, part
    assert [row.name for row in list_sessions(journal.parent.parent)] == ["Shop"]


def test_the_recorded_session_replays_at_any_time(journal: Path) -> None:
    for path in (journal, journal.with_name("journal.jsonl")):
        timeline = Timeline(path, folder=path.parent / "cache", stride=32)
        session = Session()
        for number, event in enumerate(read_one(path)):
            evolve(session, event)
            if number % 50 == 49:
                again = timeline.session_after(event.seq)
                assert (again.items, again.advised, again.procedures) == (
                    session.items,
                    session.advised,
                    session.procedures,
                )
                assert again.signals == session.signals


def test_the_recorded_rules_still_judge_the_recorded_session_as_recorded(journal: Path) -> None:
    first = journal.with_name("journal.jsonl")
    assert not list(compare(rejudge(read(first), lambda cockpit: cockpit)))


def test_the_recorded_session_resumes_and_reads_back(journal: Path) -> None:
    with running(journal) as (engine, screen):
        screen.do(AddNote("ana", "continued by the current version"))
        screen.do(LeaveSession("ana"))
        screen.until(lambda session: "ana" not in session.operators, "the operator left")
    expected = engine.session
    assert engine.record.complete
    checked = fold_checked(journal)
    assert checked.report.understood
    assert checked.session.items == expected.items
    assert checked.session.advised == expected.advised
    assert "continued by the current version" in [
        event.body.text for event in recorded(journal) if isinstance(event.body, facts.Noted)
    ]


def test_a_refusal_of_schema_2_keeps_its_sentence() -> None:
    line = b'[9,3.2,0,"Refused",{"command":"mark x","because":"no item x","by":"ana"},"AAAAAAAAAAAAAAAA"]'
    refusal = Refusal(Code.RECORDED_TEXT, text="no item x")
    assert decode(line, 0, schema=2).body == facts.Refused("mark x", refusal, "ana")
    assert describe(facts.Refused("mark x", refusal, "ana")) == ("refused", "ana mark x: no item x")
