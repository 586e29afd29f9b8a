"""The rules of NEXT about procedures: open steps, the advised rollback, and procedures that are called for."""

import msgspec

from mmcockpit.core.facts.reasons import ReasonKind
from mmcockpit.core.model.next_action import Next, NextKind
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.states import Advice, StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import dismissed
from mmcockpit.core.rules.next.situation import Situation
from mmcockpit.core.rules.releases import offers as releases
from mmcockpit.core.rules.seats.approvals import approval_in_force, approval_refused
from mmcockpit.core.rules.seats.people import names_with, one_identity
from mmcockpit.core.rules.steps.conditions import unmet
from mmcockpit.core.rules.steps.progress import wait_left
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.reasons import reason_text


def outcome_unknown(at: Situation) -> Next | None:
    """A step whose outcome only an operator can find out."""
    steps = [(run, step) for run in _runs(at) for step in run.unknown]
    if not steps:
        return None
    run, step = steps[0]
    pid = step.process.pid if step.lingers and step.process is not None else 0
    return _step(NextKind.OUTCOME_UNKNOWN, run, step, "run_step", len(steps) - 1, count=pid)


def rollback(at: Situation) -> Next | None:
    """The advised rollback, unless it was dismissed or one is open already."""
    if _advice(at) is not Advice.ROLLBACK or _rolling_back(at):
        return None
    stop = releases.stopping(at.session, at.session.advised.reasons if at.session.advised is not None else ())
    if stop is not None:
        return Next(NextKind.STOP, "emergency", stop.action.procedure.id, title=stop.action.label, text=stop.cause)
    called = releases.advised_rollbacks(at.session)
    return _procedure(NextKind.ROLLBACK, called[0], len(called) - 1) if called else None


def after_stop(at: Situation) -> Next | None:
    """The rollback of what is specified, after the new version was stopped."""
    procedure = releases.after_stop(at.session)
    if procedure is None or _advice(at) is Advice.FIX_FORWARD:
        return None
    return _procedure(NextKind.ROLLBACK, procedure, 0)


def fix_forward(at: Situation) -> Next | None:
    """Past the point of no return: a procedure that does not roll back, else the cause of the failure."""
    if _advice(at) is not Advice.FIX_FORWARD or at.session.advised is None:
        return None
    called = [one for one, _ in queue(at.session) if not one.aborts]
    if called:
        return _procedure(NextKind.FIX_FORWARD, called[0], len(called) - 1)
    if any(True for _ in open_runs(at.session)):
        return None
    first = at.session.advised.reasons[0]
    state = at.session.signals.get(first.subject)
    title = state.signal.title if state else first.subject
    return Next(NextKind.FIND_CAUSE, "details", first.subject, title=title)


def decide(at: Situation) -> Next | None:
    """An advised rollback that no procedure carries out: the operator decides, and the decision is recorded."""
    decided = at.session.decided
    advice = _advice(at)
    if advice is not Advice.ROLLBACK or _rolling_back(at) or (decided is not None and decided.advice is advice):
        return None
    return Next(NextKind.DECIDE, "advice")


def on_fail(at: Situation) -> Next | None:
    """A procedure that a failed step calls for."""
    calls = [(one, call) for one, call in queue(at.session) if call.reason.kind is ReasonKind.STEP]
    if not calls:
        return None
    procedure, call = calls[0]
    return _procedure(NextKind.PROCEDURE_CALLED, procedure, len(calls) - 1, reason_text(call.reason))


def failed(at: Situation) -> Next | None:
    """A step that failed: it is repeated, skipped, or recorded as done."""
    steps = _current(at, StepState.FAILED)
    return _step(NextKind.STEP_FAILED, *steps[0], "run_step", len(steps) - 1) if steps else None


def running(at: Situation) -> Next | None:
    """A step that runs, waits, starts again, or whose command has ended and whose signal has to settle.

    While another member of its group is ready, that one comes first.
    """
    steps = [
        (run, step)
        for run, step in _current(at, StepState.RUNNING, StepState.WAITING, StepState.RETRYING)
        if all(one.state is not StepState.READY for one in run.present)
    ]
    if not steps:
        return None
    run, step = steps[0]
    if step.state is StepState.WAITING:
        left = wait_left(at.session, step, at.now)
        return _step(NextKind.STEP_WAITING, run, step, "", len(steps) - 1, seconds=left)
    if step.state is StepState.RETRYING and step.step.retry is not None and step.since is not None:
        left = max(step.since.at + step.step.retry.every - at.now.at, 0.0)
        return _step(NextKind.STEP_RETRYING, run, step, "", len(steps) - 1, seconds=left, count=step.attempt + 1)
    signal = at.session.signals.get(step.step.signal)
    if step.ended is not None and signal is not None:
        passes = signal.verdict.level is Level.PASS
        left = max(step.step.hold - signal.passing.since(step.ended.at), 0.0) if passes else 0.0
        settling = _step(NextKind.STEP_SETTLING, run, step, "", len(steps) - 1, value=signal.signal.title, seconds=left)
        return msgspec.structs.replace(settling, verdict=signal.verdict)
    since = step.started.at if step.started else at.now.at
    return _step(NextKind.STEP_RUNNING, run, step, "", len(steps) - 1, seconds=at.now.at - since)


