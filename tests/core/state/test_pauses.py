"""Time in which nothing ran serves nothing: no settle time, no abort rule's time, no wait for a step's effect."""

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.pauses import lost, paused_s
from mmcockpit.core.state.signals import STRETCHES_KEPT, Streak
from mmcockpit.core.words.describe import describe
from tests.core.sessions import BAD, GOOD, Story, number, plan, sensed

EVERY_S = 5.0
"""The interval of a signal of these stories."""


def soaking(hold: float) -> Story:
    return Story(plan(sensed("soak", hold=Hold(hold, hold)), signals=(number("soak"),)))


def served(story: Story) -> float:
    return story.session.served(story.session.items["ready/s/soak"].item)


def test_a_stretch_between_two_results_counts_for_at_most_two_intervals() -> None:
    story = soaking(50.0)
    story.see("soak", GOOD, every=24.0)
    story.see("soak", GOOD, every=24.0)
    assert served(story) == 2 * EVERY_S
    story.see("soak", GOOD, every=EVERY_S)
    story.see("soak", GOOD)
    assert served(story) == 5 * EVERY_S, "and every stretch for itself"


def test_a_stopped_process_serves_no_settle_time() -> None:
    story = soaking(50.0)
    story.see("soak", *[GOOD] * 2, every=EVERY_S)
    story.wait(55)
    story.tell(facts.Paused(55.0))
    story.see("soak", GOOD, GOOD)
    assert (story.state("soak"), served(story)) == (State.HOLDING, EVERY_S + 1.0)
    story.see("soak", *[GOOD] * 10, every=EVERY_S)
    assert story.state("soak") is State.GOOD
    assert fold(story.events) == story.session


def test_a_short_pause_within_two_intervals_counts_not_either() -> None:
    story = soaking(50.0)
    story.see("soak", GOOD, every=0.0)
    story.wait(8)
    story.tell(facts.Paused(7.0))
    story.see("soak", GOOD)
    assert served(story) == 0.0


def test_an_abort_rule_s_time_is_not_served_by_sleep_or_silence() -> None:
    abort = Abort("soak", 40.0, "ready")
    for pause in (True, False):
        story = Story(plan(sensed("soak"), signals=(number("soak"),), aborts=(abort,)))
        story.see("soak", BAD, every=EVERY_S)
        story.see("soak", BAD, every=0.0)
        story.wait(24)
        if pause:
            story.tell(facts.Paused(24.0))
        story.see("soak", BAD, every=0.0)
        assert story.session.advised is not None
        assert story.session.advised.advice is not Advice.ROLLBACK
        assert story.session.signals["soak"].failing.since(0.0) == (EVERY_S if pause else 3 * EVERY_S)


def test_two_stamps_tell_a_pause_from_a_clock_that_was_set() -> None:
    def found(silent: float, moved: float) -> list[object]:
        return list(lost(Stamp(10.0, 1000.0), Stamp(10.0 + silent, 1000.0 + silent + moved)))

    assert found(1.0, 0.3) == []
    assert found(60.0, 0.0) == [facts.Paused(60.0)]
    assert found(1.0, 3600.0) == [facts.ClockJumped(3600.0)]
    assert found(1.0, -90.0) == [facts.ClockJumped(-90.0)]
    assert (found(4.94, 1.94), found(4.96, -1.96)) == ([], [facts.Paused(5.0), facts.ClockJumped(-2.0)])
    assert found(60.0, -90.0) == [facts.Paused(60.0), facts.ClockJumped(-90.0)]


def test_paused_seconds_are_those_within_the_time_asked_for() -> None:
    story = soaking(1.0)
    story.wait(100)
    story.tell(facts.Paused(30.0))
    assert [paused_s(story.session, *span) for span in ((0, 100), (0, 80), (80, 90), (100, 200))] == [30, 10, 10, 0]


def test_lost_time_is_reported() -> None:
    assert describe(facts.Paused(55.4)) == (
        "paused",
        "the cockpit did not run for 55s: suspended, stopped or blocked; settle times stood still",
    )
    assert describe(facts.ClockJumped(-90.0)) == ("clock", "the wall clock jumped by -90s")


@pytest.mark.parametrize("count", [STRETCHES_KEPT, 3 * STRETCHES_KEPT])
def test_no_stretch_is_lost_however_many_pauses_there_are(count: int) -> None:
    streak = Streak()
    for n in range(count):
        streak.extend(n * 10.0, n * 10.0 + 4.0)
    assert streak.since(0.0) == 4.0 * count
    assert len(streak.stretches) <= STRETCHES_KEPT
    ends = [end for _, end in streak.stretches]
    starts = [start for start, _ in streak.stretches]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
