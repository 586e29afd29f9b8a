"""The kinds of steps: conditions, waits, questions, manual steps, and what a failed step calls for."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.reasons import ReasonKind
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.procedure import Procedure, Step, StepQuestion, StepWait
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.steps.progress import wait_left
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.open_procedures import queue
from mmcockpit.core.words.reasons import reason_text
from tests.core.procedures.step_kinds import LAST, opened, run, state, step_run
from tests.core.sessions import BAD, GONE, GOOD, Story

WHEN_FAILING = Step("undo", "Undo", argv=("undo",), when='signals.errors.verdict == "fail"')
COLOUR = Step("colour", "Colour", ask=StepQuestion("colour", "which one", choices=("blue", "green")))
VERSION = Step("version", "Version", ask=StepQuestion("version", pattern=r"v\d+"))


def test_a_step_whose_condition_is_false_is_skipped_with_the_reason() -> None:
    story = opened(WHEN_FAILING)
    story.see("errors", GOOD)
    assert (state(story, "undo"), state(story, "last")) == (StepState.SKIPPED, StepState.READY)
    assert step_run(story, "undo").because == 'its condition is false: signals.errors.verdict == "fail"'
    (fact,) = [one.body for one in story.events if isinstance(one.body, facts.StepChanged)]
    assert (fact.by, fact.now) == ("", StepState.SKIPPED)
    assert fold(story.events) == story.session


def test_a_step_whose_condition_is_true_is_run_by_the_operator_as_any_other() -> None:
    story = opened(WHEN_FAILING)
    story.see("errors", BAD)
    assert state(story, "undo") is StepState.READY
    story.do(run("undo", "undo"))
    assert state(story, "undo") is StepState.RUNNING


def test_a_step_whose_condition_is_unknown_can_only_be_skipped() -> None:
    story = opened(WHEN_FAILING)
    unknown = (
        "Undo cannot start while its condition is unknown: errors: not polled yet; it can be skipped with a reason"
    )
    assert story.refusal(run("undo", "undo")) == unknown
    story.see("errors", BAD, Fault(FaultKind.REFUSED, "gone"))
    assert "errors: refused: gone" in story.refusal(run("undo", "undo"))
    assert "condition is unknown" in story.refusal(commands.SettleStep("ana", "go", "undo", True, "done"))
    assert state(story, "undo") is StepState.READY
    story.do(commands.SkipStep("ana", "go", "undo", "errors are seen elsewhere"))
    assert state(story, "undo") is StepState.SKIPPED


def test_a_resumed_session_decides_no_condition_by_results_from_before() -> None:
    story = opened(WHEN_FAILING)
    story.see("errors", BAD)
    story.tell(facts.Resumed("bo", "here", 1.0))
    assert "condition is unknown" in story.refusal(run("undo", "undo"))
    story.see("errors", BAD)
    story.do(run("undo", "undo"))
    assert state(story, "undo") is StepState.RUNNING


def test_a_failed_step_is_not_repeated_once_its_condition_is_false() -> None:
    story = opened(WHEN_FAILING)
    story.see("errors", BAD)
    story.do(run("undo", "undo"))
    story.tell(facts.StepChanged("go", "undo", StepState.FAILED, exit=1))
    story.see("errors", GOOD)
    assert 'the condition of Undo is false: signals.errors.verdict == "fail"' in story.refusal(run("undo", "undo"))


@pytest.mark.parametrize(
    ("condition", "skipped"),
    [
        ('values.colour == "green"', True),
        ('values.colour == "blue"', False),
        ('vars.mode == "canary"', False),
        ('steps["colour"].state == "skipped"', True),
        ("signals.errors.value > 5.0", False),
        ("has(signals.errors.value)", False),
        ("signals.other.value > 5.0", None),
        ("values.nothing == 'x' || vars.mode == 'canary'", False),
    ],
)
def test_conditions_read_values_variables_signals_and_steps(condition: str, skipped: bool | None) -> None:
    story = opened(COLOUR, Step("next", "Next", argv=("next",), when=condition))
    story.see("errors", BAD)
    story.do(commands.AnswerStep("ana", "go", "colour", "blue"))
    assert state(story, "next") is (StepState.SKIPPED if skipped else StepState.READY)
    if skipped is None:
        assert "condition is unknown: unknown signal other" in story.refusal(run("next", "next"))


def test_a_wait_ends_by_the_clock_also_while_the_cockpit_is_away() -> None:
    story = opened(Step("soak", "Soak", wait=StepWait(for_s=300.0)))
    (began,) = story.do(run("soak"))
    assert began == facts.StepChanged("go", "soak", StepState.WAITING, "ana")
    assert wait_left(story.session, step_run(story, "soak"), story.now) == 299.0
    story.wait(200.0)
    story.tell(facts.Resumed("bo", "here", 200.0))
    story.settle()
    assert state(story, "soak") is StepState.WAITING
    story.wait(100.0)
    story.settle()
    assert (state(story, "soak"), state(story, "last")) == (StepState.OK, StepState.READY)
    assert fold(story.events) == story.session


def test_a_wait_can_be_ended_early_with_a_reason_only() -> None:
    for ok, ended in ((True, StepState.OK), (False, StepState.FAILED)):
        story = opened(Step("soak", "Soak", wait=StepWait(for_s=300.0)))
        assert "a reason is required" in story.refusal(commands.SettleStep("ana", "go", "soak", True))
        story.do(run("soak"))
        assert "Soak is waiting" in story.refusal(run("soak"))
        assert "a reason is required" in story.refusal(commands.SettleStep("ana", "go", "soak", ok))
        story.do(commands.SettleStep("ana", "go", "soak", ok, "seen enough"))
        assert state(story, "soak") is ended


UNTIL = Step("calm", "Calm", wait=StepWait(until='signals.errors.verdict == "pass"'), timeout=60.0)


def test_a_wait_for_a_condition_counts_only_results_after_it_began() -> None:
    story = opened(UNTIL)
    story.see("errors", GOOD)
    story.do(run("calm"))
    assert state(story, "calm") is StepState.WAITING, "this was read before the wait"
    story.see("errors", BAD, GONE)
    assert state(story, "calm") is StepState.WAITING
    story.see("errors", GOOD)
    assert state(story, "calm") is StepState.OK


def test_a_wait_whose_condition_stays_unknown_fails_in_time_and_can_begin_again() -> None:
    story = opened(UNTIL)
    story.do(run("calm"))
    story.see("errors", GONE)
    story.wait(30.0)
    story.settle()
    assert state(story, "calm") is StepState.WAITING
    story.wait(40.0)
    story.settle()
    failed = step_run(story, "calm")
    assert failed.state is StepState.FAILED
    assert failed.because == 'not true within 1m: signals.errors.verdict == "pass" (errors: refused: gone)'
    story.do(run("calm"))
    assert state(story, "calm") is StepState.WAITING


def test_an_answer_is_a_choice_or_matches_the_whole_pattern() -> None:
    use = Step("use", "Use", argv=("use", "${values.colour}", "${values.version}"))
    story = opened(COLOUR, VERSION, use)
    assert story.refusal(commands.AnswerStep("ana", "go", "colour", "red")) == "Colour needs one of: blue, green"
    assert "is a question: answer it" in story.refusal(run("colour"))
    assert "is a question: answer it" in story.refusal(commands.SettleStep("ana", "go", "colour", True, "blue"))
    story.do(commands.AnswerStep("ana", "go", "colour", "green"))
    for wrong in ("", "v", "v1 ", "xv1", "v1\n", "v1\x1b", "v" + "1" * 200):
        assert story.refusal(commands.AnswerStep("ana", "go", "version", wrong)) == (
            r"Version needs a text that matches v\d+"
        )
    (answered,) = story.do(commands.AnswerStep("ana", "go", "version", "v1"))
    assert answered == facts.StepChanged("go", "version", StepState.OK, "ana", values={"version": "v1"})
    story.do(run("use", "use", "green", "v1"))
    assert step_run(story, "use").argv == ("use", "green", "v1")


def test_a_question_without_a_pattern_takes_any_line_of_text() -> None:
    story = opened(Step("name", "Name", ask=StepQuestion("name")))
    for wrong in ("", "-f", "two\nlines"):
        refusal = story.refusal(commands.AnswerStep("ana", "go", "name", wrong))
        assert refusal == "Name needs one line of text that does not begin with -"
    story.do(commands.AnswerStep("ana", "go", "name", "any text (of one line)"))
    assert story.session.procedures["go"].values == {"name": "any text (of one line)"}


def test_an_answer_never_becomes_an_option_of_a_command() -> None:
    story = opened(Step("name", "Name", ask=StepQuestion("name")))
    story.refusal(commands.AnswerStep("ana", "go", "name", "--all"))
    assert state(story, "name") is StepState.READY


def test_a_question_that_is_repeated_forgets_its_answer() -> None:
    story = opened(COLOUR)
    story.do(commands.AnswerStep("ana", "go", "colour", "blue"))
    story.do(commands.RepeatSteps("ana", "go", "colour", "wrong one"))
    assert (state(story, "colour"), story.session.procedures["go"].values) == (StepState.READY, {})


def test_a_step_without_a_command_runs_none_that_a_request_brings() -> None:
    story = opened(Step("settle", "Settle", signal="errors", hold=2.0))
    assert "the command has changed" in story.refusal(run("settle", "rm", "-rf", "data"))
    story.do(run("settle"))
    assert (state(story, "settle"), step_run(story, "settle").argv) == (StepState.RUNNING, ())


def test_a_manual_step_is_never_run_and_is_recorded_by_a_person() -> None:
    story = opened(Step("dns", "Change DNS", argv=("dig", "x"), manual=True, no_return=True))
    assert "is done by a person" in story.refusal(run("dns", "dig", "x"))
    assert not story.session.past_return
    story.do(commands.SettleStep("ana", "go", "dns", True))
    assert state(story, "dns") is StepState.OK
    assert story.session.past_return


DEPLOY = Step("apply", "Apply", argv=("apply",), on_fail="undo")
RECOVERY = Procedure("undo", "Undo it", (LAST,), aborts=("errors",))


def failing() -> Story:
    story = opened(DEPLOY, others=(RECOVERY,))
    story.do(run("apply", "apply"))
    story.tell(facts.StepChanged("go", "apply", StepState.FAILED, because="image not found", exit=1))
    story.settle()
    return story


def calls(story: Story) -> list[str]:
    story.settle()
    return [procedure.id for procedure, _ in queue(story.session)]


def test_a_failed_step_calls_for_its_procedure_which_is_offered_first() -> None:
    story = failing()
    assert calls(story) == ["undo"]
    call = story.session.calls["undo"]
    assert (call.reason.kind, reason_text(call.reason)) == (ReasonKind.STEP, "Apply failed: image not found")
    following = next_action(story.session, story.now)
    assert (following.kind, following.subject) == (NextKind.PROCEDURE_CALLED, "undo")
    story.tell(facts.Resumed("bo", "here", 9.0))
    assert calls(story) == ["undo"]


def test_the_call_of_a_failed_step_outlives_that_its_procedure_is_abandoned() -> None:
    story = failing()
    story.do(commands.AbandonProcedure("ana", "go", "undo it instead"))
    assert calls(story) == ["undo"]
    story.do(commands.OpenProcedure("ana", "undo"))
    assert calls(story) == []


def test_a_step_that_is_repeated_calls_for_nothing_until_it_fails_again() -> None:
    story = failing()
    story.do(run("apply", "apply"))
    assert calls(story) == []
    story.tell(facts.StepChanged("go", "apply", StepState.FAILED, exit=1))
    assert calls(story) == ["undo"]
    story.do(commands.SettleStep("ana", "go", "apply", True, "applied in a shell"))
    assert calls(story) == []
