"""The work plan: what can start now, who is late or idle, and the critical path."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Hold, Item
from mmcockpit.core.model.cockpit import Cockpit, Window
from mmcockpit.core.model.next_action import NextKind, Viewpoint
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.item_status import item_text
from mmcockpit.core.rules.passing import item_passing
from mmcockpit.core.rules.plans.time_plan import time_plan
from mmcockpit.core.rules.plans.work_plan import WorkPlan, work_plan
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.keys import NO_KEYS
from mmcockpit.core.words.passing import passing_text
from mmcockpit.core.words.plans.time_plan import path_text
from mmcockpit.core.words.plans.work_plan import late_text, person_text, planned_text, start_text
from tests.core.next.proposals import given as next_given
from tests.core.rules.work import MINUTE, night, numbered
from tests.core.sessions import BAD, GOOD, START, Story, attested, manual, plan, sensed


def planned(story: Story) -> WorkPlan:
    return work_plan(story.session, story.now)


def tick(story: Story, item: str, by: str = "Ana") -> None:
    (body,) = story.do(commands.MarkItem(by, item, "", Mark.DONE))
    assert isinstance(body, facts.ItemMarked), body


def titles(works: tuple[object, ...]) -> list[str]:
    return [work.title for work in works]  # type: ignore[attr-defined]


def test_what_needs_nothing_can_start_and_who_waits_is_idle() -> None:
    story = Story(night())
    made = planned(story)
    assert titles(made.can_start) == ["copy", "inform"]
    assert [one.person for one in made.idle] == ["Bo", "Cy"]
    assert [person_text(one) for one in made.people] == [
        "1 copy, 1 more",
        "idle: 3 dns waits for 1 copy",
        "idle: 4 test waits for 3 dns",
    ]


def test_a_tick_is_refused_before_the_items_that_it_needs() -> None:
    story = Story(night())
    (body,) = story.do(commands.MarkItem("Bo", "ready/s/dns", "", Mark.DONE))
    assert isinstance(body, facts.Refused)
    assert body.refusal is not None
    assert body.refusal.names == ("1 copy",)
    tick(story, "ready/s/copy")
    tick(story, "ready/s/dns", "Bo")


def test_an_override_of_what_is_needed_lets_the_next_item_start() -> None:
    story = Story(night())
    story.do(commands.MarkItem("Ana", "ready/s/copy", "done elsewhere", Mark.OVERRIDE, 600.0))
    assert titles(planned(story).can_start) == ["inform", "dns"]


def test_a_person_does_one_item_after_the_other_so_one_delay_is_late_once() -> None:
    story = Story(night())
    story.wait(31 * MINUTE)
    assert [late_text(one) for one in planned(story).late] == ["1 copy: Ana, 1m late"]
    tick(story, "ready/s/copy")
    inform = next(one for one in planned(story).can_start if one.title == "inform")
    assert not inform.late_s
    assert start_text(inform, story.now) == "Ana, due in 4m"
    story.wait(6 * MINUTE)
    assert [late_text(one) for one in planned(story).late] == ["2 inform: Ana, 1m late"]


def test_an_item_is_due_from_when_it_could_start() -> None:
    story = Story(night())
    story.wait(40 * MINUTE)
    tick(story, "ready/s/copy")
    story.wait(9 * MINUTE)
    assert "3 dns" not in " ".join(late_text(one) for one in planned(story).late)
    story.wait(2 * MINUTE)
    assert "3 dns: Bo, 1m" in " ".join(late_text(one) for one in planned(story).late)


def test_who_was_late_stays_known_once_the_item_is_done() -> None:
    story = Story(night())
    story.wait(45 * MINUTE)
    tick(story, "ready/s/copy")
    story.wait(MINUTE)
    copy = planned(story).works[0]
    assert copy.done
    assert copy.late_s == pytest.approx(15 * MINUTE, abs=2)
    assert copy.took_s == pytest.approx(45 * MINUTE, abs=2)
    assert not any(one.title == "copy" for one in planned(story).late)


def test_the_critical_path_is_the_longest_chain_through_all_phases() -> None:
    story = Story(night())
    made = planned(story)
    assert made.path_s == 60 * MINUTE
    assert made.path == ("ready/s/copy", "ready/s/dns", "deployment/s/test")
    assert path_text(time_plan(story.session, story.now)) == "critical path 1h"
    story.wait(10 * MINUTE)
    assert planned(story).path_s == 50 * MINUTE
    story.wait(40 * MINUTE)
    assert planned(story).path_s == 30 * MINUTE


def test_a_critical_path_that_ends_after_the_window_is_too_long_by_the_difference() -> None:
    window = Window(START, START + 50 * MINUTE)
    story = Story(msgspec.structs.replace(night(), window=window))
    assert path_text(time_plan(story.session, story.now)) == "critical path 1h, 10m too long"


SETTLES = Hold(5 * MINUTE, 5 * MINUTE)
DEPLOY = attested("errors", assignee="Ana", estimate=10 * MINUTE, hold=SETTLES)
DNS = manual("dns", assignee="Bo", estimate=2 * MINUTE, needs=("ready/s/errors",))


def test_the_critical_path_has_settle_times_and_what_has_settled_shortens_it() -> None:
    story = Story(plan(DEPLOY, DNS))
    assert planned(story).path_s == 17 * MINUTE
    assert planned(story).path == ("ready/s/errors", "ready/s/dns")
    story.wait(10 * MINUTE)
    assert planned(story).path_s == 7 * MINUTE, "the work is done, its signal does not pass yet"
    story.see("errors", *[GOOD] * 13, every=10.0)
    assert planned(story).path_s == pytest.approx(5 * MINUTE, abs=1), "two of five minutes have settled"
    story.see("errors", BAD)
    assert planned(story).path_s == 7 * MINUTE, "it has to settle again"


def test_a_sensed_item_that_settles_takes_only_the_rest_of_its_settle_time() -> None:
    item = sensed("errors", assignee="Ana", estimate=10 * MINUTE, hold=SETTLES)
    story = Story(plan(item))
    assert planned(story).path_s == 15 * MINUTE
    story.see("errors", *[GOOD] * 7, every=10.0)
    assert planned(story).path_s == 4 * MINUTE


def test_a_settle_time_without_an_estimate_counts_where_another_item_has_one() -> None:
    story = Story(plan(sensed("errors", hold=SETTLES), manual("dns", assignee="Bo", estimate=60.0)))
    assert planned(story).path_s == 5 * MINUTE
    unknown = sensed("errors", hold=Hold(rule="value.nothing"))
    assert planned(Story(plan(unknown, manual("dns", assignee="Bo", estimate=60.0)))).path_s == 60.0
    assert planned(Story(plan(sensed("errors", hold=SETTLES), manual("dns", assignee="Bo")))).path_s is None


def test_what_is_planned_to_take_longer_than_the_window_is_not_part_of_the_path() -> None:
    day = Hold(86_400.0, 86_400.0)
    cockpit = plan(DEPLOY, DNS, sensed("rate", "cutover", hold=day), window=Window(START, START + 240 * MINUTE))
    assert path_text(time_plan(Story(cockpit).session, Story(cockpit).now)) == "critical path 17m"
    ready, deployment, cutover = cockpit.checklist.phases
    phases = (ready, deployment, msgspec.structs.replace(cutover, estimate=86_400.0))
    checklist = msgspec.structs.replace(cockpit.checklist, phases=phases)
    assert planned(Story(msgspec.structs.replace(cockpit, checklist=checklist))).path_s == 17 * MINUTE
    assert planned(Story(msgspec.structs.replace(cockpit, window=None))).path_s == 17 * MINUTE + 86_400.0


def test_an_item_that_settles_is_not_late_and_its_assignee_is_free() -> None:
    story = Story(plan(DEPLOY, manual("inform", assignee="Ana", estimate=2 * MINUTE)))
    story.wait(9 * MINUTE)
    story.see("errors", *[GOOD] * 13, every=10.0)
    made = planned(story)
    assert not made.late
    due = {work.title: work.due for work in made.works}
    assert (due["errors"], due["inform"]) == (15 * MINUTE, 12 * MINUTE)
    assert planned_text(made.works[0]) == "10m + 5m to settle"
    story.wait(5 * MINUTE)
    assert [late_text(work) for work in planned(story).late] == ["1 inform: Ana, 4m late", "1 errors: Ana, 1m late"]


def test_a_phase_without_estimates_of_items_takes_as_long_as_it_is_planned() -> None:
    cockpit = night()
    ready, deployment, cutover = cockpit.checklist.phases
    phases = (ready, deployment, msgspec.structs.replace(cutover, estimate=15 * MINUTE))
    story = Story(msgspec.structs.replace(cockpit, checklist=msgspec.structs.replace(cockpit.checklist, phases=phases)))
    assert planned(story).path_s == 75 * MINUTE


def test_optional_items_are_on_the_critical_path_only_where_others_need_them() -> None:
    items = (manual("a", estimate=60.0, required=False), manual("b", assignee="Ana", estimate=10.0))
    assert planned(Story(plan(*items))).path_s == 10.0
    needs = (items[0], manual("b", assignee="Ana", estimate=10.0, needs=("ready/s/a",)))
    assert planned(Story(plan(*needs))).path_s == 70.0


def test_a_checklist_without_assignees_and_needs_has_no_work_plan() -> None:
    story = Story(plan(manual("a", estimate=600.0), sensed("errors")))
    assert planned(story) == WorkPlan()
    assert time_plan(story.session, story.now).path_s is None


def test_a_blocked_item_and_one_that_waits_for_a_second_person_cannot_start() -> None:
    story = Story(plan(manual("a", assignee="Ana"), manual("b", assignee="Bo", approvals=2)))
    story.do(commands.MarkItem("Ana", "ready/s/a", "vendor", Mark.BLOCK))
    tick(story, "ready/s/b", "Bo")
    assert not planned(story).can_start


def test_an_item_shows_what_it_needs() -> None:
    story = Story(night())
    dns = story.session.items["ready/s/dns"]
    assert item_text(story.session, dns, story.now) == "needs 1 first"
    assert passing_text(item_passing(story.session, dns), NO_KEYS).startswith("1 copy must be satisfied, then ")
    tick(story, "ready/s/copy")
    assert item_text(story.session, dns, story.now) == "manual"


@st.composite
def checklists(draw: st.DrawFn) -> Cockpit:
    """Return items in three phases that need earlier ones, with estimates and assignees."""
    items: list[Item] = []
    for phase in ("ready", "deployment", "cutover"):
        for n in range(draw(st.integers(0, 3))):
            needs = draw(st.lists(st.sampled_from(items), max_size=2, unique_by=lambda one: one.id)) if items else []
            items.append(
                manual(
                    f"{phase}{n}",
                    phase,
                    estimate=float(draw(st.sampled_from([0, 5, 10, 30]))),
                    assignee=draw(st.sampled_from(["", "Ana", "Bo"])),
                    needs=tuple(one.id for one in needs),
                )
            )
    items.append(manual("last", "cutover", assignee="Cy", needs=tuple(one.id for one in items[:1])))
    return numbered(plan(*items))


def chain(item: str, items: dict[str, Item]) -> float:
    """Return the longest chain that ends with an item, within its phase."""
    phase = item.split("/", maxsplit=1)[0]
    earlier = [chain(need, items) for need in items[item].needs if need.startswith(f"{phase}/")]
    return items[item].estimate + max(earlier, default=0.0)


@given(checklists())
def test_the_path_at_the_start_is_the_longest_chain_of_each_phase(cockpit: Cockpit) -> None:
    story = Story(cockpit)
    items = {item.id: item for item in cockpit.checklist.items}
    expected = sum(
        max((chain(item.id, items) for item in phase.items), default=0.0) for phase in cockpit.checklist.phases
    )
    made = planned(story)
    assert (made.path_s or 0.0) == expected
    assert sum(items[one].estimate for one in made.path) == expected
    same_phase = [(one, two) for one, two in pairwise(made.path) if one.split("/")[0] == two.split("/")[0]]
    assert all(one in items[two].needs for one, two in same_phase)


@given(checklists(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.booleans()), max_size=12))
def test_at_any_moment_the_plan_is_what_needs_and_phases_allow(
    cockpit: Cockpit, acts: list[tuple[int, int, bool]]
) -> None:
    story, done, open_ = Story(cockpit), set[str](), 0
    items = list(cockpit.checklist.items)
    phase = {item.id: n for n, one in enumerate(cockpit.checklist.phases) for item in one.items}
    for seconds, which, go in acts:
        before = planned(story)
        story.wait(seconds)
        assert (planned(story).path_s or 0.0) <= (before.path_s or 0.0)
        item = items[which % len(items)]
        if go and open_ < 2:
            story.do(commands.OpenPhase("Ana", cockpit.checklist.phases[open_].id, "x", override=True))
            open_ = story.session.phase
        else:
            (body,) = story.do(commands.MarkItem("Ana", item.id, "", Mark.DONE))
            allowed = set(item.needs) <= done and item.id not in done
            assert isinstance(body, facts.ItemMarked) == allowed, body
            done |= {item.id} if allowed else set()
        made = planned(story)
        startable = {
            one.id for one in items if one.id not in done and phase[one.id] <= open_ and set(one.needs) <= done
        }
        assert {one.item for one in made.can_start} == startable
        assert {one.item for one in made.late} <= startable
        late = [one.assignee for one in made.late if one.assignee]
        assert len(late) == len(set(late))
        for person in made.people:
            assert person.idle == (bool(person.later) and not any(one.item in startable for one in person.now))
            assert len(person.now) + len(person.later) + person.done == sum(
                one.assignee == person.person for one in items
            )
    assert work_plan(fold(story.events), story.now) == planned(story)


def test_next_offers_the_operator_s_own_work_before_that_of_others() -> None:
    story = Story(night())
    mine = next_given(story, Viewpoint(operator="Ana"))
    assert (mine.kind, mine.title) == (NextKind.TICK, "copy")
    theirs = next_given(story, Viewpoint(operator="Bo"))
    assert theirs.kind is NextKind.ROLE
    assert theirs.people == ("Ana",)
