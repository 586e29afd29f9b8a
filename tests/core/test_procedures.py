"""Procedures: what calls for them, which step may do what, what only an operator can say."""

from typing import Any

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.procedures import detailed_values, picked
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import StepState
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.procedure import Capture, Step
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.patterns import TooSlow, matches
from mmcockpit.core.rules.messages.templates import change, filled
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.open_procedures import queue
from mmcockpit.core.state.options import options, preselected
from mmcockpit.core.state.procedure_runs import TRANSITIONS
from tests.core.rollbacks import BACK, LATER, ended, listed, night, run, state
from tests.core.sessions import Story, number
from tests.cpu import loops


def test_a_rollback_is_followed_to_its_end() -> None:
    story = night()
    listed(story)
    assert (state(story, "history"), state(story, "undo")) == (StepState.OK, StepState.READY)
    assert "revision has no value" in story.refusal(run(story, "undo", "undo", "41", typed=("muxer",)))
    assert "known: 40, 41" in story.refusal(commands.ChooseValue("ana", "back", "revision", "-f"))
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    assert "type muxer" in story.refusal(run(story, "undo", "undo", "40"))
    assert "the command has changed" in story.refusal(run(story, "undo", "undo", "41", typed=("muxer",)))
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    assert "Undo is running" in story.refusal(run(story, "undo", "undo", "40", typed=("muxer",)))
    ended(story, "undo", 0)
    story.see("errors", 0.1, 0.1, 0.1)
    assert state(story, "undo") is StepState.RUNNING
    story.see("errors", 0.1, 0.1)
    assert (state(story, "undo"), state(story, "tell")) == (StepState.OK, StepState.READY)
    story.do(commands.SettleStep("ana", "back", "tell", True))
    assert story.session.procedures["back"].closed == facts.ProcedureClosed("back")


def test_what_passed_before_the_command_ended_proves_nothing() -> None:
    story = night()
    listed(story)
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    story.see("errors", *[0.1] * 10)
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    ended(story, "undo", 0)
    assert state(story, "undo") is StepState.RUNNING
    story.see("errors", *[9.0] * 3)
    story.wait(700)
    story.settle()
    assert state(story, "undo") is StepState.FAILED


def test_a_failed_step_stops_the_procedure() -> None:
    story = night()
    story.do(commands.OpenProcedure("ana", "back"))
    story.do(run(story, "history", "list", "prod"))
    assert "to stop it first" in story.refusal(commands.AbandonProcedure("ana", "back", "no"))
    ended(story, "history", 1)
    assert (state(story, "history"), state(story, "undo")) == (StepState.FAILED, StepState.PENDING)
    assert "Undo is pending" in story.refusal(run(story, "undo", "undo", "1", typed=("muxer",)))
    assert "reason is required" in story.refusal(commands.SkipStep("ana", "back", "history", " "))
    story.do(run(story, "history", "list", "prod"))
    ended(story, "history", 2)
    story.do(commands.SkipStep("ana", "back", "history", "the revision is known"))
    assert state(story, "undo") is StepState.READY
    story.do(commands.AbandonProcedure("ana", "back", "helm it is"))
    assert state(story, "undo") is StepState.ABANDONED


def test_a_step_that_ran_while_the_cockpit_died_is_for_the_engineer_to_settle() -> None:
    story = night()
    listed(story)
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    story.tell(facts.Resumed("bo", "there", 60.0))
    assert state(story, "undo") is StepState.UNKNOWN
    story.see("errors", *[0.1] * 20)
    assert state(story, "undo") is StepState.UNKNOWN
    assert "Undo is outcome unknown" in story.refusal(run(story, "undo", "undo", "40", typed=("muxer",)))
    assert "reason is required to record the result" in story.refusal(commands.SettleStep("bo", "back", "undo", True))
    story.do(commands.SettleStep("bo", "back", "undo", True, "revision 42 is the old digest"))
    assert state(story, "undo") is StepState.OK


