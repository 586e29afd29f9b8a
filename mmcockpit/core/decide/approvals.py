"""Decisions on the approval of a step by a second person."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.seats.approvals import LONGEST_S, SHORTEST_S, approval_refused
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved


def approve_step(session: Session, command: commands.ApproveStep, now: Stamp) -> Decision:
    """Approve exactly the command that the step would run now, as second person, for a limited time."""
    run = session.procedures.get(command.procedure)
    if run is None or run.closed is not None:
        return Refusal(Code.PROCEDURE_NOT_OPEN, command.procedure)
    step_run = run.steps.get(command.step)
    if step_run is None:
        return Refusal(Code.UNKNOWN_STEP, command.step, names=tuple(run.steps))
    step = step_run.step
    if refusal := approval_refused(session, step, command.by):
        return refusal
    if step_run.state not in (StepState.READY, StepState.FAILED):
        return Refusal(Code.STEP_STATE, step.title, state=step_run.state)
    argv, missing = resolved(step, run.values, session.cockpit.cluster_of)
    if missing:
        return Refusal(Code.NO_VALUE, names=missing)
    if argv != command.argv:
        return Refusal(Code.COMMAND_CHANGED)
    if not SHORTEST_S <= command.for_s <= LONGEST_S:
        return Refusal(Code.APPROVAL_NEEDS_DURATION, step.title)
    until = round(now.at + command.for_s, 3)
    return [facts.StepApproved(run.procedure.id, step.id, argv, command.where, command.by, step.approve, until)]
