"""Decisions on procedures and messages: commands to facts, or why they are refused."""

from typing import NamedTuple

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.channels import CLIPBOARD, WEBHOOK
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import StepState
from mmcockpit.core.patterns import matches, search
from mmcockpit.core.rules.messages.templates import change, messages
from mmcockpit.core.rules.seats.approvals import unapproved
from mmcockpit.core.rules.steps.conditions import unmet
from mmcockpit.core.state.open_procedures import busy_steps, lingering
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun, capture_of, running
from mmcockpit.core.state.session import SentMessage, Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.text import plain

LONGEST_VALUE = 200
LONGEST_DETAIL = 300
LONGEST_MESSAGE = 4_000


class Place(NamedTuple):
    """A step of an open procedure."""

    run: ProcedureRun
    step_run: StepRun


def open_procedure(session: Session, command: commands.OpenProcedure, now: Stamp) -> Decision:
    """Start a procedure that is not open."""
    known = tuple(procedure.id for procedure in session.cockpit.checklist.procedures)
    if command.procedure not in known:
        return Refusal(Code.UNKNOWN_PROCEDURE, command.procedure, names=known)
    run = session.procedures.get(command.procedure)
    if run is not None and run.closed is None:
        return Refusal(Code.PROCEDURE_ALREADY_OPEN, run.procedure.title)
    return [facts.ProcedureOpened(command.procedure, command.by)]


def abandon(session: Session, command: commands.AbandonProcedure, now: Stamp) -> Decision:
    """Abandon an open procedure; a running step has to end first."""
    run = _open_run(session, command.procedure)
    if isinstance(run, Refusal):
        return run
    reason = plain(command.reason, LONGEST_REASON)
    in_work = (StepState.RUNNING, StepState.RETRYING)
    busy = next((step for step in run.steps.values() if step.state in in_work), None)
    if busy is not None:
        return Refusal(Code.STEP_RUNNING, busy.step.title)
    if not reason:
        return Refusal(Code.ABANDON_NEEDS_REASON)
    return [facts.ProcedureClosed(command.procedure, True, command.by, reason)]


def run_step(session: Session, command: commands.RunStep, now: Stamp) -> Decision:
    """Start a step that is ready, or repeat one that failed, exactly as the dialog showed it; a wait begins."""
    place = _step(session, command.procedure, command.step)
    if isinstance(place, Refusal):
        return place
    run, ready = place
    step = ready.step
    argv, missing = resolved(step, run.values, session.cockpit.cluster_of)
    if ready.state not in (StepState.READY, StepState.FAILED):
        return Refusal(Code.STEP_STATE, step.title, state=ready.state)
    if step.ask is not None or (step.manual and step.argv):
        return Refusal(Code.MANUAL_STEP if step.manual else Code.ANSWER_REQUIRED, step.title)
    if refusal := unmet(session, run, ready, now):
        return refusal
    if step.wait is not None:
        return [facts.StepChanged(command.procedure, command.step, StepState.WAITING, command.by)]
    if not argv and not step.signal:
        return Refusal(Code.NO_COMMAND, step.title)
    if command.argv and not argv:
        return Refusal(Code.COMMAND_CHANGED)
    if step.typed != command.typed:
        return Refusal(Code.TYPE_TO_RUN, step.title, names=step.typed)
    if argv and (refusal := _may_not_run(session, command, argv, missing)):
        return refusal
    if refusal := unapproved(session, command.procedure, step, argv, command.where, command.by, now):
        return refusal
    running = StepState.RUNNING
    return [
        facts.StepChanged(command.procedure, command.step, running, command.by, argv=command.argv, where=command.where)
    ]


def _may_not_run(
    session: Session, command: commands.RunStep, argv: tuple[str, ...], missing: tuple[str, ...]
) -> Refusal | None:
    if not session.cockpit.allow.procedures:
        return Refusal(Code.STEPS_NOT_ALLOWED)
    if refusal := _still_running(session, command.procedure, command.step):
        return refusal
    if missing:
        return Refusal(Code.NO_VALUE, names=missing)
    return Refusal(Code.COMMAND_CHANGED) if argv != command.argv else None