def test_no_command_starts_while_one_of_a_killed_cockpit_still_runs() -> None:
    story = night()
    story.do(commands.OpenProcedure("ana", "back"))
    story.do(run(story, "history", "list", "prod"))
    process = facts.StepProcess("back", "history", 4711, "boot+17", "here")
    story.tell(process)
    story.tell(facts.Resumed("bo", "here", 60.0))
    story.tell(msgspec.structs.replace(process, runs=True))
    story.do(commands.SettleStep("bo", "back", "history", False, "it hangs"))
    assert "process 4711 of History is still running" in story.refusal(run(story, "history", "list", "prod"))
    story.tell(msgspec.structs.replace(process, runs=False))
    story.do(run(story, "history", "list", "prod"))
    assert state(story, "history") is StepState.RUNNING


def test_nothing_runs_without_permission_and_outcomes_are_recorded_manually() -> None:
    story = night(allowed=False)
    story.do(commands.OpenProcedure("ana", "back"))
    assert "set allow.procedures to true" in story.refusal(run(story, "history", "list", "prod"))
    assert "reason is required to record the result" in story.refusal(
        commands.SettleStep("ana", "back", "history", True)
    )
    story.do(commands.SettleStep("ana", "back", "history", True, "looked in my shell"))
    assert state(story, "undo") is StepState.READY


def test_an_abort_rule_queues_its_procedure_and_its_consequence_stays_behind() -> None:
    story = night(aborts=(Abort("errors", 2.0, "ready"),))
    story.answer("alerts", Reading([{"name": "Slow", "labels": {"alertname": "Slow"}, "state": "active"}]))
    story.settle()
    assert [one.id for one, _ in queue(story.session)] == ["later"]
    story.see("errors", *[9.0] * 5)
    assert [one.id for one, _ in queue(story.session)] == ["back"]
    story.do(commands.OpenProcedure("ana", "back"))
    assert queue(story.session) == []
    story.do(commands.AbandonProcedure("ana", "back", "false alarm"))
    assert [one.id for one, _ in queue(story.session)] == ["later"]
    story.see("errors", 0.1)
    story.answer("alerts", Reading([{"name": "Else", "labels": {"alertname": "Else"}, "state": "active"}]))
    story.settle()
    assert story.session.calls == {}


def test_a_message_goes_out_once_for_every_change() -> None:
    story = night()
    story.settle()
    text = filled(story.session.cockpit.messages[0].text, story.session, story.now)
    assert text == "HOLD in Ready: ${nothing}"
    send = commands.SendMessage("ana", "status", change(story.session), text, "webhook")
    story.do(send)
    assert "nothing has changed" in story.refusal(send)
    story.do(commands.OpenProcedure("ana", "back"))
    assert "has changed since" in story.refusal(send)
    story.do(commands.SendMessage("ana", "status", change(story.session), text, "webhook"))


def test_captured_values_are_no_options() -> None:
    lines = ["REVISION  CHANGE-CAUSE", "40  <none>", "41  <none>", "-f  <none>", "41 again"]
    assert tuple(detailed_values(r"^(\S+)  <", lines)) == ("40", "41")
    assert [picked(pick, ("39", "40", "41")) for pick in ("choose", "first", "last", "previous")] == [
        "",
        "39",
        "41",
        "40",
    ]


@pytest.mark.parametrize("was", list(StepState))
@pytest.mark.parametrize("now", list(StepState))
def test_steps_never_leave_their_table(was: StepState, now: StepState) -> None:
    story = night()
    story.do(commands.OpenProcedure("ana", "back"))
    story.session.procedures["back"].steps["history"].state = was
    story.tell(facts.StepChanged("back", "history", now, argv=("list",)))
    assert state(story, "history") is (now if now in TRANSITIONS[was] else was)


def queued(story: Story) -> list[str]:
    story.settle()
    return [one.id for one, _ in queue(story.session)]


