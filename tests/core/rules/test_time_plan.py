"""The time plan: the window, the latest moment for a rollback, and each phase against its plan."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort, Cockpit, Window
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.rules.plans.time_plan import TimePlan, rollback_procedure, time_plan
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.plans.time_plan import phase_time, rollback_deadline, window_text
from tests.core.sessions import BAD, START, Story, manual, number, plan

HOUR = 3600.0
STEPS = (Step("look", "Look", estimate=30.0), Step("undo", "Undo", estimate=570.0))
BACK = Procedure("back", "Roll back", STEPS, aborts=("errors",))
RESTORE = Procedure("restore", "Restore", (Step("all", "All", estimate=9000.0),))
WINDOW = Window(START, START + 4 * HOUR)


def night(*procedures: Procedure, window: Window | None = WINDOW, phase_s: float = 0.0, **more: float) -> Cockpit:
    """Return a cockpit with a window, and estimates of the items of its first phase in `more` (title to seconds)."""
    items = tuple(manual(title, estimate=seconds) for title, seconds in more.items()) or (manual("tick"),)
    made = plan(
        *items,
        manual("deploy", "deployment"),
        manual("switch", "cutover", no_return=True),
        signals=(number("errors"),),
        aborts=(Abort("errors", 1.0, "ready"),),
        procedures=procedures,
        window=window,
    )
    first, *rest = made.checklist.phases
    phases = (msgspec.structs.replace(first, estimate=phase_s), *rest)
    return msgspec.structs.replace(made, checklist=msgspec.structs.replace(made.checklist, phases=phases))


def planned(story: Story) -> TimePlan:
    return time_plan(story.session, story.now)


def deadline(story: Story) -> str:
    return rollback_deadline(planned(story), story.now)


def test_a_rollback_has_to_start_before_the_window_s_end_by_the_sum_of_its_steps() -> None:
    story = Story(night(BACK))
    assert planned(story).rollback_s == 600.0
    assert planned(story).latest_rollback == WINDOW.end - 600.0
    assert deadline(story) == "rollback must start by 05:50"


def test_of_the_steps_of_a_group_the_longest_counts() -> None:
    group = tuple(Step(name, name, estimate=seconds, group="g") for name, seconds in (("a", 60.0), ("b", 300.0)))
    back = msgspec.structs.replace(BACK, steps=(*STEPS, *group, Step("last", "Last", estimate=5.0)))
    assert back.usual_s == 600.0 + 300.0 + 5.0
    assert planned(Story(night(back))).rollback_s == 905.0


def test_the_estimate_of_a_procedure_wins_over_its_steps() -> None:
    story = Story(night(msgspec.structs.replace(BACK, estimate=1800.0)))
    assert deadline(story) == "rollback must start by 05:30"


def test_after_the_latest_moment_there_is_no_time_for_a_rollback() -> None:
    story = Story(night(BACK))
    story.wait(4 * HOUR - 600)
    assert deadline(story) == "rollback must start by 05:50"
    story.wait(1)
    assert deadline(story) == "no time for a rollback since 05:50"
    assert window_text(planned(story)) == "9m left"


def test_a_window_on_another_day_names_the_day() -> None:
    story = Story(night(BACK, window=Window(START + 24 * HOUR, START + 28 * HOUR)))
    assert deadline(story) == "rollback must start by 2026-12-07 05:50"


@pytest.mark.parametrize(
    "cockpit",
    [
        night(BACK, window=None),
        night(),
        night(RESTORE),
        night(msgspec.structs.replace(BACK, steps=(Step("undo", "Undo"),))),
    ],
    ids=["no window", "no procedure", "no procedure of an abort rule", "no estimate"],
)
def test_without_window_or_estimate_there_is_no_latest_moment(cockpit: Cockpit) -> None:
    story = Story(cockpit)
    assert planned(story).latest_rollback is None
    assert deadline(story) == ""


def test_past_the_point_of_no_return_there_is_no_moment_for_a_rollback() -> None:
    story = Story(night(BACK))
    story.go("forced")
    story.go("forced")
    assert planned(story).latest_rollback is not None
    story.do(commands.MarkItem("ana", "cutover/s/switch"))
    assert planned(story).latest_rollback is None


def test_a_rollback_that_runs_needs_no_latest_moment_and_an_abandoned_one_does() -> None:
    story = Story(night(BACK))
    story.tell(facts.ProcedureOpened("back", "ana"))
    assert planned(story).latest_rollback is None
    story.tell(facts.ProcedureClosed("back", True, "ana", "wrong one"))
    assert planned(story).latest_rollback is not None


def test_a_rollback_that_was_done_needs_no_latest_moment() -> None:
    story = Story(night(BACK))
    story.tell(facts.ProcedureOpened("back", "ana"))
    for step in STEPS:
        story.tell(facts.StepChanged("back", step.id, facts.StepState.OK, by="ana"))
    story.settle()
    assert planned(story).latest_rollback is None


def test_the_queued_rollback_is_the_one_that_counts() -> None:
    other = Procedure("slow", "Slow", (Step("all", "All", estimate=5000.0),), aborts=("rate",))
    story = Story(night(BACK, other))
    longest = rollback_procedure(story.session)
    assert longest is not None
    assert longest.id == "slow"
    story.see("errors", BAD, BAD, BAD, BAD)
    queued = rollback_procedure(story.session)
    assert queued is not None
    assert queued.id == "back"


def test_before_the_window_its_start_is_counted_down_and_after_it_its_end() -> None:
    story = Story(night(BACK, window=Window(START + 1200, START + 4800)))
    assert window_text(planned(story)) == "starts in 20m"
    story.wait(4800 + 600)
    assert (planned(story).left_s, window_text(planned(story))) == (-600.0, "ended 10m ago")


def test_without_a_window_and_without_t0_the_elapsed_time_is_known() -> None:
    story = Story(night(window=None))
    story.wait(90)
    assert planned(story).elapsed_s == 90.0
    assert (planned(story).used_s, planned(story).left_s, window_text(planned(story))) == (None, None, "")
    assert story.session.count(story.now) is None


def test_a_phase_is_planned_by_its_own_estimate_or_the_sum_of_its_items() -> None:
    assert planned(Story(night(a=60.0, b=120.0))).phases[0].planned_s == 180.0
    assert planned(Story(night(a=60.0, b=120.0, phase_s=900.0))).phases[0].planned_s == 900.0
    assert planned(Story(night())).phases[0].planned_s is None


def test_a_phase_lasts_from_its_opening_to_the_next_one_with_holds_and_pauses() -> None:
    story = Story(night(phase_s=60.0))
    story.wait(29)
    story.do(commands.HoldSession("ana", True, "wait for network"))
    story.wait(29)
    story.do(commands.HoldSession("ana", False))
    story.wait(19)
    story.tell(facts.Paused(15.0))
    story.go("forced")
    story.wait(9)
    first, second, third = planned(story).phases
    assert (first.actual_s, first.over_s, phase_time(first)) == (79.0, 19.0, "1m of 1m, 19s over")
    assert (second.actual_s, phase_time(second)) == (10.0, "10s")
    assert (third.actual_s, phase_time(third)) == (None, "")


def test_a_phase_before_its_opening_shows_its_plan() -> None:
    cockpit = night(phase_s=60.0)
    late = msgspec.structs.replace(cockpit.checklist.phases[2], estimate=5400.0)
    phases = (*cockpit.checklist.phases[:2], late)
    story = Story(msgspec.structs.replace(cockpit, checklist=msgspec.structs.replace(cockpit.checklist, phases=phases)))
    assert phase_time(planned(story).phases[2]) == "1h 30m planned"


def test_a_phase_counts_its_satisfied_items() -> None:
    story = Story(night(a=60.0, b=120.0))
    story.do(commands.MarkItem("ana", "ready/s/a"))
    first = planned(story).phases[0]
    assert (first.done, first.total) == (1, 2)


def test_the_plan_of_a_closed_session_stays_as_it_was_at_its_end() -> None:
    story = Story(night(BACK))
    story.wait(60)
    story.tell(facts.Closed("ana", "done"))
    ended = planned(story)
    story.wait(8 * HOUR)
    assert planned(story) == ended


@given(
    estimates=st.lists(st.floats(0, 1e5, allow_nan=False), max_size=6),
    own=st.one_of(st.just(0.0), st.floats(1, 1e5)),
    begins=st.floats(-1e6, 1e6),
    lasts=st.floats(1, 1e6),
    later=st.floats(0, 1e6),
    gates=st.integers(0, 2),
)
def test_whatever_the_plan_its_times_agree_with_each_other(
    estimates: list[float], own: float, begins: float, lasts: float, later: float, gates: int
) -> None:
    steps = tuple(Step(str(n), "Step", estimate=seconds) for n, seconds in enumerate(estimates))
    window = Window(START + begins, START + begins + lasts)
    story = Story(night(Procedure("back", "Back", steps, aborts=("errors",), estimate=own), window=window))
    for n in range(gates):
        story.wait(later / 4)
        story.tell(facts.PhaseChanged(("ready", "deployment")[n], ("deployment", "cutover")[n], "ana"))
    now = Stamp(story.at + later, START + story.at + later)
    made = time_plan(story.session, now)
    assert made.used_s is not None
    assert made.left_s is not None
    assert made.used_s + made.left_s == pytest.approx(lasts)
    needs = own or sum(estimates)
    assert (made.rollback_s or 0.0) == pytest.approx(needs)
    assert (made.latest_rollback is None) == (made.rollback_s is None)
    if made.latest_rollback is not None:
        assert made.latest_rollback + needs == pytest.approx(window.end)
        left = made.rollback_left_s(now)
        assert left is not None
        assert left <= made.left_s
        late = rollback_deadline(made, now).startswith("no time")
        assert late == (left < 0)
    opened = [phase.actual_s for phase in made.phases if phase.actual_s is not None]
    assert len(opened) == gates + 1
    assert sum(opened) == pytest.approx(made.elapsed_s), "the phases fill the session without a gap"
    assert fold(story.events) == story.session
