"""Marks: reasons, expiry, evidence, and taking back as a fact of its own."""

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.marks import LONGEST_OVERRIDE_S
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.states import SATISFIED, STANDING, Mark, State
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.state.evolve import fold
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, plan, sensed

ERRORS, AUDIT, ACCESS = "ready/s/errors", "ready/s/audit", "ready/s/access"
ITEMS: list[Item] = [sensed("errors"), manual("audit"), attested("access")]


def mark(item: str, kind: Mark, by: str = "ana", reason: str = "because", for_s: float = 60.0) -> commands.MarkItem:
    return commands.MarkItem(by, item, reason, kind, for_s)


@pytest.mark.parametrize("kind", STANDING)
@pytest.mark.parametrize("item", [ERRORS, AUDIT, ACCESS])
def test_marks_that_stand_need_a_reason_and_show_for_what_they_are(item: str, kind: Mark) -> None:
    story = Story(plan(*ITEMS))
    assert "reason is required" in story.refusal(mark(item, kind, reason=" \t\n"))
    (marked,) = story.do(mark(item, kind))
    assert isinstance(marked, facts.ItemMarked)
    assert (marked.reason, marked.by, marked.mark) == ("because", "ana", kind)
    assert story.state(item) is STANDING[kind]
    assert "to undo that mark first" in story.refusal(mark(item, Mark.OVERRIDE, "bo"))
    assert fold(story.events) == story.session


@pytest.mark.parametrize("kind", STANDING)
@pytest.mark.parametrize("item", [ERRORS, AUDIT, ACCESS])
@pytest.mark.parametrize("answer", [GOOD, WARNS, BAD, GONE, None])
def test_undo_is_a_fact_and_the_signal_decides_again(item: str, kind: Mark, answer: float | Fault | None) -> None:
    story = Story(plan(*ITEMS))
    story.do(mark(item, kind))
    if answer is not None and item != AUDIT:
        story.see(item.rsplit("/", 1)[-1], answer)
    (undone,) = story.do(commands.UndoMark("ana"))
    assert isinstance(undone, facts.ItemMarked)
    assert (undone.mark, undone.undoes, undone.by) == (Mark.UNDO, kind, "ana")
    after = story.state(item)
    assert (after in SATISFIED) == (item == ERRORS and answer == GOOD)
    marks = [event.body.mark for event in story.events if isinstance(event.body, facts.ItemMarked)]
    assert marks == [kind, Mark.UNDO], "the mark that was taken back is still told"
    assert "no mark to undo" in story.refusal(commands.UndoMark("ana"))


def test_a_block_keeps_its_gate_closed_and_the_others_open_it() -> None:
    for kind, state in STANDING.items():
        story = Story(plan(sensed("errors")))
        story.do(mark(ERRORS, kind))
        assert gate(story.session).open is (state is not State.BLOCKED)


def test_an_override_runs_out_by_itself_and_is_counted_for_ever() -> None:
    story = Story(plan(*ITEMS))
    story.see("errors", BAD)
    (marked,) = story.do(mark(ERRORS, Mark.OVERRIDE, for_s=10.0))
    assert isinstance(marked, facts.ItemMarked)
    made = story.events[-1].stamp.at
    assert marked.expires == made + 10.0
    story.see("errors", *[BAD] * 9)
    assert story.state(ERRORS) is State.OVERRIDDEN
    story.see("errors", BAD)
    assert story.state(ERRORS) is State.BAD
    expired = [event for event in story.events if isinstance(event.body, facts.MarkExpired)]
    assert [(event.body, event.stamp.at) for event in expired] == [(facts.MarkExpired(ERRORS, "ana"), made + 10.0)]
    assert story.session.items[ERRORS].overrides == 1
    assert "no mark to undo" in story.refusal(commands.UndoMark("ana"))
    story.do(mark(ERRORS, Mark.OVERRIDE, "bo"))
    story.do(commands.UndoMark("bo"))
    assert story.session.items[ERRORS].overrides == 2


def test_an_expired_override_gives_a_tick_its_due() -> None:
    story = Story(plan(*ITEMS))
    story.do(commands.MarkItem("ana", AUDIT))
    story.do(mark(AUDIT, Mark.OVERRIDE, for_s=5.0))
    assert story.state(AUDIT) is State.OVERRIDDEN
    story.wait(5)
    story.settle()
    assert story.state(AUDIT) is State.DONE


@pytest.mark.parametrize("for_s", [0.0, -1.0, float("nan")])
def test_an_override_counts_for_a_time(for_s: float) -> None:
    story = Story(plan(*ITEMS))
    assert "needs a duration" in story.refusal(mark(ERRORS, Mark.OVERRIDE, for_s=for_s))


