"""The effect of each fact of procedures on a session."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.channels import CLIPBOARD
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.deliveries import begin_sending
from mmcockpit.core.state.procedure_runs import OUTPUT_KEPT, PROCEDURES, Call, ProcedureRun, StepRun
from mmcockpit.core.state.session import SentMessage, Session, Topic


def _queued(session: Session, stamp: Stamp, body: facts.ProcedureQueued) -> set[Topic]:
    call = session.calls.setdefault(body.procedure, Call(body.reason, stamp))
    call.causes = body.causes
    return {PROCEDURES}


def _unqueued(session: Session, stamp: Stamp, body: facts.ProcedureUnqueued) -> set[Topic]:
    session.calls.pop(body.procedure, None)
    return {PROCEDURES}


def _opened(session: Session, stamp: Stamp, body: facts.ProcedureOpened) -> set[Topic]:
    procedures = session.opened.cockpit.checklist.procedures if session.opened else ()
    procedure = next((one for one in procedures if one.id == body.procedure), None)
    if procedure is None:
        return set()
    before = session.procedures.pop(body.procedure, None)
    run = ProcedureRun(procedure, stamp, body.by, before.number + 1 if before else 1)
    run.steps = {step.id: StepRun(step) for step in procedure.steps}
    run.left = dict(before.left) if before else {}
    run.ready(stamp)
    session.procedures[body.procedure] = run
    if body.procedure in session.calls:
        session.calls[body.procedure].answered = True
    return {PROCEDURES}


def _closed(session: Session, stamp: Stamp, body: facts.ProcedureClosed) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    if run is None or run.closed is not None:
        return set()
    run.closed = body
    for one in run.steps.values():
        one.turn(StepState.ABANDONED, stamp, body.by, body.reason)
    return {PROCEDURES}


def _changed(session: Session, stamp: Stamp, body: facts.StepChanged) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    one = run.steps.get(body.step) if run else None
    if run is None or one is None or run.closed is not None:
        return set()
    begins = one.state is not StepState.RUNNING and body.now is StepState.RUNNING
    if not one.turn(body.now, stamp, body.by, body.because):
        return set()
    if begins:
        one.started, one.argv, one.where, one.attempt = stamp, body.argv, body.where, body.attempt or 1
        one.ended, one.exit, one.ms, one.file, one.dropped = None if body.argv else stamp, None, 0.0, "", 0
        one.process = None
        one.output.clear()
        _pass_return(session, run, one)
    elif body.exit is not None:
        one.ended, one.exit, one.ms, one.file = stamp, body.exit, body.ms, body.output
        one.process = None
    if one.step.manual and body.now is StepState.OK:
        _pass_return(session, run, one)
    run.take(body)
    run.ready(stamp)
    return {PROCEDURES}


def _pass_return(session: Session, run: ProcedureRun, one: StepRun) -> None:
    if one.step.no_return and run.procedure.target:
        session.past_return_of.add(run.procedure.target)
    elif one.step.no_return:
        session.past_return = True


def _output(session: Session, stamp: Stamp, body: facts.StepOutput) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    one = run.steps.get(body.step) if run else None
    if one is None:
        return set()
    one.output.extend((body.error, line) for line in body.text.splitlines()[-OUTPUT_KEPT:])
    one.dropped += body.dropped
    return {PROCEDURES}


def _process(session: Session, stamp: Stamp, body: facts.StepProcess) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    one = run.steps.get(body.step) if run else None
    if one is None:
        return set()
    one.process = body
    return {PROCEDURES}


def _repeated(session: Session, stamp: Stamp, body: facts.StepsRepeated) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    if run is None or run.closed is not None or body.step not in run.steps:
        return set()
    run.repeat(body.step, stamp)
    return {PROCEDURES}


def _chosen(session: Session, stamp: Stamp, body: facts.ValueChosen) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    if run is None:
        return set()
    run.values[body.name] = body.value
    return {PROCEDURES}


def _sent(session: Session, stamp: Stamp, body: facts.MessageSent) -> set[Topic]:
    key = SentMessage(body.message, body.change, body.to, body.text)
    # A message that failed may be sent again.
    (session.sent.discard if body.failed else session.sent.add)(key)
    if not body.failed and body.to != CLIPBOARD:
        begin_sending(session, (body.to,), body.message)
    return {PROCEDURES}


APPLY: dict[type[facts.Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.ProcedureQueued: _queued,
    facts.ProcedureUnqueued: _unqueued,
    facts.ProcedureOpened: _opened,
    facts.ProcedureClosed: _closed,
    facts.StepChanged: _changed,
    facts.StepOutput: _output,
    facts.StepProcess: _process,
    facts.StepsRepeated: _repeated,
    facts.ValueChosen: _chosen,
    facts.MessageSent: _sent,
}
"""Kind of fact of procedures to its effect on a session."""