def test_a_procedure_that_a_failing_signal_called_stays_queued_until_the_signal_passes() -> None:
    story = night(aborts=(Abort("errors", 2.0, "ready"),))
    story.see("errors", *[9.0] * 5)
    assert queued(story) == ["back"]
    gone = Fault(FaultKind.REFUSED, "gone")
    for answer in (gone, 9.0, gone, 2.0, gone):
        story.see("errors", answer)
        assert queued(story) == ["back"], f"{answer} is no pass"
    story.wait(3600)
    assert queued(story) == ["back"], "silence is no pass"
    story.tell(facts.Resumed("bo", "there", 60.0))
    assert queued(story) == ["back"], "a resumed session has not seen it pass"
    story.see("errors", 0.1)
    assert queued(story) == []


def test_an_alert_that_cannot_be_read_any_more_withdraws_nothing() -> None:
    story = night()
    firing = Reading([{"name": "Slow", "labels": {"alertname": "Slow"}, "state": "active"}])
    story.see("alerts", firing)
    assert queued(story) == ["later"]
    for answer in (Fault(FaultKind.TIMEOUT, "no answer"), Reading(None), Reading([], defect="partial")):
        story.see("alerts", answer)
        assert queued(story) == ["later"], answer
    story.wait(3600)
    assert queued(story) == ["later"]
    story.see("alerts", Reading([{"name": "Else", "labels": {"alertname": "Else"}, "state": "active"}]))
    assert queued(story) == []


def test_of_two_causes_each_has_to_pass() -> None:
    both = msgspec.structs.replace(BACK, aborts=("errors", "rate"))
    aborts = (Abort("errors", 2.0, "ready"), Abort("rate", 2.0, "ready"))
    story = night(aborts=aborts, procedures=(both,), more=(number("rate"),))
    for _ in range(4):
        story.see("errors", 9.0, every=0.0)
        story.see("rate", 9.0)
    assert queued(story) == ["back"]
    story.see("errors", 0.1)
    story.see("rate", Fault(FaultKind.REFUSED, "gone"))
    assert queued(story) == ["back"]
    story.see("errors", Fault(FaultKind.REFUSED, "gone"))
    story.see("rate", 0.1)
    assert queued(story) == [], "errors passed before: what it says now calls for nothing"


def test_no_gate_opens_while_a_procedure_is_running() -> None:
    story = night()
    story.see("errors", 0.1)
    story.do(commands.OpenProcedure("ana", "back"))
    for override in (False, True):
        because = story.refusal(commands.OpenPhase("ana", "ready", "on", override=override))
        assert because == "Back is open: finish or abandon it first"
    story.do(commands.AbandonProcedure("ana", "back", "false alarm"))
    story.go()


def test_a_gate_that_got_worse_than_its_dialog_showed_is_not_forced() -> None:
    story = night()
    seen = ("ready/s/other",)
    command = commands.OpenPhase("ana", "ready", "we know", override=True, seen=seen)
    assert "1 errors is not satisfied either" in story.refusal(command)
    story.do(commands.OpenPhase("ana", "ready", "we know", override=True, seen=(*seen, "ready/s/errors")))
    assert story.phase == "deployment"


@pytest.mark.parametrize("pattern", [r"((?:a|aa)+)c", r"(.*),(.*),(.*)x", r"((x+x+)+y)"])
def test_a_pattern_that_takes_for_ever_is_given_up(pattern: str) -> None:
    def work() -> None:
        with pytest.raises(TooSlow):
            detailed_values(pattern, ["a" * 200 + "," * 800, "x" * 1000] * 100)
        assert not matches(pattern, "," * 1000)

    assert loops(work, 45) <= 45


def test_a_pattern_matches_all_of_a_label() -> None:
    assert matches("Api.*|Slow", "ApiDown")
    assert matches("Api.*|Slow", "Slow")
    assert not matches("Api|Slow", "Slower")
    assert not matches("Slow", "Slow\n")


LISTED = Step(
    "history",
    "History",
    argv=("list", "${cluster.context}"),
    captures=(Capture("revision", r"^(\d+) (?P<image>\S+)(?: (?P<good>up))?", running="highest", differs="image"),),
)


