"""What calls for a procedure, and whether a step has had its effect; evaluated whenever time has passed."""

from collections.abc import Iterator
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.procedures import Cause
from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.states import StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.patterns import matches
from mmcockpit.core.rules.steps.progress import progressed
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.pauses import paused_s
from mmcockpit.core.state.procedure_runs import Call, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.values import entry_name


def followed(session: Session, now: Stamp) -> list[facts.AnyBody]:
    """Return the facts about procedures that follow by themselves: queued, unqueued, done, and what steps do."""
    return [*_calls(session), *_effects(session, now), *progressed(session, now), *_done(session)]


def _calls(session: Session) -> Iterator[facts.AnyBody]:
    for procedure in session.cockpit.checklist.procedures:
        present = dict(_causes(session, procedure))
        call = session.calls.get(procedure.id)
        before = _remembered(call, procedure, session) if call is not None else ()
        causes = tuple(dict.fromkeys([*(cause for cause in before if not _over(session, cause)), *present]))
        if call is not None and not causes:
            yield facts.ProcedureUnqueued(procedure.id)
        elif causes and (call is None or causes != call.causes):
            new = next((reason for cause, reason in present.items() if cause not in before), None)
            if reason := new or (call and call.reason):
                yield facts.ProcedureQueued(procedure.id, reason, causes)


def _remembered(call: Call, procedure: Procedure, session: Session) -> tuple[Cause, ...]:
    """Return the causes of a call; where an earlier journal has none, every possible cause of the procedure."""
    if call.causes:
        return call.causes
    lists = session.cockpit.alert_lists if procedure.alerts else ()
    return (
        *(Cause(ReasonKind.ABORT, name) for name in procedure.aborts if name in session.signals),
        *(Cause(ReasonKind.ALERT, name) for name in lists if name in session.signals),
    )


def _over(session: Session, cause: Cause) -> bool:
    """Return whether a cause is gone: its signal passes or no longer lists the alert, or its step is repeated or done.

    Unknown is not gone, and a procedure that was abandoned after its step had failed still calls.
    """
    if cause.kind is ReasonKind.STEP:
        return not _still_failed(session, cause)
    state = session.signals.get(cause.signal)
    if state is None or state.asked_at is None or state.fault is not None:
        return False
    if cause.kind is ReasonKind.ABORT:
        return state.verdict.level is Level.PASS
    decided = not state.signal.judged or state.verdict.raw is not Level.UNKNOWN
    return state.reading is not None and not state.reading.defect and decided


def _still_failed(session: Session, cause: Cause) -> bool:
    procedure, _, step = cause.signal.partition("/")
    run = session.procedures.get(procedure)
    one = run.steps.get(step) if run is not None else None
    return one is not None and one.state in (StepState.FAILED, StepState.ABANDONED)


def _causes(session: Session, procedure: Procedure) -> Iterator[tuple[Cause, Reason]]:
    """Yield the present causes of a procedure with their reasons: failed abort rules, failed steps, firing alerts.

    Only its own step calls for a procedure of a target that is not reached: there is nothing to roll back yet.
    """
    reached = counts(session, procedure.target)
    for reason in session.advised.reasons if session.advised and reached else ():
        if reason.kind is ReasonKind.ABORT and reason.subject in procedure.aborts:
            yield Cause(ReasonKind.ABORT, reason.subject), reason
    for run in open_runs(session):
        for one in run.steps.values():
            if one.state is StepState.FAILED and one.step.on_fail == procedure.id:
                subject = f"{run.procedure.id}/{one.step.id}"
                reason = Reason(ReasonKind.STEP, subject, title=one.step.title, text=one.because)
                yield Cause(ReasonKind.STEP, subject), reason
    if not procedure.alerts or not reached:
        return
    for name, title, labels in _firing(session, procedure.target):
        if any(_matches(wanted, labels) for wanted in procedure.alerts):
            yield Cause(ReasonKind.ALERT, name), Reason(ReasonKind.ALERT, name, title=title)


def _firing(session: Session, target: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield (signal, title, labels) of every firing alert in the last reading of the signals that list alerts.

    Signals with a fault are skipped, and for a target those of other targets.
    """
    for name in session.cockpit.alert_lists:
        state = session.signals.get(name)
        if state is None or not isinstance(state.reading, Reading) or state.fault is not None:
            continue
        if target and state.signal.target not in ("", target):
            continue
        shape = state.signal.shape
        key = shape.key_of("labels")
        rows = state.reading.value if isinstance(state.reading.value, list) else []
        for row in rows:
            if isinstance(row, dict) and isinstance(row.get(key), dict) and _normal(row, shape):
                labels = {str(name): str(value) for name, value in row[key].items()}
                yield state.signal.name, entry_name(row, shape), labels


def _normal(row: dict[str, Any], shape: Shape) -> bool:
    """Return whether no field with normal texts has another one: an alert that is silenced does not fire."""
    graded = ((column.normal, row.get(column.key)) for column in shape.columns if column.normal)
    return all(text is None or text in normal for normal, text in graded)


def _matches(wanted: dict[str, str], labels: dict[str, str]) -> bool:
    return all(matches(pattern, labels.get(name, "")) for name, pattern in wanted.items())


def _effects(session: Session, now: Stamp) -> Iterator[facts.AnyBody]:
    for run in open_runs(session):
        for one in run.steps.values():
            if one.state is StepState.RUNNING and one.ended is not None and one.step.signal:
                state, because = _effect(session, one, now)
                if state is not None:
                    yield facts.StepChanged(run.procedure.id, one.step.id, state, because=because)


def _effect(session: Session, one: StepRun, now: Stamp) -> tuple[StepState | None, str]:
    """Return the new state of a step by its signal: passed for its hold time since the command ended, or timed out."""
    step, signal, ended = one.step, session.signals.get(one.step.signal), one.ended
    assert ended is not None, "only a step that has ended has an effect"
    if signal is not None and signal.asked_at is not None and signal.asked_at.at > ended.at:
        served = signal.passing.since(ended.at)
        if signal.verdict.level is Level.PASS and served >= step.hold:
            return StepState.OK, f"{signal.signal.title} has passed for {duration(served)}"
    if now.at - ended.at - paused_s(session, ended.at, now.at) > step.hold + step.timeout:
        says = f"{signal.signal.title} {signal.verdict.level}" if signal else f"unknown signal {step.signal}"
        return StepState.FAILED, f"no effect within {duration(step.hold + step.timeout)}: {says}"
    return None, ""


def _done(session: Session) -> Iterator[facts.AnyBody]:
    for run in open_runs(session):
        if run.steps and run.current is None:
            yield facts.ProcedureClosed(run.procedure.id)
