"""Item states: every combination of what was, the signal, the marks, and whether the phase is open."""

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Hold, Item, Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.states import SATISFIED, STANDING, Mark, State
from mmcockpit.core.model.verdict import Basis, Level, Verdict
from mmcockpit.core.rules.judged_signals import warning_items
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.items import ItemState, next_state
from mmcockpit.core.state.signals import SignalState
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, number, plan, sensed

NOW = Stamp(10.0, 10.0)


def given(mode: Mode, was: State, mark: Mark | None, proven: bool) -> ItemState:
    item = Item("ready/s/x", 1, "x", mode=mode, signal="" if mode is Mode.MANUAL else "x")
    said = facts.ItemMarked(item.id, mark, "ana", "because") if mark else None
    standing = said if mark in STANDING else None
    return ItemState(item, was, proven=proven, standing=standing, marked=None if standing else said)


def says(level: Level | None, basis: Basis | None = None) -> SignalState:
    signal = SignalState(number("x"))
    if level is not None:
        signal.verdict, signal.asked_at = Verdict(level, level, basis=basis), NOW
    return signal


LEVELS = [*Level, None]


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("open_", [True, False])
@pytest.mark.parametrize("was", State)
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("mark", STANDING)
def test_a_standing_mark_decides_alone(mark: Mark, mode: Mode, was: State, open_: bool, held: bool) -> None:
    for level in LEVELS:
        assert next_state(given(mode, was, mark, False), says(level), open_, held) is STANDING[mark]


@pytest.mark.parametrize("was", State)
def test_a_manual_item_knows_only_its_tick(was: State) -> None:
    for open_ in (True, False):
        assert next_state(given(Mode.MANUAL, was, None, False), None, open_, False) is State.OPEN
        assert next_state(given(Mode.MANUAL, was, Mark.DONE, False), None, open_, False) is State.DONE


@pytest.mark.parametrize("was", State)
@pytest.mark.parametrize("mark", [Mark.DONE, None])
@pytest.mark.parametrize("mode", [Mode.SENSED, Mode.ATTESTED])
def test_before_its_phase_opens_or_its_signal_answers_an_item_is_open(
    mode: Mode, mark: Mark | None, was: State
) -> None:
    for level in LEVELS:
        assert next_state(given(mode, was, mark, True), says(level), False, True) is State.OPEN
    assert next_state(given(mode, was, mark, True), says(None), True, True) is State.OPEN


@pytest.mark.parametrize("was", State)
@pytest.mark.parametrize("mark", [Mark.DONE, None])
@pytest.mark.parametrize("mode", [Mode.SENSED, Mode.ATTESTED])
def test_in_an_open_phase_the_signal_decides(mode: Mode, mark: Mark | None, was: State) -> None:
    def after(level: Level, held: bool = True, proven: bool = False, basis: Basis | None = None) -> State:
        return next_state(given(mode, was, mark, proven), says(level, basis), True, held)

    assert after(Level.UNKNOWN) is State.UNKNOWN
    assert after(Level.FAIL) is State.BAD
    assert after(Level.FAIL, proven=True) is State.REGRESSED
    assert after(Level.PASS, held=False) is State.HOLDING
    done = State.GOOD if mode is Mode.SENSED else State.DONE if mark else State.OPEN
    assert after(Level.PASS) is done
    assert after(Level.PASS, held=False, basis=Basis.NOT_APPLICABLE) is State.NOT_APPLICABLE


@pytest.mark.parametrize("was", State)
@pytest.mark.parametrize("mark", [Mark.DONE, None])
def test_a_warning_keeps_what_was_good_and_makes_nothing_good(mark: Mark | None, was: State) -> None:
    after = next_state(given(Mode.SENSED, was, mark, False), says(Level.WARN), True, True)
    assert after in (was, State.OPEN)
    assert (after in SATISFIED) <= (was in SATISFIED)
    assert next_state(given(Mode.SENSED, State.GOOD, None, True), says(Level.WARN), True, True) is State.GOOD
    assert next_state(given(Mode.SENSED, State.REGRESSED, None, True), says(Level.WARN), True, True) is State.REGRESSED
    for broken in (State.BAD, State.UNKNOWN, State.HOLDING, State.NOT_APPLICABLE, State.OVERRIDDEN):
        assert next_state(given(Mode.SENSED, broken, None, False), says(Level.WARN), True, True) is State.OPEN


