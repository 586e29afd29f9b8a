"""How the go-live is conducted: the poll, holds and the T-clock, the baseline and rules that compare with it."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import BaselinePlan, Person
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.baseline import LEAST_POINTS
from mmcockpit.core.state.evolve import fold
from tests.core.sessions import GONE, GOOD, START, Story, manual, number, plan

ROLES = ("database", "network", "conductor")


def polling() -> Story:
    story = Story(plan(poll=ROLES))
    story.do(commands.OpenPoll("ana"))
    return story


def test_roles_answer_in_order() -> None:
    story = polling()
    assert "database answers first" in story.refusal(commands.Vote("bo", True, "network"))
    story.do(commands.Vote("bo", True))
    story.do(commands.Vote("cy", False, "network", "packet loss"))
    story.do(commands.Vote("ana", True))
    assert {role: vote.go for role, vote in story.session.votes.items()} == dict(
        zip(ROLES, (True, False, True), strict=True)
    )
    assert "every role has answered" in story.refusal(commands.Vote("bo", True))
    story.do(commands.Vote("cy", True, "network", "fixed"))
    assert story.session.votes["network"].go, "an answer may be changed while the poll is open"


def test_only_roles_of_the_poll_answer_and_only_while_it_is_open() -> None:
    story = polling()
    assert "unknown role 'cook'; known: " in story.refusal(commands.Vote("bo", True, "cook"))
    assert "already open" in story.refusal(commands.OpenPoll("bo"))
    story.do(commands.ClosePoll("ana", False, "not tonight"))
    for command in (commands.Vote("bo", True), commands.ClosePoll("ana", True, "now")):
        assert "no poll is open" in story.refusal(command)
    assert "lists no roles" in Story(plan()).refusal(commands.OpenPoll("ana"))


def test_a_role_without_an_answer_counts_as_no_go() -> None:
    story = polling()
    story.do(commands.Vote("bo", True))
    because = story.refusal(commands.ClosePoll("ana", True, " "))
    assert because == "a reason is required to decide go against the no-go of network, conductor"
    (closed,) = story.do(commands.ClosePoll("ana", True, "they are asleep"))
    assert closed == facts.PollClosed(True, "ana", "they are asleep", ("network", "conductor"))


def test_the_conductor_goes_against_a_no_go_only_with_a_reason() -> None:
    story = polling()
    for go in (True, False, True):
        story.do(commands.Vote("bo", go))
    assert "reason is required to decide go against the no-go of network" in story.refusal(
        commands.ClosePoll("ana", True, "")
    )
    (closed,) = story.do(commands.ClosePoll("ana", False, ""))
    assert closed == facts.PollClosed(False, "ana", "")


def test_a_poll_of_go_needs_no_reason_and_the_next_one_starts_empty() -> None:
    story = polling()
    for _ in ROLES:
        story.do(commands.Vote("bo", True))
    (closed,) = story.do(commands.ClosePoll("ana", True, ""))
    assert closed == facts.PollClosed(True, "ana", "")
    story.do(commands.OpenPoll("ana"))
    assert story.session.votes == {}


def test_only_the_conductor_decides_the_poll_where_there_is_one() -> None:
    people = (Person("Ana", "Conductor"), Person("bo", "database"))
    story = Story(plan(poll=ROLES, people=people))
    story.do(commands.OpenPoll("bo"))
    assert story.refusal(commands.ClosePoll("bo", False, "no")) == "only the conductor can decide the poll: Ana"
    (closed,) = story.do(commands.ClosePoll(" ana", False, "not tonight"))
    assert isinstance(closed, facts.PollClosed)
    story = Story(plan(poll=ROLES, people=people[1:]))
    story.do(commands.OpenPoll("bo"))
    (closed,) = story.do(commands.ClosePoll("eve", False, "not tonight"))
    assert closed == facts.PollClosed(False, "eve", "not tonight", ROLES), "nobody conducts: anybody does, by name"


def test_a_vote_without_a_poll_counts_in_none() -> None:
    story = Story(plan(poll=ROLES))
    story.tell(facts.Voted("network", True, "eve"))
    story.do(commands.OpenPoll("ana"))
    assert story.session.votes == {}


def test_a_hold_stops_the_clock_and_needs_a_reason() -> None:
    story = Story(plan(t0=START + 100.0))
    assert story.session.count(story.now) == -100.0
    story.wait(110)
    assert "reason is required" in story.refusal(commands.HoldSession("ana", True, " "))
    assert "not on hold" in story.refusal(commands.HoldSession("ana", False))
    assert story.session.count(story.now) == 12.0
    story.do(commands.HoldSession("ana", True, "wait"))
    story.wait(600)
    assert story.session.count(story.now) == 12.0
    assert "already on hold by ana: wait" in story.refusal(commands.HoldSession("bo", True, "me too"))
    story.do(commands.HoldSession("bo", False))
    story.wait(9)
    assert story.session.count(story.now) == 22.0
    story.do(commands.HoldSession("ana", True, "again"))
    assert story.session.count(story.now) == 22.0


def test_a_journal_that_holds_twice_counts_no_second_twice() -> None:
    story = Story(plan(t0=START))
    for on in (True, True, False, False):
        story.tell(facts.Held(on, "eve"))
        story.wait(10)
    assert (story.session.held_s, story.session.count(story.now)) == (20.0, 20.0)


def test_without_a_planned_start_no_clock_runs_and_one_can_be_set() -> None:
    story = Story(plan())
    assert story.session.count(story.now) is None
    story.do(commands.SetT0("ana", START))
    assert story.session.count(story.now) == 1.0


@pytest.mark.parametrize("t0", [float("nan"), float("inf"), float("-inf")])
def test_a_planned_start_is_a_moment(t0: float) -> None:
    assert "T0 must be a date and a time" in Story(plan()).refusal(commands.SetT0("ana", t0))


def with_baseline(**rule: object) -> Story:
    signal = number("p95", **rule)
    return Story(plan(manual("a"), signals=(signal,), baseline=BaselinePlan(("p95",), 60.0)))


def test_a_baseline_is_the_mean_over_its_window() -> None:
    story = with_baseline()
    story.see("p95", *[100.0] * 10, every=5.0)
    story.wait(31)
    story.see("p95", *[1.0, 2.0, 3.0, 4.0, 5.0], every=5.0)
    (recorded,) = story.do(commands.RecordBaseline("ana"))
    assert isinstance(recorded, facts.BaselineRecorded)
    assert recorded.values == {"p95": 3.0}
    assert recorded.end - recorded.start == 60.0
    assert fold(story.events) == story.session


@pytest.mark.parametrize("points", range(LEAST_POINTS))
def test_too_few_points_are_no_baseline(points: int) -> None:
    story = with_baseline()
    story.see("p95", *[1.0] * points, GONE, GONE, GONE)
    because = story.refusal(commands.RecordBaseline("ana"))
    count = "1 point" if points == 1 else f"{points} points"
    assert because.startswith(f"p95 has {count} in the last 1m: a baseline needs at least 5 points; ")
    assert because.endswith("`:baseline p95=VALUE REASON` sets a known value")


def test_old_points_are_too_few_as_well() -> None:
    story = with_baseline()
    story.see("p95", *[1.0] * 20)
    story.wait(61)
    assert "has 0 points" in story.refusal(commands.RecordBaseline("ana"))


def test_a_baseline_requires_signals_that_exist() -> None:
    assert "lists signals under baseline" in Story(plan()).refusal(commands.RecordBaseline("ana"))
    story = Story(plan(baseline=BaselinePlan(("lost",))))
    assert "lost has 0 points" in story.refusal(commands.RecordBaseline("ana"))


def deployed() -> Story:
    return Story(plan(signals=(number("p95"),), baseline=BaselinePlan(("p95",), 60.0, "deployment")))


def test_a_baseline_ends_where_the_new_production_begins() -> None:
    story = deployed()
    story.see("p95", *[2.0] * 6, every=5.0)
    story.go()
    story.see("p95", *[100.0] * 20, every=5.0)
    (recorded,) = story.do(commands.RecordBaseline("ana"))
    assert isinstance(recorded, facts.BaselineRecorded)
    assert recorded.values == {"p95": 2.0}
    assert recorded.end == story.session.opened_at[1].wall


def test_a_baseline_made_of_the_new_production_is_refused() -> None:
    story = deployed()
    story.see("p95", *[2.0] * 4, every=5.0)
    story.go()
    story.see("p95", *[100.0] * 20, every=5.0)
    because = story.refusal(commands.RecordBaseline("ana"))
    assert because.startswith("p95 has 4 points in the 1m before deployment opened: a baseline needs at least 5 points")
    assert "later values belong to the new production" in because


def test_a_tiny_ratio_keeps_its_digits() -> None:
    story = with_baseline()
    story.see("p95", *[0.0000012345678] * 5)
    (recorded,) = story.do(commands.RecordBaseline("ana"))
    assert isinstance(recorded, facts.BaselineRecorded)
    assert recorded.values == {"p95": 0.00000123457}


def test_a_chart_that_starts_filled_gives_a_baseline() -> None:
    story = with_baseline()
    story.tell(facts.Backfilled("p95", tuple((START - 10.0 + n, 2.0) for n in range(10))))
    (recorded,) = story.do(commands.RecordBaseline("ana"))
    assert isinstance(recorded, facts.BaselineRecorded)
    assert recorded.values == {"p95": 2.0}


def test_a_rule_that_compares_with_the_baseline_is_unknown_before_there_is_one() -> None:
    story = with_baseline(passes="value < baseline * 2.0", warns="")
    story.see("p95", *[1.0] * 5)
    verdict = story.session.signals["p95"].verdict
    assert verdict.level is Level.UNKNOWN
    assert verdict.because.startswith("no baseline was recorded: `:baseline` records the last 1m; ")
    story.do(commands.RecordBaseline("ana"))
    levels = []
    for value in (1.9, 2.1):
        story.see("p95", value)
        levels.append(story.session.signals["p95"].verdict.level)
    assert levels == [Level.PASS, Level.FAIL]


def test_a_baseline_of_other_signals_does_not_count_for_this_one() -> None:
    story = with_baseline(passes="value < baseline * 2.0")
    story.tell(facts.BaselineRecorded(0.0, 60.0, {"other": 1.0}, "ana"))
    story.see("p95", 1.0)
    assert story.session.signals["p95"].verdict.level is Level.UNKNOWN


def test_deciding_changes_nothing_by_itself() -> None:
    story = polling()
    before = fold(story.events)
    for command in (
        commands.Vote("bo", True),
        commands.ClosePoll("ana", False, ""),
        commands.HoldSession("ana", True, "x"),
        commands.MarkItem("ana", "ready/s/a"),
        commands.OpenPhase("ana", story.phase, "x", override=True),
        commands.SetT0("ana", GOOD),
    ):
        decide(story.session, command, story.now)
    assert story.session == before
