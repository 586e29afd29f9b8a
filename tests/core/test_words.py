"""Every kind of fact has one wording, by topic."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.alarms import AlarmCause, AlarmKind
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.words.describe import SENTENCES, describe, describe_event
from mmcockpit.core.words.facts import alarms, go_live, items, procedures, seats, sessions, sources
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.refusals import refusal_words
from tests.core.sessions import Story
from tests.journal.bodies import BODIES, bodies

TOPICS = (sessions, items, go_live, alarms, procedures, seats, sources)


def test_every_kind_of_fact_has_a_sentence_in_exactly_one_topic() -> None:
    assert set(SENTENCES) == set(get_args(AnyBody))
    assert sum(len(topic.SENTENCES) for topic in TOPICS) == len(SENTENCES)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_fact_of_any_kind_is_one_line_of_text(kind: type[AnyBody], data: st.DataObject) -> None:
    body = data.draw(bodies(kind))
    for wording in (Wording(), Wording(SessionNames(Story().session), full=False)):
        word, text = describe(body, wording)
        assert word
        assert len(word) <= 9
        assert "\n" not in text


def test_screen_and_log_use_the_same_sentence_with_titles_or_ids() -> None:
    names = SessionNames(Story().session)
    body = facts.ItemMarked("ready/core/audit", Mark.DONE, "ana", "seen")
    assert describe(body) == ("tick", "ana done: ready/core/audit: seen")
    assert describe(body, Wording(names)) == ("tick", "ana done: 1 Audit: seen")


def test_an_undo_names_once_what_it_takes_back() -> None:
    body = facts.ItemMarked("a", Mark.UNDO, "ana", "undoes not applicable", undoes=Mark.NOT_APPLICABLE)
    assert describe(body) == ("undo", "ana undo of 'not applicable': a")


def test_an_acknowledgement_names_first_who_gave_it() -> None:
    causes = (AlarmCause(AlarmKind.ROLLBACK, "errors"), AlarmCause(AlarmKind.REGRESSION, "audit"))
    body = facts.AlarmAcknowledged("ana", causes, "on it")
    assert describe(body) == ("ack", "ana acknowledged: errors failed for its time, audit regressed: on it")


def test_the_refusal_of_a_person_without_a_seat_names_how_to_take_one() -> None:
    alone = refusal_words(Refusal(Code.NOT_HERE, "zoe"))
    assert alone == "'zoe' has no seat in this session; `mmcockpit join` takes one"


def test_a_forced_gate_names_the_failing_signals_by_their_titles() -> None:
    story = Story()
    name, state = next(iter(story.session.signals.items()))
    body = facts.PhaseChanged("ready", "cutover", "ana", unmet=("a",), failing=(name,))
    words = describe(body, Wording(SessionNames(story.session), full=False))[1]
    lacks = f"1 open item, 1 failing signal ({state.signal.title})"
    assert words == f"Ready → Cutover, gate overridden by ana with {lacks}"


def test_the_start_and_the_end_of_a_procedure_are_lines_of_a_procedure() -> None:
    begun, ended = facts.ProcedureOpened("rollback", "ana"), facts.ProcedureClosed("rollback")
    assert describe(begun) == ("procedure", "rollback started by ana")
    assert describe(ended)[0] == "procedure"


@pytest.mark.parametrize(
    ("mark", "word", "text"),
    [
        (Mark.OVERRIDE, "override", "bo: ready/s/one: agreed"),
        (Mark.DEFER, "defer", "bo: ready/s/one: agreed"),
        (Mark.BLOCK, "blocked", "bo: ready/s/one: agreed"),
        (Mark.DONE, "tick", "bo done: ready/s/one: agreed"),
    ],
)
def test_a_mark_with_its_label_does_not_repeat_it(mark: Mark, word: str, text: str) -> None:
    body = facts.ItemMarked("ready/s/one", mark, "bo", "agreed")
    assert describe_event(Event(1, Stamp(0.0, 0.0), body)) == (word, text)
    assert describe(body)[1] == f"bo {mark}: ready/s/one: agreed", "without the label it says what was marked"


def test_every_mark_has_a_word() -> None:
    assert set(items.MARK_WORDS) == set(Mark)