def test_an_attestation_that_was_taken_back_is_not_kept_by_a_warning() -> None:
    story = Story(plan(attested("access")))
    story.see("access", GOOD)
    story.do(commands.MarkItem("ana", "ready/s/access"))
    story.see("access", WARNS)
    assert story.state("access") is State.DONE
    story.do(commands.UndoMark("ana"))
    assert story.state("access") is State.OPEN


def test_a_signal_that_finds_nothing_to_check_makes_its_item_not_applicable_and_back() -> None:
    story = Story(plan(sensed("mesh"), signals=(number("mesh", applies="value >= 0.0"),)))
    story.see("mesh", -1.0)
    assert story.state("mesh") is State.NOT_APPLICABLE
    story.see("mesh", WARNS)
    assert story.state("mesh") is State.OPEN
    story.see("mesh", BAD)
    assert story.state("mesh") is State.BAD
    story.see("mesh", GONE)
    assert story.state("mesh") is State.UNKNOWN


def test_until_gate_judges_until_the_phase_is_closed_and_no_longer() -> None:
    story = Story(plan(sensed("backup", until_gate=True), sensed("lag")))
    story.see("backup", GOOD)
    story.see("lag", GOOD)
    story.go()
    story.see("backup", BAD)
    story.see("lag", BAD)
    assert story.state("backup") is State.GOOD
    assert story.state("lag") is State.REGRESSED


@pytest.mark.parametrize(("answer", "state"), [(BAD, State.BAD), (GONE, State.UNKNOWN), (WARNS, State.OPEN)])
def test_until_gate_does_not_freeze_what_was_not_good_at_the_gate(answer: float | Fault, state: State) -> None:
    story = Story(plan(sensed("backup", until_gate=True)))
    story.see("backup", answer)
    story.go("it is being made right now")
    assert story.state("backup") is state
    story.see("backup", GOOD)
    assert story.state("backup") is State.GOOD
    story.see("backup", BAD)
    assert story.state("backup") is State.GOOD


def test_two_people_tick_and_never_the_same_one_twice() -> None:
    story = Story(plan(manual("pay", approvals=2)))
    item = "ready/s/pay"
    assert "nothing to verify" in story.refusal(commands.MarkItem("bo", item, mark=Mark.VERIFY))
    story.do(commands.MarkItem("ana", item))
    assert story.state("pay") is State.WAITING
    assert "requires another person" in story.refusal(commands.MarkItem("ana", item, mark=Mark.VERIFY))
    assert "already done by" in story.refusal(commands.MarkItem("bo", item))
    (verified,) = story.do(commands.MarkItem("bo", item, mark=Mark.VERIFY, witnessed=True))
    assert isinstance(verified, facts.ItemMarked)
    assert verified.witnessed
    assert story.state("pay") is State.DONE
    assert "requires another person" in story.refusal(commands.MarkItem("bo", item, mark=Mark.VERIFY))


def test_three_people_are_three_and_a_journal_that_repeats_one_of_them_counts_two() -> None:
    story = Story(plan(manual("pay", approvals=3)))
    item = "ready/s/pay"
    story.do(commands.MarkItem("ana", item))
    story.tell(*[facts.ItemMarked(item, Mark.VERIFY, by) for by in ("bo", "bo", "ana")])
    assert story.state("pay") is State.WAITING
    story.do(commands.MarkItem("cy", item, mark=Mark.VERIFY))
    assert story.state("pay") is State.DONE


@pytest.mark.parametrize("mark", [Mark.OVERRIDE, Mark.NOT_APPLICABLE, Mark.DEFER])
def test_no_mark_gets_around_the_second_person(mark: Mark) -> None:
    story = Story(plan(sensed("pay", approvals=2)))
    story.do(commands.MarkItem("ana", "ready/s/pay", "no time", mark))
    assert story.state("pay") is State.WAITING
    story.do(commands.MarkItem("bo", "ready/s/pay", mark=Mark.VERIFY))
    assert story.state("pay") is STANDING[mark]


def test_blocking_needs_one_person_only() -> None:
    story = Story(plan(sensed("pay", approvals=2)))
    story.do(commands.MarkItem("ana", "ready/s/pay", "the bank is down", Mark.BLOCK))
    assert story.state("pay") is State.BLOCKED


def test_an_item_without_a_second_approval_refuses_a_second_person() -> None:
    story = Story(plan(manual("pay")))
    assert "does not require a second person" in story.refusal(commands.MarkItem("bo", "ready/s/pay", mark=Mark.VERIFY))


