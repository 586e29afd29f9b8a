"""Collects the runs of procedures from their facts."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import INTERRUPTED
from mmcockpit.report.attempts import Followed, Tried
from mmcockpit.report.past import Past
from mmcockpit.report.times import When

_SETTLED = frozenset({StepState.OK, StepState.FAILED, StepState.SKIPPED, StepState.ABANDONED})
_BEGUN = frozenset({StepState.RUNNING, StepState.WAITING, StepState.RETRYING, StepState.FAILED, StepState.UNKNOWN})


def keep(past: Past, body: facts.AnyBody, now: When) -> None:
    """Collect what a fact records about procedures."""
    take = _TAKES.get(type(body))
    if take is not None:
        take(past, body, now)


def procedure(past: Past, name: str) -> Procedure:
    """Return a procedure of the checklist; one without steps if the checklist does not have it."""
    known = past.session.opened.cockpit.checklist.procedures if past.session.opened else ()
    return next((one for one in known if one.id == name), Procedure(name, name))


def _run(past: Past, name: str, now: When) -> Followed:
    """Return the latest run of a procedure; a new one if the journal lost its beginning."""
    latest = next((one for one in reversed(past.followed) if one.id == name), None)
    if latest is None:
        latest = Followed(name, procedure(past, name).title, now, "")
        past.followed.append(latest)
    return latest


def _opened(past: Past, body: facts.ProcedureOpened, now: When) -> None:
    past.followed.append(Followed(body.procedure, procedure(past, body.procedure).title, now, body.by))


def _closed(past: Past, body: facts.ProcedureClosed, now: When) -> None:
    run = _run(past, body.procedure, now)
    run.closed, run.ended = body, now


def _changed(past: Past, body: facts.StepChanged, now: When) -> None:
    run = _run(past, body.procedure, now)
    tried = run.latest(body.step)
    begins = body.now in (StepState.RUNNING, StepState.WAITING) and body.exit is None
    if tried is None or begins or tried.state in (StepState.OK, StepState.SKIPPED, StepState.ABANDONED):
        steps = procedure(past, body.procedure).steps
        title = next((one.title for one in steps if one.id == body.step), body.step)
        title += f" (attempt {body.attempt})" if body.attempt > 1 else ""
        tried = Tried(body.step, title, now, body.now, body.by, argv=body.argv, where=body.where)
        run.tried.append(tried)
    tried.because = _because(tried, body)
    tried.state, tried.by = body.now, tried.by or body.by
    tried.values |= body.values
    if body.exit is not None:
        tried.exit, tried.ms, tried.file = body.exit, body.ms, body.output


def _because(tried: Tried, body: facts.StepChanged) -> str:
    """Return why a step has its state; with the person who recorded it, if its command or its wait had begun before."""
    if not body.by or body.now not in _SETTLED or tried.state not in _BEGUN:
        return body.because or tried.because
    recorded = f"{body.now} by {body.by}"
    return ", ".join(filter(None, [tried.because, f"{recorded}: {body.because}" if body.because else recorded]))


def _output(past: Past, body: facts.StepOutput, now: When) -> None:
    run = _run(past, body.procedure, now)
    tried = run.latest(body.step)
    if tried is None:
        tried = Tried(body.step, body.step, now, StepState.RUNNING)
        run.tried.append(tried)
    tried.output += [f"! {line}" if body.error else f"  {line}" for line in body.text.split("\n")]
    tried.dropped += body.dropped


def _chosen(past: Past, body: facts.ValueChosen, now: When) -> None:
    _run(past, body.procedure, now).chosen.append(f"{body.name} {body.value} by {body.by}")


def _resumed(past: Past, body: facts.Resumed, now: When) -> None:
    for run in past.followed:
        # An earlier attempt remains as it was when the next one began.
        for tried in (one for one in run.tried if one is run.latest(one.step)):
            if tried.state is StepState.RUNNING:
                tried.state, tried.because = StepState.UNKNOWN, INTERRUPTED
            elif tried.state is StepState.RETRYING:
                tried.state, tried.because = StepState.FAILED, "the cockpit ended before the next attempt"


_TAKES: dict[type[facts.Body], Callable[[Past, Any, When], None]] = {
    facts.ProcedureOpened: _opened,
    facts.ProcedureClosed: _closed,
    facts.StepChanged: _changed,
    facts.StepOutput: _output,
    facts.ValueChosen: _chosen,
    facts.Resumed: _resumed,
}
