"""The time plan: what is left of the window, until when a rollback can start, and each phase against its plan."""

from mmcockpit.core.model.checklist import Phase
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.model.time_plan import PhaseTime as PhaseTime
from mmcockpit.core.model.time_plan import TimePlan as TimePlan
from mmcockpit.core.rules.advice import no_return
from mmcockpit.core.rules.per_fact import per_fact
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.session import Session


@per_fact
def time_plan(session: Session, now: Stamp) -> TimePlan:
    """Return the time plan at this moment; that of a closed session does not change after its end.

    Raises ValueError before the session was opened.
    """
    window, at = session.cockpit.window, _end(session, now)
    procedure = rollback_procedure(session)
    usual_s = procedure.usual_s if procedure is not None else 0.0
    late = no_return(session, procedure.target if procedure is not None else "")
    possible = window is not None and usual_s > 0 and not late and not _begun(session, procedure)
    return TimePlan(
        elapsed_s=max(at.at - session.started.at, 0.0) if session.started else 0.0,
        used_s=None if window is None else at.wall - window.start,
        left_s=None if window is None else window.end - at.wall,
        rollback=procedure.id if procedure is not None else "",
        rollback_s=usual_s or None,
        latest_rollback=window.end - usual_s if window is not None and possible else None,
        phases=tuple(_phase(session, n, phase, at) for n, phase in enumerate(session.cockpit.checklist.phases)),
        path_s=work_plan(session, now).path_s,
    )


def rollback_procedure(session: Session) -> Procedure | None:
    """Return the procedure that a rollback would follow: one that abort rules queue.

    Of several, the open one, then the first of the queue, then the one of the latest target, then the one that takes
    longest.
    """
    known = [one for one in session.cockpit.checklist.procedures if one.aborts]
    open_ids = {run.procedure.id for run in open_runs(session)}
    queued = [procedure.id for procedure, _ in queue(session)]
    for wanted in (open_ids, queued):
        chosen = next((one for one in known if one.id in wanted), None)
        if chosen is not None:
            return chosen
    reached = [phase.target for phase in session.cockpit.checklist.phases[: session.phase + 1] if phase.target]
    own = [one for one in known if reached and one.target == reached[-1]]
    return max(own or known, key=lambda one: one.usual_s, default=None)


def planned_s(phase: Phase) -> float | None:
    """Return the planned seconds of a phase: its own estimate, or the sum of its items'; None if it has neither."""
    return phase.estimate or sum(item.estimate for item in phase.items) or None


def _end(session: Session, now: Stamp) -> Stamp:
    closed = session.closed is not None and session.last is not None and session.last.at < now.at
    return session.last if closed and session.last is not None else now


def _begun(session: Session, procedure: Procedure | None) -> bool:
    """Return whether the rollback is open or was done to its end; an abandoned one may still be needed."""
    run = session.procedures.get(procedure.id) if procedure is not None else None
    return run is not None and not run.abandoned


def _phase(session: Session, index: int, phase: Phase, now: Stamp) -> PhaseTime:
    opened = session.opened_at
    passed = opened[index + 1] if index + 1 < len(opened) else now
    states = [session.items[item.id].state for item in phase.items]
    return PhaseTime(
        phase=phase.id,
        title=phase.title,
        planned_s=planned_s(phase),
        actual_s=max(passed.at - opened[index].at, 0.0) if index < len(opened) else None,
        done=sum(state in SATISFIED for state in states),
        total=len(states),
    )