def listing(**images: str) -> dict[str, Any]:
    """Return what the listing captures of revisions with these images: `r40="v1"`."""
    found = tuple(name[1:] for name in images)
    details = tuple(
        {"image": image.split()[0], **({"good": "up"} if " up" in image else {})} for image in images.values()
    )
    return {"found": {"revision": found}, "details": {"revision": details}}


def choosing(**images: str) -> Story:
    procedure = msgspec.structs.replace(BACK, steps=(LISTED, *BACK.steps[1:]))
    story = night(procedures=(procedure, LATER))
    story.do(commands.OpenProcedure("ana", "back"))
    story.do(run(story, "history", "list", "prod"))
    ended(story, "history", 0, **listing(**images))
    return story


def offered(story: Story) -> str:
    return preselected(options(story.session.procedures["back"], "revision"))


def test_the_revision_in_use_is_neither_offered_nor_taken() -> None:
    story = choosing(r40="v1 up", r41="v2 up", r42="v2 up")
    assert offered(story) == "40", "41 has the image that runs"
    assert "42 is in use now" in story.refusal(commands.ChooseValue("ana", "back", "revision", "42"))
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))


def test_only_one_that_is_known_to_have_been_good_is_offered() -> None:
    assert offered(choosing(r40="v1 up", r41="v2", r42="v3 up")) == "40"
    assert offered(choosing(r40="v1", r41="v2", r42="v3")) == "", "none is known to have been good"
    assert offered(choosing(r42="v3")) == ""


def wrong() -> Story:
    """A rollback went to a revision that is broken as well; its step failed."""
    story = choosing(r40="v1", r41="v2", r42="v3")
    story.do(commands.ChooseValue("ana", "back", "revision", "41"))
    story.do(run(story, "undo", "undo", "41", typed=("muxer",)))
    ended(story, "undo", 1)
    return story


def test_after_a_wrong_revision_another_one_can_be_chosen() -> None:
    story = wrong()
    assert "repeat the step that lists the values" in story.refusal(
        commands.ChooseValue("ana", "back", "revision", "40")
    )
    assert "reason is required" in story.refusal(commands.RepeatSteps("ana", "back", "history", " "))
    assert "only a finished step" in story.refusal(commands.RepeatSteps("ana", "back", "undo", "x"))
    (told,) = story.do(commands.RepeatSteps("ana", "back", "history", "41 is broken too"))
    assert told == facts.StepsRepeated("back", "history", "ana", "41 is broken too")
    assert (state(story, "history"), state(story, "undo")) == (StepState.READY, StepState.PENDING)
    assert story.session.procedures["back"].values == {}
    story.do(run(story, "history", "list", "prod"))
    # The revision that was gone back to has a new number; what ran at first and was chosen in vain is not offered.
    ended(story, "history", 0, **listing(r40="v1 up", r42="v3 up", r43="v2"))
    assert offered(story) == "40"
    assert [one.value for one in options(story.session.procedures["back"], "revision") if one.failed] == ["42"]
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    assert state(story, "undo") is StepState.RUNNING
    assert fold(story.events) == story.session


def test_nothing_is_repeated_while_a_command_runs_or_its_outcome_is_unknown() -> None:
    story = wrong()
    story.do(run(story, "undo", "undo", "41", typed=("muxer",)))
    assert "to stop it first" in story.refusal(commands.RepeatSteps("ana", "back", "history", "wrong"))
    story.tell(facts.Resumed("bo", "there", 60.0))
    assert "result of Undo is unknown" in story.refusal(commands.RepeatSteps("bo", "back", "history", "wrong"))


def test_a_rollback_that_is_begun_anew_remembers_what_was_left() -> None:
    story = wrong()
    story.do(commands.AbandonProcedure("ana", "back", "again"))
    story.do(commands.OpenProcedure("ana", "back"))
    story.do(run(story, "history", "list", "prod"))
    ended(story, "history", 0, **listing(r40="v1 up", r42="v3 up", r43="v2"))
    assert offered(story) == "40"


def test_a_value_without_a_known_one_in_use_has_no_default() -> None:
    story = night()
    listed(story)
    assert offered(story) == ""