@pytest.mark.parametrize("for_s", [1e9, float("inf")])
def test_no_override_lasts_longer_than_a_day(for_s: float) -> None:
    story = Story(plan(*ITEMS))
    (marked,) = story.do(mark(ERRORS, Mark.OVERRIDE, for_s=for_s))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.expires == LONGEST_OVERRIDE_S


def test_an_override_expires_after_a_crash_as_well() -> None:
    story = Story(plan(*ITEMS))
    story.do(mark(ERRORS, Mark.OVERRIDE, for_s=60.0))
    story.wait(600)
    story.tell(facts.Resumed("ana", "here", 600.0))
    story.settle()
    assert story.state(ERRORS) is State.OPEN


def test_a_claim_names_the_person_and_changes_no_state() -> None:
    story = Story(plan(*ITEMS))
    story.see("errors", GOOD)
    for item in (ERRORS, AUDIT):
        before = story.session.items[item].since
        story.do(commands.MarkItem("ana", item, mark=Mark.CLAIM))
        assert "claimed by ana" in story.refusal(commands.MarkItem("bo", item, mark=Mark.CLAIM))
        assert story.session.items[item].since == before
    assert (story.state(ERRORS), story.state(AUDIT)) == (State.GOOD, State.OPEN)
    story.do(commands.UndoMark("ana"))
    assert (story.session.items[AUDIT].claimed_by, story.session.items[ERRORS].claimed_by) == ("", "ana")


def test_undo_goes_back_mark_by_mark() -> None:
    story = Story(plan(manual("pay", approvals=2), manual("audit")))
    pay = "ready/s/pay"
    story.do(commands.MarkItem("ana", pay, mark=Mark.CLAIM))
    story.do(commands.MarkItem("ana", pay))
    story.do(commands.MarkItem("bo", pay, mark=Mark.VERIFY))
    story.do(commands.MarkItem("ana", AUDIT))
    undone = [story.do(commands.UndoMark(by))[0] for by in ("bo", "ana", "ana", "ana", "ana")]
    assert [getattr(body, "undoes", None) for body in undone] == [
        *(Mark.VERIFY, Mark.DONE, Mark.DONE, Mark.CLAIM),
        None,
    ]
    assert (story.state("pay"), story.state("audit")) == (State.OPEN, State.OPEN)


def test_taking_a_tick_back_takes_its_approvals_with_it() -> None:
    story = Story(plan(manual("pay", approvals=2)))
    story.do(commands.MarkItem("ana", "ready/s/pay"))
    story.do(commands.MarkItem("bo", "ready/s/pay", mark=Mark.VERIFY))
    story.do(commands.UndoMark("ana"))
    assert story.state("pay") is State.OPEN
    story.do(commands.MarkItem("bo", "ready/s/pay"))
    assert story.state("pay") is State.WAITING


def test_approvals_of_a_tick_are_none_of_an_override() -> None:
    story = Story(plan(manual("pay", approvals=2)))
    story.do(commands.MarkItem("ana", "ready/s/pay"))
    story.do(commands.MarkItem("bo", "ready/s/pay", mark=Mark.VERIFY))
    story.do(mark("ready/s/pay", Mark.OVERRIDE))
    assert story.state("pay") is State.WAITING


def test_an_ordered_section_continues_past_items_that_satisfy_its_gate() -> None:
    story = Story(plan(sensed("a"), manual("b"), manual("c", required=False), ordered=True))
    assert "1 a comes first" in story.refusal(commands.MarkItem("ana", "ready/s/b"))
    story.do(mark("ready/s/a", Mark.DEFER))
    assert "1 b comes first" in story.refusal(commands.MarkItem("ana", "ready/s/c"))
    story.do(commands.MarkItem("ana", "ready/s/b"))
    story.do(commands.MarkItem("ana", "ready/s/c"))
    assert story.state("c") is State.DONE


def test_every_mark_keeps_the_result_of_its_signal_at_that_moment() -> None:
    story = Story(plan(*ITEMS))
    story.see("errors", Reading(9.0, sampled=1234.5))
    (marked,) = story.do(mark(ERRORS, Mark.OVERRIDE))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.evidence == facts.Evidence(
        "errors", "prometheus.query errors", "value < 1.0", "fail", "9 (must be < 5)", 1234.5
    )
    story.see("errors", GONE)
    story.do(commands.UndoMark("ana"))
    (marked,) = story.do(mark(ERRORS, Mark.BLOCK))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.evidence is not None
    assert marked.evidence.level == "unknown"
    (marked,) = story.do(commands.MarkItem("ana", AUDIT))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.evidence is None


