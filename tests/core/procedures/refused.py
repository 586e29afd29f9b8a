"""Refusals of the kinds of steps, with the code and the sentence that each has."""

from collections.abc import Callable

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.procedure import Step, StepQuestion
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.states import StepState
from tests.core.procedures.step_kinds import opened, run
from tests.core.refusals import Refusals, Refused
from tests.core.sessions import BAD, GOOD


def kinds() -> list[Refused]:
    story = opened(
        Step("colour", "Colour", ask=StepQuestion("colour", choices=("blue", "green"))),
        Step("dns", "Change DNS", argv=("dig", "x"), manual=True),
        Step("undo", "Undo", argv=("undo",), when='signals.errors.verdict == "fail"'),
    )
    refused = Refusals(story)
    refused.add(
        Code.WRONG_ANSWER, "Colour needs one of: blue, green", commands.AnswerStep("ana", "go", "colour", "red")
    )
    refused.add(Code.ANSWER_REQUIRED, "Colour is a question: answer it, or skip it with a reason", run("colour"))
    story.do(commands.AnswerStep("ana", "go", "colour", "blue"))
    refused.add(
        Code.MANUAL_STEP,
        "Change DNS is done by a person: run :copy to copy its command, then record the result",
        run("dns", "dig", "x"),
    )
    story.do(commands.SettleStep("ana", "go", "dns", True))
    refused.add(
        Code.WHEN_UNKNOWN,
        "Undo cannot start while its condition is unknown: errors: not polled yet; it can be skipped with a reason",
        run("undo", "undo"),
    )
    story.see("errors", BAD)
    story.do(run("undo", "undo"))
    story.tell(facts.StepChanged("go", "undo", StepState.FAILED, exit=1))
    story.see("errors", GOOD)
    refused.add(
        Code.WHEN_FALSE,
        'the condition of Undo is false: signals.errors.verdict == "fail"; skip it with a reason',
        run("undo", "undo"),
    )
    return refused.all


STEP_SCENARIOS: tuple[Callable[[], list[Refused]], ...] = (kinds,)