def _still_running(session: Session, procedure: str = "", step: str = "") -> Refusal | None:
    """Return which command is running, or which process of an earlier run of the cockpit still is.

    The members of a parallel group may run at the same time.
    """
    run, older = session.procedures.get(procedure), lingering(session)
    group = run.steps[step].step.group if run is not None else ""
    members = [one for one in run.steps.values() if one.step.group == group] if run is not None and group else []
    busy = next((one for one in busy_steps(session) if not any(one is member for member in members)), None)
    if busy is not None:
        return Refusal(Code.STEP_RUNNING, busy.step.title)
    if older is not None and older.process is not None:
        return Refusal(Code.PROCESS_RUNNING, older.step.title, count=older.process.pid)
    return None


def stop_step(session: Session, command: commands.StopStep, now: Stamp) -> Decision:
    """Stop a running command, which the engine stops and whose end it records, or the retries of one that failed."""
    place = _step(session, command.procedure, command.step)
    if isinstance(place, Refusal):
        return place
    if place.step_run.state is StepState.RETRYING:
        return [facts.StepChanged(command.procedure, command.step, StepState.FAILED, command.by, "retries stopped")]
    return [] if place.step_run.working else Refusal(Code.NOTHING_RUNNING)


def settle_step(session: Session, command: commands.SettleStep, now: Stamp) -> Decision:
    """Record the outcome of a manual step, an unknown one, one that waits, or a failed and fixed one."""
    place = _step(session, command.procedure, command.step)
    if isinstance(place, Refusal):
        return place
    step_run, title = place.step_run, place.step_run.step.title
    reason = plain(command.reason, LONGEST_REASON)
    if step_run.working:
        return Refusal(Code.STEP_RUNNING, title)
    step = step_run.step
    open_states = (StepState.READY, StepState.RUNNING, StepState.WAITING, StepState.UNKNOWN)
    if step_run.state not in open_states and not (step_run.state is StepState.FAILED and command.ok):
        return Refusal(Code.STEP_STATE, title, state=step_run.state)
    if step.ask is not None:
        return Refusal(Code.ANSWER_REQUIRED, title)
    if step_run.state is StepState.READY and (refusal := unmet(session, place.run, step_run, now)):
        return refusal
    by_itself = step.wait is not None or (step.argv and not step.manual)
    if not reason and (step_run.state is not StepState.READY or by_itself or not command.ok):
        return Refusal(Code.RESULT_NEEDS_REASON, title)
    outcome = StepState.OK if command.ok else StepState.FAILED
    return [facts.StepChanged(command.procedure, command.step, outcome, command.by, reason or "manual")]


def answer_step(session: Session, command: commands.AnswerStep, now: Stamp) -> Decision:
    """Record the answer to the question of a step that is ready."""
    place = _step(session, command.procedure, command.step)
    if isinstance(place, Refusal):
        return place
    step_run, ask = place.step_run, place.step_run.step.ask
    if step_run.state is not StepState.READY or ask is None:
        return Refusal(Code.STEP_STATE, step_run.step.title, state=step_run.state)
    if refusal := unmet(session, place.run, step_run, now):
        return refusal
    value = command.value
    fits = value in ask.choices if ask.choices else matches(ask.pattern, value)
    if not fits or value.startswith("-") or value != plain(value, LONGEST_VALUE):
        return Refusal(Code.WRONG_ANSWER, step_run.step.title, text=ask.pattern, names=ask.choices)
    return [facts.StepChanged(command.procedure, command.step, StepState.OK, command.by, values={ask.name: value})]


def skip_step(session: Session, command: commands.SkipStep, now: Stamp) -> Decision:
    """Skip a step that is ready, waits or failed."""
    place = _step(session, command.procedure, command.step)
    if isinstance(place, Refusal):
        return place
    step_run, title = place.step_run, place.step_run.step.title
    reason = plain(command.reason, LONGEST_REASON)
    if step_run.state not in (StepState.READY, StepState.WAITING, StepState.FAILED):
        return Refusal(Code.STEP_STATE, title, state=step_run.state)
    if not reason:
        return Refusal(Code.SKIP_NEEDS_REASON, title)
    return [facts.StepChanged(command.procedure, command.step, StepState.SKIPPED, command.by, reason)]


