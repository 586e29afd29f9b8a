"""Decisions on procedures and messages: commands to facts, or why they are refused."""

import re
from collections.abc import Mapping

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.marks import LONGEST_REASON
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Cluster, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.patterns import search
from mmcockpit.core.rules.message import change
from mmcockpit.core.state.open_procedures import lingering, working
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun, capture_of, running
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain

Decision = tuple[str, list[facts.AnyBody]]

LONGEST_VALUE = 200
LONGEST_DETAIL = 300
LONGEST_MESSAGE = 4_000

_REFERENCE = re.compile(r"\$\{(values|cluster)\.([A-Za-z_][A-Za-z0-9_]*)\}")


def resolved(step: Step, values: Mapping[str, str], cluster: Cluster) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the argv of a step with its references replaced, and the names of those that have no value yet."""
    known = {
        **{f"values.{name}": value for name, value in values.items()},
        "cluster.kubeconfig": cluster.kubeconfig,
        "cluster.context": cluster.context,
        "cluster.server": cluster.server,
    }
    missing: list[str] = []

    def one(match: re.Match[str]) -> str:
        name = f"{match[1]}.{match[2]}"
        if not known.get(name):
            missing.append(match[2] if match[1] == "values" else name)
            return match[0]
        return known[name]

    return tuple(_REFERENCE.sub(one, word) for word in step.argv), tuple(dict.fromkeys(missing))


def clustered(step: Step) -> bool:
    """Return whether the step's command connects to a cluster."""
    return any("${cluster." in word for word in step.argv)


def open_procedure(session: Session, command: commands.OpenProcedure, now: Stamp) -> Decision:
    """Start a procedure that is not open."""
    known = {one.id for one in session.cockpit.checklist.procedures}
    if command.procedure not in known:
        return f"no procedure is called {command.procedure!r}", []
    run = session.procedures.get(command.procedure)
    if run is not None and run.closed is None:
        return f"{run.procedure.title} is open already", []
    return "", [facts.ProcedureOpened(command.procedure, command.by)]


def abandon(session: Session, command: commands.AbandonProcedure, now: Stamp) -> Decision:
    """Abandon an open procedure; a running step has to end first."""
    run = session.procedures.get(command.procedure)
    reason = plain(command.reason, LONGEST_REASON)
    if run is None or run.closed is not None:
        return "this procedure is not open", []
    if any(one.state is StepState.RUNNING for one in run.steps.values()):
        return "a step is running: end it first (Ctrl+C)", []
    if not reason:
        return "abandoning a procedure needs a reason", []
    return "", [facts.ProcedureClosed(command.procedure, True, command.by, reason)]


def run_step(session: Session, command: commands.RunStep, now: Stamp) -> Decision:
    """Start a step that is ready, or repeat one that failed, exactly as the dialog showed it."""
    run, one, wrong = _find(session, command.procedure, command.step)
    if run is None or one is None:
        return wrong, []
    step = one.step
    argv, missing = resolved(step, run.values, session.cockpit.cluster)
    busy = working(session)
    if one.state not in (StepState.READY, StepState.FAILED):
        return f"{step.title} is {one.state}", []
    if not argv and not step.signal:
        return f"{step.title} has no command: say how it ended", []
    if step.typed != command.typed:
        return f"type {' and '.join(step.typed)} to run {step.title}", []
    if not argv:
        return "", _started(command)
    if not session.cockpit.allow.procedures:
        return "the cockpit file does not allow running steps (allow: procedures); y copies the command", []
    if busy is not None:
        return f"{busy.step.title} is still running", []
    older = lingering(session)
    if older is not None and older.process is not None:
        return f"process {older.process.pid} of {older.step.title} still runs: wait for its end, or end it", []
    if missing:
        return f"{', '.join(missing)} has no value yet: choose one first", []
    if argv != command.argv:
        return "what would run is no longer what the dialog showed: look again", []
    return "", _started(command)


def _started(command: commands.RunStep) -> list[facts.AnyBody]:
    running = StepState.RUNNING
    return [
        facts.StepChanged(command.procedure, command.step, running, command.by, argv=command.argv, where=command.where)
    ]


def stop_step(session: Session, command: commands.StopStep, now: Stamp) -> Decision:
    """Stop a running command: the engine stops it and records how it ended."""
    _, one, wrong = _find(session, command.procedure, command.step)
    return (wrong or ("" if one is not None and one.working else "nothing is running")), []


def settle_step(session: Session, command: commands.SettleStep, now: Stamp) -> Decision:
    """Record the outcome of a manual step, an unknown one, one that waits for its effect, or a failed and fixed one."""
    _, one, wrong = _find(session, command.procedure, command.step)
    if one is None:
        return wrong, []
    reason = plain(command.reason, LONGEST_REASON)
    if one.working:
        return f"{one.step.title} is still running: Ctrl+C ends it", []
    open_states = (StepState.READY, StepState.RUNNING, StepState.UNKNOWN)
    if one.state not in open_states and not (one.state is StepState.FAILED and command.ok):
        return f"{one.step.title} is {one.state}", []
    if not reason and (one.state is not StepState.READY or one.step.argv or not command.ok):
        return "say how you know", []
    now_state = StepState.OK if command.ok else StepState.FAILED
    return "", [facts.StepChanged(command.procedure, command.step, now_state, command.by, reason or "by hand")]