def ready(at: Situation) -> Next | None:
    """The next step of an open procedure."""
    steps = _current(at, StepState.READY)
    if not steps:
        return None
    run, step = steps[0]
    if missing := missing_approval(at, run, step):
        return missing
    refusal = unmet(at.session, run, step, at.now)
    if refusal is not None:
        return _step(NextKind.STEP_UNDECIDED, run, step, "run_step", len(steps) - 1, value=refusal.text)
    kind = _ready_kind(step.step)
    open_value = _open_value(at, run, step) if kind is NextKind.STEP_READY else ""
    return _step(kind, run, step, "run_step", len(steps) - 1, seconds=step.step.estimate, value=open_value)


def _open_value(at: Situation, run: ProcedureRun, step: StepRun) -> str:
    """Return the name of a captured value that the operator chooses before the command can run; empty without one."""
    _, missing = resolved(step.step, run.values, at.session.cockpit.cluster_of)
    return next((name for name in missing if run.found.get(name)), "")


def _ready_kind(step: Step) -> NextKind:
    if step.ask is not None:
        return NextKind.STEP_QUESTION
    if step.wait is not None or step.only_waits:
        return NextKind.STEP_WAIT
    runs = step.argv and not step.manual
    return NextKind.STEP_READY if runs else NextKind.STEP_MANUAL


def ready_steps(at: Situation) -> list[tuple[ProcedureRun, StepRun]]:
    """Return the steps that are ready, a rollback's first."""
    return _current(at, StepState.READY)


def missing_approval(at: Situation, run: ProcedureRun, one: StepRun) -> Next | None:
    """Return that a step waits for the approval of a second person; None if it needs none, or has it.

    Its action is set if the person of this seat may approve it.
    """
    session, step = at.session, one.step
    argv, missing = resolved(step, run.values, session.cockpit.cluster_of)
    if not step.approve or not argv or missing:
        return None
    if approval_in_force(session, run, one, at.now) is not None:
        return None
    runner = session.controls or run.by
    mine = at.seat.sharing is not None and approval_refused(session, step, at.seat.operator) is None
    others = [
        name for name in names_with(step.approve, session.cockpit.people) if not one_identity(session, name, runner)
    ]
    action, people = ("approve", (runner,)) if mine else ("", tuple(others))
    waits = _step(NextKind.STEP_APPROVAL, run, one, action, 0)
    return msgspec.structs.replace(waits, people=people, text=step.approve)


def called(at: Situation) -> Next | None:
    """A procedure that an alert calls for; the rollback is the business of the advice."""
    calls = [(one, call) for one, call in queue(at.session) if not one.aborts]
    if not calls:
        return None
    procedure, call = calls[0]
    return _procedure(NextKind.PROCEDURE_CALLED, procedure, len(calls) - 1, reason_text(call.reason))


def _advice(at: Situation) -> Advice | None:
    advised = at.session.advised
    return advised.advice if advised is not None and not dismissed(at.session) else None


def _rolling_back(at: Situation) -> bool:
    return any(_takes_back(run.procedure) for run in open_runs(at.session))


def _takes_back(procedure: Procedure) -> bool:
    return bool(procedure.aborts) or (procedure.offer is not None and procedure.offer.stops)


def _runs(at: Situation) -> list[ProcedureRun]:
    """Return the open runs, a rollback before the others, then the latest first."""
    return sorted(open_runs(at.session), key=lambda run: (not _takes_back(run.procedure), -run.since.at))


def _current(at: Situation, *states: StepState) -> list[tuple[ProcedureRun, StepRun]]:
    return [(run, step) for run in _runs(at) for step in run.present if step.state in states]


def _procedure(kind: NextKind, procedure: Procedure, others: int, text: str = "") -> Next:
    return Next(
        kind,
        "emergency",
        procedure.id,
        others=others,
        title=procedure.title,
        text=text,
        seconds=procedure.usual_s,
        total=len(procedure.steps),
    )


def _step(
    kind: NextKind,
    run: ProcedureRun,
    step: StepRun,
    action: str,
    others: int,
    *,
    value: str = "",
    seconds: float = 0.0,
    count: int = 0,
) -> Next:
    names = list(run.steps)
    return Next(
        kind,
        action,
        run.procedure.id,
        step.step.id,
        others,
        names.index(step.step.id) + 1,
        step.step.title,
        step.because,
        seconds=seconds,
        count=count,
        total=len(names),
        value=value,
    )
