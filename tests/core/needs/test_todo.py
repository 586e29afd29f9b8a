"""The to-do list: every item of the open and earlier phases is in exactly one group, the most urgent first."""

import msgspec
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Hold, Section
from mmcockpit.core.model.cockpit import Cockpit, Person
from mmcockpit.core.model.needs import Need, TodoGroup
from mmcockpit.core.model.reading import Answer, Fault, FaultKind
from mmcockpit.core.model.states import SATISFIED, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.rules.todo import todo
from tests.core.generated import NAMES, PEOPLE, answers, given, item_ids, night
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, plan, sensed


def group(story: Story, need: Need, operator: str = "") -> TodoGroup:
    """Return one group of the to-do list."""
    return next(one for one in todo(story.session, operator) if one.need is need)


def titles(story: Story, need: Need, operator: str = "") -> list[str]:
    """Return the titles of the items of one group."""
    return [item.rsplit("/", 1)[-1] for item in group(story, need, operator).items]


def test_there_are_always_six_groups_in_the_order_of_their_urgency() -> None:
    assert [one.need for one in todo(Story(plan()).session)] == [
        Need.FAILING,
        Need.YOU,
        Need.NO_DATA,
        Need.SETTLING,
        Need.DONE,
        Need.NOT_APPLICABLE,
    ]


def test_each_state_of_an_item_has_its_group() -> None:
    names = ("bad", "good", "gone", "late")
    items = [sensed(name) for name in names]
    more = (attested("passes"), sensed("settles", hold=Hold(60.0, 60.0)), manual("done"), manual("open"))
    marks = {Mark.BLOCK: "blocked", Mark.OVERRIDE: "overridden", Mark.DEFER: "deferred", Mark.NOT_APPLICABLE: "n-a"}
    story = Story(plan(*items, *more, *map(manual, marks.values()), manual("later", "cutover")))
    answered: dict[str, Answer | float] = {"bad": BAD, "good": GOOD, "gone": GONE, "passes": GOOD, "settles": GOOD}
    for name, answer in answered.items():
        story.see(name, answer)
    story.do(commands.MarkItem("ana", "ready/s/done"))
    for mark, title in marks.items():
        story.do(commands.MarkItem("ana", f"ready/s/{title}", "because", mark, 600.0))
    assert titles(story, Need.FAILING) == ["bad", "blocked"]
    assert titles(story, Need.YOU) == ["passes", "open"]
    assert titles(story, Need.NO_DATA) == ["gone", "late"]
    assert titles(story, Need.SETTLING) == ["settles"]
    assert titles(story, Need.DONE) == ["good", "done", "overridden", "deferred"]
    assert titles(story, Need.NOT_APPLICABLE) == ["n-a"]


def test_what_was_satisfied_before_is_the_first_of_what_fails() -> None:
    story = Story(plan(sensed("never"), sensed("before"), sensed("optional", required=False)))
    story.see("optional", BAD)
    story.see("never", BAD)
    story.see("before", GOOD, BAD)
    assert titles(story, Need.FAILING) == ["before", "never", "optional"]


def test_an_approval_comes_before_a_tick_and_what_is_claimed_by_another_person_last() -> None:
    told = plan(manual("bo's"), manual("free"), manual("second", approvals=2), manual("nice", required=False))
    story = Story(msgspec.structs.replace(told, people=(Person("ana"), Person("bo"))))
    story.do(commands.MarkItem("bo", "ready/s/bo's", mark=Mark.CLAIM))
    story.do(commands.MarkItem("ana", "ready/s/second"))
    assert titles(story, Need.YOU, "ana") == ["second", "free", "bo's", "nice"]
    assert titles(story, Need.YOU, "bo") == ["second", "bo's", "free", "nice"]


def test_only_the_next_item_of_an_ordered_section_comes_before_the_others() -> None:
    def ordered(told: Cockpit) -> Cockpit:
        (ready, *rest) = told.checklist.phases
        parts = (Section("o", "O", ready.sections[0].items[:2], True), Section("s", "S", ready.sections[0].items[2:]))
        phases = (msgspec.structs.replace(ready, sections=parts), *rest)
        return msgspec.structs.replace(told, checklist=msgspec.structs.replace(told.checklist, phases=phases))

    story = Story(ordered(plan(manual("first"), manual("second"), manual("free"))))
    assert titles(story, Need.YOU) == ["first", "free", "second"]


def test_the_items_for_which_only_a_tick_is_missing_are_listed_apart() -> None:
    story = Story(plan(attested("passes"), manual("open"), attested("warns", warning_accepted=True)))
    story.see("passes", GOOD)
    assert group(story, Need.YOU).ticks == ("ready/s/passes", "ready/s/open")
    story.see("warns", WARNS)
    assert group(story, Need.YOU).ticks == ("ready/s/passes", "ready/s/open")
    assert titles(story, Need.YOU) == ["passes", "open", "warns"]