def skip_step(session: Session, command: commands.SkipStep, now: Stamp) -> Decision:
    """Skip a step that is ready or failed."""
    _, one, wrong = _find(session, command.procedure, command.step)
    if one is None:
        return wrong, []
    reason = plain(command.reason, LONGEST_REASON)
    if one.state not in (StepState.READY, StepState.FAILED):
        return f"{one.step.title} is {one.state}", []
    if not reason:
        return "leaving a step out needs a reason", []
    return "", [facts.StepChanged(command.procedure, command.step, StepState.SKIPPED, command.by, reason)]


def choose_value(session: Session, command: commands.ChooseValue, now: Stamp) -> Decision:
    """Choose one of the values that a step captured."""
    run = session.procedures.get(command.procedure)
    if run is None or run.closed is not None:
        return "this procedure is not open", []
    found = run.found.get(command.name, ())
    if command.value not in found:
        return f"{command.value!r} is none of {', '.join(found) or 'nothing found yet'}", []
    if command.value == running(found, capture_of(run, command.name)):
        return f"{command.name} {command.value} is in use now: choose another one", []
    later = [one for one in run.steps.values() if f"${{values.{command.name}}}" in " ".join(one.step.argv)]
    if any(one.started is not None for one in later):
        return f"{command.name} was used already: repeat the step that shows them to choose again", []
    return "", [facts.ValueChosen(command.procedure, command.name, command.value, command.by)]


def repeat_steps(session: Session, command: commands.RepeatSteps, now: Stamp) -> Decision:
    """Reset a procedure to a step that is over, so that another value can be chosen."""
    run, one, wrong = _find(session, command.procedure, command.step)
    if run is None or one is None:
        return wrong, []
    reason = plain(command.reason, LONGEST_REASON)
    names = list(run.steps)
    if run.current is None or names.index(command.step) >= names.index(run.current.step.id):
        return f"{one.step.title} is {one.state}: only a step that is done with is repeated", []
    busy, older = working(session), lingering(session)
    if busy is not None:
        return f"{busy.step.title} is still running: end it first (Ctrl+C)", []
    if older is not None:
        return f"the process of {older.step.title} still runs: wait for its end, or end it", []
    if run.unknown:
        return f"the outcome of {run.unknown[0].step.title} is unknown: record how it ended first", []
    if not reason:
        return "repeating steps needs a reason", []
    return "", [facts.StepsRepeated(command.procedure, command.step, command.by, reason)]


def send_message(session: Session, command: commands.SendMessage, now: Stamp) -> Decision:
    """Send a message about the present change; each message is sent once per change."""
    text = "\n".join(plain(line, LONGEST_MESSAGE) for line in command.text.splitlines())[:LONGEST_MESSAGE]
    if command.message not in {one.id for one in session.cockpit.messages}:
        return f"no message is called {command.message!r}", []
    if not text.strip():
        return "the message is empty", []
    if command.to == "webhook" and not session.cockpit.webhook:
        return "the cockpit file names no webhook (messages: webhook)", []
    if command.change != change(session):
        return "the situation has changed since the message was written: look again", []
    if (command.message, command.change, command.to) in session.sent:
        return "this was sent already, and nothing has changed since", []
    return "", [facts.MessageSent(command.message, command.change, text, command.to, command.by)]


def detailed_values(pattern: str, lines: list[str]) -> dict[str, dict[str, str]]:
    """Return the matches of a pattern's group 1 in the lines, each with its named groups.

    A match that could be taken for an option (`-…`) is not a value. Raises TooSlow.
    """
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        match = search(pattern, line)
        value = plain(match[1], LONGEST_VALUE) if match and match[1] else ""
        if value and not value.startswith("-") and value not in found:
            details = match.groupdict().items()
            found[value] = {name: plain(text, LONGEST_DETAIL) for name, text in details if text}
    return found


def picked(pick: str, found: tuple[str, ...]) -> str:
    """Return which of the found values is taken automatically; empty if the operator chooses."""
    match pick:
        case "first" if found:
            return found[0]
        case "last" if found:
            return found[-1]
        case "previous" if len(found) > 1:
            return found[-2]
    return ""


def _find(session: Session, procedure: str, step: str) -> tuple[ProcedureRun | None, StepRun | None, str]:
    run = session.procedures.get(procedure)
    if run is None or run.closed is not None:
        return None, None, "this procedure is not open: E opens it"
    one = run.steps.get(step)
    if one is None:
        return run, None, f"no step is called {step!r}"
    return run, one, ""
