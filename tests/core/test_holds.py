"""The hold clock: it starts when the phase opens, fail restarts it, the rest pauses it, and no mark touches it."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.reasons import reason_text
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, manual, number, plan, sensed

SOAK = "ready/s/soak"


def soaking(first: float = 10.0, full: float = 10.0, phase: str = "ready", **rule: object) -> Story:
    item = sensed("soak", phase, hold=Hold(first, full))
    return Story(plan(item, manual("first", "ready"), signals=(number("soak", **rule),)))


def served(story: Story, item: str = SOAK) -> float:
    return story.session.served(story.session.items[item].item)


def test_a_hold_starts_when_its_phase_opens_and_counts_nothing_before() -> None:
    story = soaking(phase="deployment")
    item = "deployment/s/soak"
    story.see("soak", *[GOOD] * 30)
    assert (story.state(item), served(story, item)) == (State.OPEN, 0.0)
    story.wait(0.5)
    story.go("let us see")
    assert story.state(item) is State.HOLDING
    assert served(story, item) == 0.0
    story.see("soak", GOOD)
    assert served(story, item) == 1.0, "only the second since the phase opened, not the 2.5 since the last answer"
    story.see("soak", *[GOOD] * 8)
    assert (story.state(item), served(story, item)) == (State.HOLDING, 9.0)
    story.see("soak", GOOD)
    assert story.state(item) is State.GOOD


def test_a_failure_starts_the_hold_again() -> None:
    story = soaking()
    story.see("soak", *[GOOD] * 10)
    assert served(story) == 9.0
    story.see("soak", BAD)
    assert (story.state(SOAK), served(story)) == (State.BAD, 0.0)
    story.see("soak", *[GOOD] * 10)
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 9.0)
    story.see("soak", GOOD)
    assert story.state(SOAK) is State.GOOD


@pytest.mark.parametrize(("pause", "state"), [(GONE, State.UNKNOWN), (WARNS, State.OPEN)])
def test_unknown_and_warnings_pause_the_hold(pause: float | Fault, state: State) -> None:
    story = soaking()
    story.see("soak", *[GOOD] * 6)
    story.see("soak", *[pause] * 50)
    assert (story.state(SOAK), served(story)) == (state, 5.0)
    story.see("soak", GOOD)
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 5.0), "the blind time does not count"
    story.see("soak", *[GOOD] * 4)
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 9.0)
    story.see("soak", GOOD)
    assert story.state(SOAK) is State.GOOD


@pytest.mark.parametrize("pause", [GONE, WARNS])
def test_a_failure_behind_a_pause_starts_the_hold_again_all_the_same(pause: float | Fault) -> None:
    story = soaking()
    story.see("soak", *[GOOD] * 6, pause, BAD, pause, GOOD)
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 0.0)


def test_a_hold_is_measured_up_to_the_last_passing_answer_and_never_up_to_now() -> None:
    story = soaking()
    story.see("soak", GOOD, GOOD)
    story.wait(15)
    story.settle()
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 1.0)
    story.wait(60)
    story.settle()
    assert (story.state(SOAK), served(story)) == (State.UNKNOWN, 1.0), "silence is unknown, and no hold"


def test_an_unnoticed_silence_does_not_count() -> None:
    story = soaking(10.0, 3600.0)
    story.see("soak", GOOD, GOOD)
    story.wait(3600)
    story.answer("soak", GOOD)
    story.settle()
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 1.0)


def test_a_resumed_session_keeps_its_settle_time_and_counts_no_time_without_data() -> None:
    story = soaking()
    story.see("soak", *[GOOD] * 6)
    story.tell(facts.OperatorLeft("ana"))
    story.wait(8)
    story.tell(facts.Resumed("bo", "there", 8.0))
    story.settle()
    assert (story.state(SOAK), served(story)) == (State.UNKNOWN, 5.0)
    story.see("soak", GOOD)
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 5.0)
    story.see("soak", *[GOOD] * 5)
    assert story.state(SOAK) is State.GOOD
    assert fold(story.events) == story.session


def test_the_gate_requires_the_first_hold_and_the_item_the_full_one() -> None:
    story = Story(plan(sensed("soak", hold=Hold(5.0, 10.0))))
    story.see("soak", *[GOOD] * 5)
    assert (story.state(SOAK), gate(story.session).open) == (State.HOLDING, False)
    story.see("soak", GOOD)
    assert (story.state(SOAK), gate(story.session).open) == (State.HOLDING, True)
    assert story.session.items[SOAK].proven
    story.see("soak", *[GOOD] * 5)
    assert story.state(SOAK) is State.GOOD


def test_what_fails_behind_its_first_hold_has_regressed_and_serves_it_again() -> None:
    story = Story(plan(sensed("soak", hold=Hold(5.0, 10.0))))
    story.see("soak", *[GOOD] * 6)
    story.go()
    story.see("soak", BAD)
    assert (story.state(SOAK), gate(story.session).open) == (State.REGRESSED, False)
    story.see("soak", GOOD)
    assert (story.state(SOAK), gate(story.session).open) == (State.HOLDING, False)
    story.see("soak", *[GOOD] * 5)
    assert gate(story.session).open


def test_the_end_of_the_first_hold_is_recorded_once() -> None:
    for first in (0.0, 0.0004, 5.0):
        story = Story(plan(sensed("soak", hold=Hold(first, 1000.0))))
        story.see("soak", *[GOOD] * 10)
        changes = [event.body for event in story.events if isinstance(event.body, facts.ItemChanged)]
        assert [change.now for change in changes] == [State.HOLDING, State.HOLDING]
        assert "first settle time has passed" in changes[-1].because


def test_a_hold_may_be_a_rule_over_the_value() -> None:
    item = sensed("ttl", hold=Hold(rule="duration('4s')"))
    story = Story(plan(item))
    story.see("ttl", *[GOOD] * 4)
    assert story.state("ttl") is State.HOLDING
    story.see("ttl", GOOD)
    assert story.state("ttl") is State.GOOD


def test_a_hold_that_cannot_be_evaluated_is_unknown_with_its_reason() -> None:
    story = Story(plan(sensed("ttl", hold=Hold(rule="duration(value.ttl)"))))
    story.see("ttl", *[GOOD] * 50, every=10.0)
    assert story.state("ttl") is State.UNKNOWN
    assert story.session.items["ready/s/ttl"].because.startswith("settle time unknown: the rule cannot be decided")
    assert story.session.advised is not None
    assert "settle time unknown" in reason_text(story.session.advised.reasons[0])
    assert hold_of(story.session.items["ready/s/ttl"].item, story.session)[0] == float("inf")


def test_a_hold_rule_reads_the_value_of_its_own_signal() -> None:
    rule = Rule("value.ready")
    signal = Signal("ttl", "ttl", "dns", "resolve", rule=rule)
    story = Story(plan(sensed("ttl", hold=Hold(rule="duration(value.hold)")), signals=(signal,)))
    answer = Reading({"ready": True, "hold": "3s"})
    story.see("ttl", *[answer] * 3)
    assert story.state("ttl") is State.HOLDING
    story.see("ttl", answer)
    assert story.state("ttl") is State.GOOD


@pytest.mark.parametrize("mark", [Mark.OVERRIDE, Mark.NOT_APPLICABLE, Mark.DEFER, Mark.BLOCK])
def test_a_failure_under_a_mark_starts_the_hold_again(mark: Mark) -> None:
    story = soaking()
    story.see("soak", *[GOOD] * 8)
    story.do(commands.MarkItem("ana", SOAK, "no time", mark))
    story.see("soak", BAD, GOOD)
    story.do(commands.UndoMark("ana"))
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 0.0)


def test_marks_do_not_shorten_a_hold_whose_signal_keeps_passing() -> None:
    story = soaking()
    story.see("soak", *[GOOD] * 5)
    story.do(commands.MarkItem("ana", SOAK, "no time", Mark.OVERRIDE))
    story.see("soak", *[GOOD] * 2)
    story.do(commands.UndoMark("ana"))
    story.see("soak", GOOD)
    assert (story.state(SOAK), served(story)) == (State.HOLDING, 9.0)


def test_each_item_serves_a_shared_signal_from_its_own_phase_on() -> None:
    early, late = sensed("a", hold=Hold(2.0, 2.0)), sensed("b", "deployment", signal="a", hold=Hold(2.0, 2.0))
    story = Story(plan(early, late))
    story.see("a", *[GOOD] * 3)
    assert (story.state("a"), story.state("b")) == (State.GOOD, State.OPEN)
    story.go()
    assert story.state("b") is State.HOLDING
    story.see("a", GOOD, GOOD)
    assert (story.state("a"), story.state("b")) == (State.GOOD, State.GOOD)


def test_phases_that_were_left_out_open_together() -> None:
    story = Story(plan(sensed("a", "deployment", hold=Hold(2.0, 2.0))))
    story.wait(5)
    story.tell(facts.PhaseChanged("ready", "cutover", "ana"))
    assert len(story.session.opened_at) == 3
    story.see("a", *[GOOD] * 3)
    assert story.state("a") is State.GOOD


def test_persist_keeps_a_flapping_signal_from_changing_its_item() -> None:
    story = soaking(0.0, 0.0, agree=3, of=5)
    story.see("soak", *[GOOD] * 3)
    assert story.state(SOAK) is State.GOOD
    story.see("soak", *[BAD, GOOD] * 2, BAD, GOOD, GOOD)
    levels = [event.body.verdict.level for event in story.events if isinstance(event.body, facts.Observed)]
    assert levels.count(Level.FAIL) == 1, "once three of the last five failed, until three of them pass"
    story = soaking(0.0, 0.0, agree=3, of=3)
    story.see("soak", *[GOOD] * 3, *[BAD, BAD, GOOD] * 10)
    assert story.state(SOAK) is State.GOOD
    story.see("soak", *[BAD] * 3)
    assert story.state(SOAK) is State.REGRESSED


def test_leaving_unknown_takes_as_many_answers_as_any_change_and_entering_it_takes_one() -> None:
    story = soaking(0.0, 0.0, agree=3, of=3)
    story.see("soak", GOOD, GOOD)
    assert story.state(SOAK) is State.UNKNOWN
    story.see("soak", GOOD)
    assert story.state(SOAK) is State.GOOD
    story.see("soak", GONE)
    assert story.state(SOAK) is State.UNKNOWN
    story.see("soak", GOOD, GOOD)
    assert story.state(SOAK) is State.UNKNOWN
    story.see("soak", GOOD)
    assert story.state(SOAK) is State.GOOD
