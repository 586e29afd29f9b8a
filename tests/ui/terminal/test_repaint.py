"""When changes are drawn: numbers once a second, other readings a few times, an operator's at once."""

from collections.abc import Sequence

import msgspec
import pytest

from mmcockpit.core.facts.event import Advised, AnyBody, Event, ItemChanged, Noted, Observed, SignalChanged
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic, signal_topic
from mmcockpit.ui.repaint import FRAMES_A_NUMBER, FRAMES_A_READING, Pace
from mmcockpit.ui.session_view import Sight
from tests.core.sessions import Story

PASS = Verdict(Level.PASS, Level.PASS, "", 1, 1)
PODS = {"ready": 2, "total": 2}
ROWS = {"ready": 2, "age_s": 60, "pods": [{"name": "a", "load": 0.5}]}


def frames(pace: Pace, touched: set[Topic], calm: bool) -> int:
    """Return in which frame of one second the topics of its first one are drawn."""
    now = Stamp(5.0, 5.0)
    pace.due(None, now)
    assert pace.due(touched, now, calm) is None
    for number in range(1, 3 * FRAMES_A_NUMBER):
        due = pace.due(set(), now)
        if due is not None:
            assert due.topics == touched
            return number
    raise AssertionError("never drawn")


def test_numbers_wait_longer_than_other_readings_and_an_operators_fact_never() -> None:
    reading = {SIGNALS, signal_topic("errors")}
    assert frames(Pace(), reading, calm=False) < FRAMES_A_READING
    assert FRAMES_A_READING < frames(Pace(), reading, calm=True) < FRAMES_A_NUMBER
    pace = Pace()
    pace.due(None, Stamp(5.0, 5.0))
    due = pace.due({ITEMS}, Stamp(5.1, 5.1))
    assert due is not None
    assert due.topics == {ITEMS}


def test_a_number_is_drawn_with_the_next_second() -> None:
    pace = Pace()
    pace.due(None, Stamp(5.0, 5.0))
    assert pace.due({SIGNALS}, Stamp(5.5, 5.5), calm=True) is None
    due = pace.due(set(), Stamp(6.0, 6.0))
    assert due is not None
    assert due.topics == {SIGNALS}
    assert due.tick
    for number in range(1, FRAMES_A_NUMBER):
        assert pace.due({SIGNALS}, Stamp(6.0 + 0.9 * number / FRAMES_A_NUMBER, 6.9), calm=True) is None


def test_what_follows_from_results_waits_as_long_as_readings() -> None:
    pace, now = Pace(), Stamp(5.0, 5.0)
    pace.due(None, now)
    due = [pace.due({ITEMS, SESSION}, now, patient=True) for _ in range(2 * FRAMES_A_READING + 1)]
    assert [one for one in due if one] == [({ITEMS, SESSION}, False)] * 2
    assert pace.due({ITEMS}, now) == ({ITEMS, SESSION}, False), "what an operator does takes along what waits"


def test_a_new_second_begins_the_turns_again() -> None:
    pace = Pace()
    pace.due(None, Stamp(5.0, 5.0))
    pace.due(set(), Stamp(5.5, 5.5), frames=FRAMES_A_READING - 2)
    assert pace.due({SIGNALS}, Stamp(6.0, 6.0)) == ({SIGNALS}, True)
    waited = [pace.due({SIGNALS}, Stamp(6.1, 6.1)) is None for _ in range(FRAMES_A_READING)]
    assert waited == [True] * (FRAMES_A_READING - 1) + [False]


@pytest.mark.parametrize(
    ("bodies", "only"),
    [
        ([Advised(Advice.HOLD), ItemChanged("one", State.OPEN, State.DONE, "passes")], True),
        ([SignalChanged("errors", Level.PASS, Level.FAIL, "", "errors")], True),
        ([Advised(Advice.HOLD), Noted("a note", "ana")], False),
        ([], True),
    ],
)
def test_only_what_comes_with_results_of_polls_may_wait(bodies: Sequence[AnyBody], only: bool) -> None:
    story = Story()
    view = Sight()
    view.take(Batch(story.now, base=story.session))
    view.take(Batch(story.now, tuple(Event(story.session.seq + n, story.now, one) for n, one in enumerate(bodies, 1))))
    assert view.only_results is only


@pytest.mark.parametrize(
    ("before", "bodies", "calm"),
    [
        (0.1, [Observed("errors", Reading(0.2), PASS)], True),
        (0.1, [Observed("errors", Reading(0.2), msgspec.structs.replace(PASS, level=Level.FAIL))], False),
        (0.1, [Observed("errors", Fault(FaultKind.TIMEOUT, "slow"), PASS)], False),
        (PODS, [Observed("errors", Reading(dict(PODS)), PASS)], True),
        (PODS, [Observed("errors", Reading({**PODS, "ready": 1}), PASS)], False),
        (ROWS, [Observed("errors", Reading({**ROWS, "age_s": 65, "pods": [{"name": "a", "load": 0.7}]}), PASS)], True),
        (ROWS, [Observed("errors", Reading({**ROWS, "pods": [{"name": "b", "load": 0.5}]}), PASS)], False),
        (ROWS, [Observed("errors", Reading({**ROWS, "pods": []}), PASS)], False),
        (ROWS, [Observed("errors", Reading({**PODS, "age_s": 60}), PASS)], False),
        (True, [Observed("errors", Reading(False), PASS)], False),
        (0.1, [Observed("errors", Reading(0.2), PASS), Noted("a note", "ana")], False),
        (0.1, [], True),
    ],
)
def test_a_frame_is_calm_while_only_quantities_change(before: object, bodies: Sequence[AnyBody], calm: bool) -> None:
    story = Story()
    session, name = story.session, next(iter(story.session.signals))
    view = _seen(session, story.now, Observed(name, Reading(before), PASS))
    named = [msgspec.structs.replace(one, signal=name) if isinstance(one, Observed) else one for one in bodies]
    events = tuple(Event(session.seq + n, story.now, one) for n, one in enumerate(named, 1))
    view.take(Batch(story.now, events))
    assert view.calm is calm


def test_a_first_result_is_not_calm_and_a_repeated_fault_is() -> None:
    story = Story()
    name, fault = next(iter(story.session.signals)), Fault(FaultKind.TIMEOUT, "slow")
    unknown = Verdict(Level.UNKNOWN, Level.UNKNOWN, "slow", 1, 1)
    assert not _view_of(Story(), name, Reading(0.1), PASS).calm
    view = _seen(story.session, story.now, Observed(name, fault, unknown))
    view.take(Batch(story.now, (Event(story.session.seq + 1, story.now, Observed(name, fault, unknown)),)))
    assert view.calm


def _view_of(story: Story, name: str, answer: Answer, verdict: Verdict) -> Sight:
    return _seen(story.session, story.now, Observed(name, answer, verdict))


def _seen(session: Session, now: Stamp, body: AnyBody) -> Sight:
    """Return the view of a session that then gets one fact."""
    view = Sight()
    view.take(Batch(now, base=session))
    view.take(Batch(now, (Event(session.seq + 1, now, body),)))
    return view