def test_ticks_of_other_people_are_listed_apart_from_the_operators_and_after_them() -> None:
    told = plan(
        manual("bo's", assignee="bo"), manual("dba's", role="dba"), manual("mine", assignee="Ana"), manual("any")
    )
    people = (Person("ana"), Person("bo"), Person("cy", "dba"), Person("di", "dba"))
    story = Story(msgspec.structs.replace(told, people=people))
    mine = group(story, Need.YOU, "ana")
    assert titles(story, Need.YOU, "ana") == ["mine", "any", "bo's", "dba's"]
    assert mine.ticks == ("ready/s/mine", "ready/s/any")
    assert mine.others == {("bo",): ("ready/s/bo's",), ("cy", "di"): ("ready/s/dba's",)}
    assert group(story, Need.YOU, "di").ticks == ("ready/s/dba's", "ready/s/any")
    assert group(story, Need.YOU).others == {}


def test_a_warning_satisfies_nothing_and_needs_a_person() -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", WARNS)
    assert titles(story, Need.YOU) == ["errors"]


def test_the_item_that_settles_first_is_the_first() -> None:
    story = Story(plan(sensed("slow", hold=Hold(90.0, 90.0)), sensed("quick", hold=Hold(30.0, 30.0))))
    for name in ("slow", "quick"):
        story.see(name, GOOD, GOOD)
    assert titles(story, Need.SETTLING) == ["quick", "slow"]


def test_no_data_is_in_the_order_of_its_causes() -> None:
    story = Story(plan(sensed("late"), sensed("gone")))
    story.see("gone", Fault(FaultKind.TIMEOUT, "3s"))
    assert titles(story, Need.NO_DATA) == ["gone", "late"]


def test_a_forced_phase_leaves_its_open_items_last_until_something_happens_to_them() -> None:
    story = Story(plan(manual("audit"), sensed("errors"), sensed("late"), manual("deploy", "deployment")))
    story.see("errors", GOOD)
    story.wait(1)
    story.go("agreed with bo")
    needs = group(story, Need.YOU)
    assert (needs.current, needs.left) == (("deployment/s/deploy",), ("ready/s/audit",))
    assert group(story, Need.NO_DATA).left == ("ready/s/late",)
    story.see("errors", GONE)
    assert group(story, Need.NO_DATA).current == ("ready/s/errors",), "it lost its data only now"
    story.see("late", BAD)
    assert titles(story, Need.FAILING) == ["late"], "what fails is never left behind"


events = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.sampled_from(NAMES), answers),
        st.tuples(st.just("mark"), item_ids, st.sampled_from([mark for mark in Mark if mark is not Mark.UNDO])),
        st.tuples(st.just("wait"), st.just(""), st.sampled_from([1.0, 5.0, 30.0, 700.0])),
        st.tuples(st.just("go"), st.just(""), st.just("agreed")),
        st.tuples(st.just("undo"), st.sampled_from(PEOPLE), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@generated(happened=events)
def test_every_item_so_far_is_in_exactly_one_group_and_no_data_is_never_done(
    happened: list[tuple[str, str, object]],
) -> None:
    story = Story(night())
    for kind, name, value in happened:
        match kind, value:
            case "answer", _:
                story.see(name, given(value))
            case "mark", Mark():
                story.do(commands.MarkItem("ana", name, "because", value, 600.0))
            case "wait", float():
                story.wait(value)
                story.settle()
            case "undo", _:
                story.do(commands.UndoMark(name))
            case "go", _ if story.session.phase < 2:
                story.go("agreed")
    _check(story)


def _check(story: Story) -> None:
    session, groups = story.session, todo(story.session)
    phases = session.cockpit.checklist.phases[: session.phase + 1]
    ids = [item for one in groups for item in one.items]
    assert sorted(ids) == sorted(item.id for phase in phases for item in phase.items)
    by_need = {one.need: one.items for one in groups}
    for item in (*by_need[Need.DONE], *by_need[Need.NOT_APPLICABLE]):
        assert session.items[item].state in SATISFIED
        # Only a mark, or a gate that closed the question, covers a signal without data.
        signal = session.signal_of(session.items[item].item)
        unknown = signal is not None and signal.verdict.level is Level.UNKNOWN
        covered = session.items[item].standing or session.items[item].item.until_gate
        assert not unknown or covered, item
    assert all(session.items[item].state not in SATISFIED for item in by_need[Need.NO_DATA])
    for item, state in session.items.items():
        if state.state is State.UNKNOWN and session.phase_of(item) <= session.phase:
            assert item in by_need[Need.NO_DATA]
    caused = [item for one in no_data_groups(session) for item in one.items]
    assert sorted(caused) == sorted(by_need[Need.NO_DATA])
    signals = [name for one in no_data_groups(session) for name in one.signals]
    assert len(signals) == len(set(signals))
    assert {name for name, state in session.signals.items() if state.verdict.level is Level.UNKNOWN} == set(signals)
