"""Approvals of steps: exactly this command, on this API server, for this time, by a second identity."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import folded
from mmcockpit.core.model.procedure import Step
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.seats.people import names_with, one_identity, roles_of
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.releases.revisions import step_subject
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved

SHORTEST_S, LONGEST_S = 60.0, 3600.0
"""Limits of the time for which a step can be approved."""


def unapproved(
    session: Session, procedure: str, step: Step, argv: tuple[str, ...], where: str, by: str, now: Stamp
) -> Refusal | None:
    """Return why `by` may not run exactly this command of a step on this API server for lack of an approval.

    None if a valid approval of another identity exists, or if the step needs none. An approval is valid for one start.
    """
    if not step.approve or not argv:
        return None
    names = names_with(step.approve, session.cockpit.people)
    missing = Refusal(Code.APPROVAL_MISSING, step.title, step.approve, names=names)
    approval = session.approvals.get(step_subject(procedure, step.id))
    if approval is None or approval.seq < session.revisions.get(step_subject(procedure, step.id), 0):
        return missing
    fact = approval.fact
    if (fact.argv, fact.where) != (argv, where):
        return Refusal(Code.APPROVAL_DIFFERS, step.title, by=fact.by)
    if now.at > fact.until:
        return Refusal(Code.APPROVAL_EXPIRED, step.title, by=fact.by, for_s=now.at - fact.until)
    if one_identity(session, fact.by, by):
        return Refusal(Code.APPROVED_BY_SELF, step.title, by=by)
    return None


def approval_refused(session: Session, step: Step, by: str) -> Refusal | None:
    """Return why a person cannot approve a step: its role is another one, or they would run it themselves."""
    if not step.approve:
        return Refusal(Code.NO_APPROVAL_NEEDED, step.title)
    people = session.cockpit.people
    if folded(step.approve) not in roles_of(by, people):
        return Refusal(Code.NOT_APPROVER, step.title, step.approve, by=by, names=names_with(step.approve, people))
    if session.controls and one_identity(session, session.controls, by):
        return Refusal(Code.APPROVER_HAS_CONTROLS, step.title, by=session.controls)
    return None


def approval_in_force(session: Session, run: ProcedureRun, step_run: StepRun, now: Stamp) -> facts.StepApproved | None:
    """Return the approval with which the step could be started now by the person who has the controls."""
    approval = session.approvals.get(step_subject(run.procedure.id, step_run.step.id))
    if approval is None:
        return None
    argv, _ = resolved(step_run.step, run.values, session.cockpit.cluster_of)
    reason = unapproved(session, run.procedure.id, step_run.step, argv, approval.fact.where, session.controls, now)
    return None if reason else approval.fact