def test_foreign_text_in_a_reason_is_made_harmless() -> None:
    story = Story(plan(*ITEMS))
    (marked,) = story.do(mark(ERRORS, Mark.BLOCK, reason="\x1b[31m two\nlines "))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.reason == "\u241b[31m two lines"


HOSTILE: list[facts.AnyBody] = [
    facts.ItemMarked(ERRORS, Mark.UNDO, "eve"),
    *(facts.ItemMarked(ERRORS, Mark.UNDO, "eve", undoes=kind) for kind in Mark),
    facts.MarkExpired(ERRORS, "eve"),
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=repr)
@pytest.mark.parametrize("kind", [Mark.BLOCK, None])
def test_only_a_mark_in_force_can_be_undone_by_a_journal(hostile: facts.AnyBody, kind: Mark | None) -> None:
    story = Story(plan(*ITEMS))
    if kind:
        story.do(mark(ERRORS, kind))
    was = story.state(ERRORS)
    story.tell(hostile)
    story.settle()
    undone = isinstance(hostile, facts.ItemMarked) and hostile.undoes is Mark.BLOCK
    assert story.state(ERRORS) is (State.OPEN if undone else was)


def test_facts_about_things_that_are_not_there_change_nothing() -> None:
    story = Story(plan(*ITEMS))
    standing = {id_: state.state for id_, state in story.session.items.items()}
    story.tell(
        *(facts.ItemMarked("nowhere", kind, "eve", undoes=Mark.DONE) for kind in Mark),
        facts.MarkExpired("nowhere", "eve"),
        facts.ItemChanged("nowhere", State.OPEN, State.GOOD, ""),
        facts.Noted("x", "eve", "nowhere"),
        facts.PhaseChanged("ready", "nowhere", "eve"),
        facts.PhaseChanged("cutover", "ready", "eve"),
        facts.Voted("nobody", True, "eve"),
        facts.BaselineRecorded(0.0, 1.0, {"nothing": 1.0}, "eve"),
        facts.Held(False, "eve"),
        facts.Opened("other", "0", "eve", "there", facts.SessionMode.DEMO, plan()),
    )
    story.settle()
    assert {id_: state.state for id_, state in story.session.items.items()} == standing
    assert (story.session.phase, story.session.opened_at) == (0, [story.events[0].stamp])
    assert fold(story.events) == story.session


@pytest.mark.parametrize("again", ["Ana", " ana", "ANA\t", "a\u200bna"])
def test_another_spelling_is_no_other_person(again: str) -> None:
    story = Story(plan(manual("pay", approvals=2)))
    story.do(mark("ready/s/pay", Mark.DONE))
    assert "another person" in story.refusal(mark("ready/s/pay", Mark.VERIFY, again))
    assert story.state("pay") is State.WAITING
    story.tell(facts.ItemMarked("ready/s/pay", Mark.VERIFY, again))
    assert story.state("pay") is State.WAITING, "not even where a journal says so"
    story.do(mark("ready/s/pay", Mark.VERIFY, "Bo"))
    assert story.state("pay") is State.DONE
    story.do(commands.UndoMark(" bo "))
    assert story.state("pay") is State.WAITING


def test_where_people_are_named_only_they_are_the_second_person() -> None:
    people = (Person("Ana", "conductor"), Person("Bo", "database"))
    story = Story(plan(manual("pay", approvals=2), people=people))
    story.do(mark("ready/s/pay", Mark.DONE))
    because = story.refusal(mark("ready/s/pay", Mark.VERIFY, "eve"))
    assert because == "unknown person 'eve'; known: Ana, Bo"
    (verified,) = story.do(mark("ready/s/pay", Mark.VERIFY, " bo"))
    assert isinstance(verified, facts.ItemMarked)
    assert (verified.by, story.state("pay")) == ("Bo", State.DONE)


@pytest.mark.parametrize("text", [AUDIT, "audit", "2"])
def test_an_item_is_known_by_its_id_its_number_and_the_unique_last_part_of_its_id(text: str) -> None:
    story = Story(plan(sensed("errors"), msgspec.structs.replace(manual("audit"), number=2), attested("access")))
    (marked,) = story.do(mark(text, Mark.BLOCK))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.item == AUDIT
    (noted,) = story.do(commands.AddNote("ana", "checked", text))
    assert isinstance(noted, facts.Noted)
    assert noted.item == AUDIT


def test_a_text_that_two_items_share_names_neither_and_the_refusal_lists_them() -> None:
    both = msgspec.structs.replace(manual("audit"), id="ready/t/audit")
    story = Story(plan(manual("audit"), both))
    assert "unknown item 'audit'; known: ready/s/audit, ready/t/audit" in story.refusal(mark("audit", Mark.BLOCK))
