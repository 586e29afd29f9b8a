"""Preconditions: a command is refused if what it decides about has changed since its sender saw it."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.item_names import item_named
from mmcockpit.core.state.releases import revisions
from mmcockpit.core.state.session import Session


def outdated(session: Session, command: commands.AnyCommand, saw: int) -> Refusal | None:
    """Return what changed after fact `saw`, the last one that the sender had seen, if the command depends on it."""
    if saw > session.seq:
        return Refusal(Code.UNKNOWN_FACT, count=saw)
    subjects = _SUBJECTS.get(type(command))
    for subject in subjects(session, command) if subjects else ():
        number = session.revisions.get(subject, 0)
        if number > saw:
            return Refusal(Code.CHANGED_SINCE, subject, count=number)
    return None


def _mark(session: Session, command: commands.MarkItem) -> tuple[str, ...]:
    state = item_named(session, command.item) if command.mark is Mark.VERIFY else None
    return (revisions.item_subject(state.item.id),) if state is not None else ()


def _gate(session: Session, command: commands.OpenPhase) -> tuple[str, ...]:
    # A dialog lists what keeps the gate closed (`seen`); without one, the sender's last fact is all that is known.
    return (revisions.GATE,) if command.override and command.seen is None else ()


def _step(session: Session, command: Any) -> tuple[str, ...]:
    return revisions.step_subject(command.procedure, command.step), revisions.procedure_subject(command.procedure)


def _procedure(session: Session, command: Any) -> tuple[str, ...]:
    return (revisions.procedure_subject(command.procedure),)


_SUBJECTS: dict[type[commands.Command], Callable[[Session, Any], tuple[str, ...]]] = {
    commands.MarkItem: _mark,
    commands.OpenPhase: _gate,
    commands.HoldSession: lambda session, command: () if command.on else (revisions.HOLD,),
    commands.Vote: lambda session, command: (revisions.POLL, revisions.vote_subject(command.role)),
    commands.ClosePoll: lambda session, command: (revisions.POLL, revisions.VOTES),
    commands.DecideAdvice: lambda session, command: (revisions.ADVICE,),
    commands.AbandonProcedure: _procedure,
    commands.ChooseValue: _procedure,
    commands.TakeControls: lambda session, command: (revisions.CONTROLS,),
    **dict.fromkeys(
        (
            *(commands.RunStep, commands.StopStep, commands.SettleStep, commands.SkipStep, commands.AnswerStep),
            *(commands.RepeatSteps, commands.ApproveStep),
        ),
        _step,
    ),
}
"""Command to what it decides about, as subjects of revisions."""
