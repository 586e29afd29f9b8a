"""The recorded rules judge a night as it was judged; others change what follows from them, and nothing else."""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.rejudge import Turn, compare, is_derived, rejudge
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.cockpit import Abort, Cockpit
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import fold
from tests.core.generated import NAMES, PEOPLE, answers, item_ids, night
from tests.core.generated import given as answered
from tests.core.sessions import BAD, GOOD, Story


class Running(Story):
    """A story as the running cockpit records it: it looks every second, after a turn of a verdict, around commands."""

    def hear(self, signal: str, value: object) -> None:
        """Let a signal answer."""
        state = self.session.signals[signal]
        before = state.verdict.level
        answer = answered(value)
        verdict = judge(state.signal, answer, self.session, self.now)
        self.tell(facts.Observed(signal, answer, verdict, 1.0))
        if verdict.level is not before:
            self.settle()

    def let(self, seconds: int) -> None:
        """Let whole seconds pass."""
        for _ in range(seconds):
            self.wait(1)
            self.settle()


def same(cockpit: Cockpit) -> Cockpit:
    return cockpit


def judged(turns: list[Turn]) -> list[Event]:
    return [event for turn in turns for event in turn.judged]


def told(events: list[Event]) -> list[tuple[Any, Any]]:
    return [(event.stamp, event.body) for event in events]


answer_of = st.tuples(st.just("hear"), st.sampled_from(NAMES), answers)
marks = st.builds(commands.MarkItem, st.sampled_from(PEOPLE), item_ids, st.just("why"), st.sampled_from(Mark))
gates = st.builds(
    commands.OpenPhase, st.just("ana"), st.sampled_from(["ready", "deployment"]), st.just("now"), override=st.just(True)
)
holds = st.builds(commands.HoldSession, st.just("ana"), st.booleans(), st.just("wait"))
moves = st.one_of(
    answer_of,
    answer_of,
    st.tuples(st.just("let"), st.integers(0, 4)),
    st.tuples(st.just("let"), st.sampled_from([20, 30, 100])),
    st.tuples(st.just("do"), st.one_of(marks, gates, holds, st.builds(commands.UndoMark, st.just("ana")))),
)


def run(steps: list[tuple[Any, ...]]) -> Running:
    story = Running(night())
    story.settle()
    for name, *words in steps:
        getattr(story, name)(*words)
    story.let(2)
    return story


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(moves, max_size=40))
def test_the_recorded_rules_reproduce_the_record_exactly(steps: list[tuple[Any, ...]]) -> None:
    story = run(steps)
    turns = list(rejudge(story.events, same))
    assert told(judged(turns)) == told(story.events)
    assert fold(judged(turns)) == story.session
    assert list(compare(turns)) == []


def stricter(cockpit: Cockpit) -> Cockpit:
    signals = tuple(
        msgspec.structs.replace(one, rule=Rule("value < -1.0", numeric=True)) if one.name == "rate" else one
        for one in cockpit.signals
    )
    return msgspec.structs.replace(cockpit, signals=signals)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(moves, max_size=30), st.sampled_from([same, stricter]))
def test_answers_and_what_people_did_stay(steps: list[tuple[Any, ...]], amend: Callable[[Cockpit], Cockpit]) -> None:
    story = run(steps)

    def kept(events: list[Event]) -> list[Any]:
        return [
            msgspec.structs.replace(body, verdict=None) if isinstance(body := event.body, facts.Observed) else body
            for event in events
            if not is_derived(event.body) and not isinstance(event.body, facts.Opened)
        ]

    again = judged(list(rejudge(story.events, amend)))
    assert kept(again) == kept(story.events)
    stamps = [event.stamp.at for event in again]
    assert stamps == sorted(stamps)


def steady(value: float) -> Running:
    """A night in its second phase in which everything passes, but for `rate`, which answers one value for a minute."""
    story = Running(night())
    story.do(commands.OpenPhase("ana", "ready", "now", override=True))
    for _ in range(20):
        for name in NAMES:
            story.hear(name, GOOD if name != "rate" else value)
        story.let(3)
    return story


def test_a_stricter_rule_advises_to_go_back_where_the_record_did_not() -> None:
    turns = list(rejudge(steady(GOOD).events, stricter))
    found = list(compare(turns))
    verdicts = [(one.recorded, one.judged) for one in found if one.kind == "signal"]
    assert ("unknown", "fail") in verdicts
    assert verdicts[-1] == ("pass", "fail")
    advice = [one for one in found if one.kind == "advice"]
    assert advice[-1].judged == "ROLLBACK"
    # The abort rule needs eight seconds of failing, and the cockpit looks every second.
    assert 8 <= advice[-1].stamp.at <= 15
    items = {one.judged for one in found if one.kind == "item"}
    assert State.BAD in items


def test_a_patient_abort_rule_advises_later() -> None:
    def patient(cockpit: Cockpit) -> Cockpit:
        return msgspec.structs.replace(cockpit, aborts=(Abort("rate", 40.0, "deployment"),))

    story = steady(BAD)
    turns = list(rejudge(story.events, patient))
    found = [one for one in compare(turns) if one.kind == "advice"]
    assert (found[0].recorded, found[0].judged) == ("ROLLBACK", "NO-GO")
    assert found[-1].recorded == found[-1].judged == Advice.ROLLBACK
    assert 40 <= found[-1].stamp.at <= 50