@pytest.mark.parametrize(
    ("answer", "state"), [(WARNS, State.WAITING), (BAD, State.BAD), (GONE, State.UNKNOWN), (GOOD, State.DONE)]
)
def test_a_second_person_alone_makes_no_attested_item_done(answer: float | Fault, state: State) -> None:
    story = Story(plan(attested("pay", approvals=2)))
    story.see("pay", GOOD)
    story.do(commands.MarkItem("ana", "ready/s/pay"))
    assert story.state("pay") is State.WAITING
    story.see("pay", answer)
    story.do(commands.MarkItem("bo", "ready/s/pay", mark=Mark.VERIFY))
    assert story.state("pay") is state


def test_a_required_evidence_is_asked_for_in_the_reason() -> None:
    story = Story(plan(manual("scan", evidence_required=True)))
    assert "evidence is required" in story.refusal(commands.MarkItem("ana", "ready/s/scan", " \n"))
    story.do(commands.MarkItem("ana", "ready/s/scan", "report 41"))
    assert story.state("scan") is State.DONE


def test_an_item_is_not_attested_before_its_phase_is_open() -> None:
    story = Story(plan(attested("access", "deployment")))
    story.see("access", GOOD)
    because = story.refusal(commands.MarkItem("ana", "deployment/s/access"))
    assert "before its phase opens" in because
    story.go()
    story.do(commands.MarkItem("ana", "deployment/s/access"))
    assert story.state("access") is State.DONE


@pytest.mark.parametrize("answer", [BAD, WARNS, GONE, Reading(None, defect="null")])
def test_an_item_is_not_attested_against_its_signal(answer: float | Fault | Reading) -> None:
    story = Story(plan(attested("access")))
    story.see("access", answer)
    assert "until access passes" in story.refusal(commands.MarkItem("ana", "ready/s/access"))


def test_a_warning_is_accepted_with_a_reason_where_the_item_allows_it() -> None:
    story = Story(plan(attested("access", warning_accepted=True)))
    tick = commands.MarkItem("ana", "ready/s/access")
    story.see("access", WARNS)
    assert "reason is required to accept the warning" in story.refusal(tick)
    story.do(commands.MarkItem("ana", "ready/s/access", "no migrations are delivered"))
    assert story.state("access") is State.DONE
    assert [state.item.id for state in warning_items(story.session, 0)] == ["ready/s/access"]
    story.see("access", BAD)
    assert story.state("access") is State.REGRESSED
    story.see("access", WARNS)
    assert story.state("access") is State.DONE, "what was accepted is back"
    story.see("access", GONE)
    assert story.state("access") is State.UNKNOWN
    story.see("access", GOOD)
    assert story.state("access") is State.DONE
    story.do(commands.UndoMark("ana"))
    story.see("access", WARNS)
    assert story.state("access") is State.OPEN
    assert fold(story.events) == story.session


@pytest.mark.parametrize("answer", [BAD, GONE, Reading(None, defect="null")])
def test_only_a_warning_is_accepted(answer: float | Fault | Reading) -> None:
    story = Story(plan(attested("access", warning_accepted=True)))
    story.see("access", answer)
    assert "until access passes" in story.refusal(commands.MarkItem("ana", "ready/s/access", "because"))


def test_a_tick_of_a_passing_signal_accepts_no_later_warning_after_a_failure() -> None:
    story = Story(plan(attested("access", warning_accepted=True)))
    story.see("access", GOOD)
    story.do(commands.MarkItem("ana", "ready/s/access"))
    story.see("access", BAD, WARNS)
    assert story.state("access") is State.REGRESSED


def test_attesting_during_the_hold_counts_once_the_hold_is_served() -> None:
    story = Story(plan(attested("soak", hold=Hold(5.0, 5.0))))
    story.see("soak", GOOD, GOOD)
    story.do(commands.MarkItem("ana", "ready/s/soak"))
    assert story.state("soak") is State.HOLDING
    story.see("soak", GOOD, GOOD)
    assert story.state("soak") is State.HOLDING
    story.see("soak", GOOD)
    assert story.state("soak") is State.DONE


def test_a_sensed_item_whose_signal_is_missing_is_never_satisfied_by_itself_or_by_undo() -> None:
    story = Story(msgspec.structs.replace(plan(sensed("lost")), signals=()))
    assert story.state("lost") is State.OPEN
    story.do(commands.MarkItem("ana", "ready/s/lost", "by hand", Mark.OVERRIDE))
    assert story.state("lost") is State.OVERRIDDEN
    story.do(commands.UndoMark("ana"))
    assert story.state("lost") is State.OPEN
