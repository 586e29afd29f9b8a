"""The procedures of a session that are open, and the queue of those that are called for."""

from collections.abc import Iterator

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import INTERRUPTED, Call, ProcedureRun, StepRun
from mmcockpit.core.state.session import Session


def open_runs(session: Session) -> Iterator[ProcedureRun]:
    """Yield the runs that are not over, oldest first."""
    return (run for run in session.procedures.values() if run.closed is None)


def working(session: Session) -> StepRun | None:
    """Return the step whose command is running; there is never more than one."""
    return next((one for run in open_runs(session) for one in run.steps.values() if one.working), None)


def lingering(session: Session) -> StepRun | None:
    """Return a step whose command outlived the cockpit that had started it."""
    return next((one for run in open_runs(session) for one in run.steps.values() if one.lingers), None)


def queue(session: Session) -> list[tuple[Procedure, Call]]:
    """Return the procedures that are called for and not started, without consequences of those queued or open.

    Procedures of abort rules (the rollback) come before those of alerts; each group oldest first.
    """
    calls = session.calls
    opened = {run.procedure.id for run in open_runs(session)}
    busy = {name for name, call in calls.items() if not call.answered} | opened
    known = {one.id: one for one in session.cockpit.checklist.procedures}
    called = [
        (known[name], call)
        for name, call in calls.items()
        if not call.answered and name in known and name not in opened and not busy & set(known[name].after)
    ]
    return sorted(called, key=lambda pair: not pair[0].aborts)


def interrupt(session: Session, stamp: Stamp) -> None:
    """Mark the steps as unknown that were running when the cockpit ended."""
    for run in open_runs(session):
        for one in run.steps.values():
            if one.state is StepState.RUNNING:
                one.turn(StepState.UNKNOWN, stamp, because=INTERRUPTED)
