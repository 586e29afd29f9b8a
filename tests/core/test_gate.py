"""Gates: closed while a required item is not satisfied, opened all the same only for a reason that is recorded."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.reasons import ReasonKind
from mmcockpit.core.model.checklist import Contact, Hold
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.describe import describe
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, plan, sensed


def test_an_open_gate_keeps_the_result_of_every_signal_behind_it() -> None:
    story = Story(plan(sensed("errors"), manual("audit"), sensed("later", "deployment")))
    story.see("errors", GOOD)
    story.do(commands.MarkItem("ana", "ready/s/audit"))
    passed = story.go()
    assert (passed.was, passed.now, passed.by, passed.unmet, passed.reason) == ("ready", "deployment", "ana", (), "")
    assert [(one.signal, one.level, one.value) for one in passed.evidence] == [("errors", "pass", "0")]
    assert story.session.phase == 1
    assert story.session.opened_at[1] == story.events[-2].stamp


def test_a_closed_gate_names_what_keeps_it_closed() -> None:
    story = Story(plan(*(manual(title) for title in "abcdef"), manual("nice", required=False)))
    because = story.refusal(commands.OpenPhase("ana", story.phase))
    assert because.startswith("the gate of Ready is closed: [ ] 1 a, [ ] 1 b, [ ] 1 c, [ ] 1 d and 2 more")
    assert "`:go! REASON`" in because
    assert story.session.phase == 0


@pytest.mark.parametrize("answer", [BAD, WARNS, GONE, None])
def test_nothing_but_a_pass_opens_a_gate_for_a_sensed_item(answer: float | Fault | None) -> None:
    story = Story(plan(sensed("errors")))
    if answer is not None:
        story.see("errors", answer)
    assert "the gate of Ready is closed" in story.refusal(commands.OpenPhase("ana", story.phase))


def test_opening_a_closed_gate_requires_an_override_and_a_reason_and_keeps_the_open_items() -> None:
    story = Story(plan(sensed("errors"), manual("audit")))
    assert "is closed" in story.refusal(commands.OpenPhase("ana", story.phase, "a reason alone"))
    assert "reason is required" in story.refusal(commands.OpenPhase("ana", story.phase, " \n\t", override=True))
    (passed,) = story.do(commands.OpenPhase("ana", story.phase, "agreed with bo", override=True))
    assert isinstance(passed, facts.PhaseChanged)
    assert passed.unmet == ("ready/s/errors", "ready/s/audit")
    assert passed.reason == "agreed with bo"
    assert not gate(story.session).open, "what was unmet keeps the next gate closed as well"


def test_no_gate_opens_during_a_hold() -> None:
    story = Story(plan(manual("audit", required=False)))
    story.do(commands.HoldSession("bo", True, "wait for the network"))
    for override in (False, True):
        because = story.refusal(commands.OpenPhase("ana", story.phase, "go on", override=override))
        assert "on hold by bo (wait for the network)" in because
    story.do(commands.HoldSession("ana", False))
    story.go()


def test_a_command_for_a_gate_that_was_passed_passes_no_other() -> None:
    story = Story(plan(manual("audit"), manual("deploy", "deployment")))
    twice = commands.OpenPhase("ana", "ready", "it is time", override=True)
    assert isinstance(story.do(twice)[0], facts.PhaseChanged)
    assert story.refusal(twice) == "the gate of Ready was already passed; Deployment is open"
    assert "unknown phase 'lost'" in story.refusal(commands.OpenPhase("ana", "lost"))
    assert "comes first" in story.refusal(commands.OpenPhase("ana", "cutover", "skip", override=True))
    assert story.phase == "deployment"


def test_there_is_no_gate_behind_the_last_phase() -> None:
    story = Story(plan(manual("audit", required=False)))
    story.go()
    story.go()
    assert "no gate follows the last phase" in story.refusal(
        commands.OpenPhase("ana", story.phase, "on", override=True)
    )


def test_a_regression_behind_a_passed_gate_moves_no_phase_and_closes_the_next_gate() -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD)
    story.go()
    story.see("errors", BAD)
    assert (story.session.phase, story.state("errors")) == (1, State.REGRESSED)
    assert "[R] 1 errors" in story.refusal(commands.OpenPhase("ana", story.phase))
    story.do(commands.MarkItem("ana", "ready/s/errors", "known", Mark.OVERRIDE))
    story.go()


def test_items_of_later_phases_keep_no_gate_closed() -> None:
    story = Story(plan(sensed("errors", "cutover"), manual("audit", "deployment")))
    story.go()
    assert "[ ] 1 audit" in story.refusal(commands.OpenPhase("ana", story.phase))


def test_a_second_signature_that_is_missing_keeps_the_gate_closed() -> None:
    story = Story(plan(manual("pay", approvals=2)))
    story.do(commands.MarkItem("ana", "ready/s/pay"))
    assert "[2] 1 pay" in story.refusal(commands.OpenPhase("ana", story.phase))


@pytest.mark.parametrize(("by", "opens"), [((), False), (("ana",), False), (("ana", "bo"), True)])
def test_a_served_first_hold_does_not_replace_a_tick(by: tuple[str, ...], opens: bool) -> None:
    story = Story(plan(attested("soak", hold=Hold(3.0, 100.0), approvals=2)))
    story.see("soak", *[GOOD] * 5)
    for name in by:
        kind = Mark.DONE if name == "ana" else Mark.VERIFY
        story.do(commands.MarkItem(name, "ready/s/soak", mark=kind))
    assert story.state("soak") is State.HOLDING
    assert gate(story.session).open is opens


def test_an_override_that_was_taken_back_opens_no_gate() -> None:
    story = Story(plan(sensed("errors")))
    story.do(commands.MarkItem("ana", "ready/s/errors", "later", Mark.OVERRIDE))
    assert gate(story.session).open
    story.do(commands.UndoMark("ana"))
    assert "the gate of Ready is closed" in story.refusal(commands.OpenPhase("ana", story.phase))
    assert fold(story.events) == story.session


def test_an_override_that_ran_out_opens_no_gate() -> None:
    story = Story(plan(sensed("errors")))
    story.do(commands.MarkItem("ana", "ready/s/errors", "later", Mark.OVERRIDE, 5.0))
    story.wait(5)
    assert "the gate of Ready is closed" in story.refusal(commands.OpenPhase("ana", story.phase))


def test_a_checklist_without_items_has_gates_that_are_open() -> None:
    story = Story(plan())
    assert gate(story.session).open
    assert gate(story.session, 2).next is None


def test_a_placeholder_among_the_contacts_keeps_the_first_gate_closed() -> None:
    story = Story(plan(manual("nice", required=False), contacts=(Contact("lead", "[Contact Information]"),)))
    story.settle()
    assert story.session.advised is not None
    assert (story.session.advised.advice, story.session.advised.reasons[0].kind) == (
        Advice.HOLD,
        ReasonKind.CONTACTS,
    )
    because = story.refusal(commands.OpenPhase("ana", "ready"))
    assert because == "the gate of Ready is closed: contact lead is unassigned; `:go! REASON` overrides it"
    assert "contact lead is unassigned" in story.refusal(commands.OpenPhase("ana", "ready", " ", override=True))
    passed = story.go("the list hangs on the wall")
    assert (passed.unfilled, passed.unmet, passed.reason) == (("lead",), (), "the list hangs on the wall")
    assert "no name for lead: the list hangs on the wall" in describe(passed)[1]
    assert gate(story.session).open, "one override is enough: nobody can fill a name into a session that runs"


@pytest.mark.parametrize(("name", "opens"), [("Ana, +49 30 1", True), ("[Name]", False), (" [x", False), (" ", False)])
def test_a_name_in_brackets_or_none_is_a_placeholder(name: str, opens: bool) -> None:
    assert gate(Story(plan(contacts=(Contact("lead", name),))).session).open is opens
