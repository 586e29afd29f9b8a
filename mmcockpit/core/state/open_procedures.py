"""The procedures of a session that are open, and the queue of those that are called for."""

from collections.abc import Iterator

from mmcockpit.core.facts.reasons import ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import INTERRUPTED, Call, ProcedureRun, StepRun
from mmcockpit.core.state.session import Session


def open_runs(session: Session) -> Iterator[ProcedureRun]:
    """Yield the runs that are not over, oldest first."""
    return (run for run in session.procedures.values() if run.closed is None)


def working(session: Session) -> StepRun | None:
    """Return a step whose command is running or will be started again; there are several only in a parallel group."""
    return next(busy_steps(session), None)


def busy_steps(session: Session) -> Iterator[StepRun]:
    """Yield the steps whose command is running or will be started again."""
    return (one for run in open_runs(session) for one in run.steps.values() if one.busy)


def lingering(session: Session) -> StepRun | None:
    """Return a step whose command outlived the cockpit that had started it."""
    return next((one for run in open_runs(session) for one in run.steps.values() if one.lingers), None)


def queue(session: Session) -> list[tuple[Procedure, Call]]:
    """Return the procedures that are called for and not started, without consequences of those queued or open.

    Procedures of abort rules (the rollback) and of failed steps come before those of alerts; each group oldest first.
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
    return sorted(called, key=lambda pair: not pair[0].aborts and pair[1].reason.kind is not ReasonKind.STEP)


def interrupt(session: Session, stamp: Stamp) -> None:
    """Mark the steps as unknown that were running when the cockpit ended, and end the retries of the others."""
    for run in open_runs(session):
        for one in run.steps.values():
            if one.state is StepState.RUNNING:
                one.turn(StepState.UNKNOWN, stamp, because=INTERRUPTED)
            elif one.state is StepState.RETRYING:
                one.turn(StepState.FAILED, stamp, because=f"the cockpit ended before attempt {one.attempt + 1}")