def choose_value(session: Session, command: commands.ChooseValue, now: Stamp) -> Decision:
    """Choose one of the values that a step captured."""
    run = _open_run(session, command.procedure)
    if isinstance(run, Refusal):
        return run
    values = run.found.get(command.name, ())
    if command.value not in values:
        return Refusal(Code.UNKNOWN_VALUE, command.value, names=values)
    if command.value == running(values, capture_of(run, command.name)):
        return Refusal(Code.VALUE_IN_USE, command.name, command.value)
    reference = f"${{values.{command.name}}}"
    users = [step_run for step_run in run.steps.values() if reference in " ".join(step_run.step.argv)]
    if any(step_run.started is not None for step_run in users):
        return Refusal(Code.VALUE_USED, command.name)
    return [facts.ValueChosen(command.procedure, command.name, command.value, command.by)]


def repeat_steps(session: Session, command: commands.RepeatSteps, now: Stamp) -> Decision:
    """Reset a procedure to a step that is over, so that another value can be chosen."""
    place = _step(session, command.procedure, command.step)
    if isinstance(place, Refusal):
        return place
    run, step_run = place
    names = list(run.steps)
    if run.current is None or names.index(command.step) >= names.index(run.current.step.id):
        return Refusal(Code.STEP_NOT_OVER, step_run.step.title, state=step_run.state)
    if refusal := _still_running(session):
        return refusal
    if run.unknown:
        return Refusal(Code.RESULT_UNKNOWN, run.unknown[0].step.title)
    reason = plain(command.reason, LONGEST_REASON)
    if not reason:
        return Refusal(Code.REPEAT_NEEDS_REASON)
    return [facts.StepsRepeated(command.procedure, command.step, command.by, reason)]


def send_message(session: Session, command: commands.SendMessage, now: Stamp) -> Decision:
    """Send a message about the present change; the same text is sent once per change."""
    text = "\n".join(plain(line, LONGEST_MESSAGE) for line in command.text.splitlines())[:LONGEST_MESSAGE]
    known = tuple(message.id for message in messages(session))
    if command.message not in known:
        return Refusal(Code.UNKNOWN_MESSAGE, command.message, names=known)
    if not text.strip():
        return Refusal(Code.EMPTY_MESSAGE)
    if command.to == WEBHOOK and not session.cockpit.webhook:
        return Refusal(Code.NO_WEBHOOK)
    if command.to not in (CLIPBOARD, *session.cockpit.senders):
        return Refusal(Code.UNKNOWN_CHANNEL, plain(command.to, 80), names=session.cockpit.senders)
    if command.change != change(session):
        return Refusal(Code.SITUATION_CHANGED)
    if SentMessage(command.message, command.change, command.to, text) in session.sent:
        return Refusal(Code.ALREADY_SENT)
    return [facts.MessageSent(command.message, command.change, text, command.to, command.by)]


def detailed_values(pattern: str, lines: list[str]) -> dict[str, dict[str, str]]:
    """Return the matches of a pattern's group 1 in the lines, each with its named groups.

    A match that could be taken for an option (`-…`) is not a value. Raises TooSlow.
    """
    values: dict[str, dict[str, str]] = {}
    for line in lines:
        match = search(pattern, line)
        value = plain(match[1], LONGEST_VALUE) if match and match[1] else ""
        if value and not value.startswith("-") and value not in values:
            details = match.groupdict().items()
            values[value] = {name: plain(text, LONGEST_DETAIL) for name, text in details if text}
    return values


def picked(pick: str, values: tuple[str, ...]) -> str:
    """Return which of the captured values is taken automatically; empty if the operator chooses."""
    match pick:
        case "first" if values:
            return values[0]
        case "last" if values:
            return values[-1]
        case "previous" if len(values) > 1:
            return values[-2]
    return ""


def _open_run(session: Session, procedure: str) -> ProcedureRun | Refusal:
    run = session.procedures.get(procedure)
    return run if run is not None and run.closed is None else Refusal(Code.PROCEDURE_NOT_OPEN, procedure)


def _step(session: Session, procedure: str, step: str) -> Place | Refusal:
    run = _open_run(session, procedure)
    if isinstance(run, Refusal):
        return run
    step_run = run.steps.get(step)
    return Place(run, step_run) if step_run is not None else Refusal(Code.UNKNOWN_STEP, step, names=tuple(run.steps))
