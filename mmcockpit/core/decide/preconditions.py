"""Preconditions: a command is refused if what it decides about has changed since its sender saw it."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state import revisions
from mmcockpit.core.state.session import Session


def outdated(session: Session, command: commands.AnyCommand, saw: int) -> Refusal | None:
    """Return what changed after fact `saw`, the last one that the sender had seen, if the command depends on it."""
    if saw > session.seq:
        return Refusal(Code.UNKNOWN_FACT, count=saw)
    subjects = _SUBJECTS.get(type(command))
    for subject in subjects(command) if subjects else ():
        number = session.revisions.get(subject, 0)
        if number > saw:
            return Refusal(Code.CHANGED_SINCE, subject, count=number)
    return None


def _mark(command: commands.MarkItem) -> tuple[str, ...]:
    return (revisions.item_subject(command.item),) if command.mark is Mark.VERIFY else ()


def _gate(command: commands.OpenPhase) -> tuple[str, ...]:
    # A dialog lists what keeps the gate closed (`seen`); without one, the sender's last fact is all that is known.
    return (revisions.GATE,) if command.override and command.seen is None else ()


def _step(command: Any) -> tuple[str, ...]:
    return revisions.step_subject(command.procedure, command.step), revisions.procedure_subject(command.procedure)


def _procedure(command: Any) -> tuple[str, ...]:
    return (revisions.procedure_subject(command.procedure),)


_SUBJECTS: dict[type[commands.Command], Callable[[Any], tuple[str, ...]]] = {
    commands.MarkItem: _mark,
    commands.OpenPhase: _gate,
    commands.HoldSession: lambda command: () if command.on else (revisions.HOLD,),
    commands.Vote: lambda command: (revisions.POLL, revisions.vote_subject(command.role)),
    commands.ClosePoll: lambda command: (revisions.POLL, revisions.VOTES),
    commands.DecideAdvice: lambda command: (revisions.ADVICE,),
    commands.AbandonProcedure: _procedure,
    commands.ChooseValue: _procedure,
    commands.TakeControls: lambda command: (revisions.CONTROLS,),
    **dict.fromkeys(
        (
            *(commands.RunStep, commands.StopStep, commands.SettleStep, commands.SkipStep),
            *(commands.RepeatSteps, commands.ApproveStep),
        ),
        _step,
    ),
}
"""Command to what it decides about, as subjects of revisions."""
