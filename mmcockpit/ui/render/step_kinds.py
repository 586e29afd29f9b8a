"""What a step is besides a command: its condition, retries, wait, question or group, as text."""

from collections.abc import Iterator

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import ANY_TEXT, ASK, STOP, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.steps.conditions import holds, unmet
from mmcockpit.core.rules.steps.progress import wait_left
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration, took
from mmcockpit.ui.render.text import Role, plain


def attempts(step: Step) -> int:
    """Return how often a command starts at most after one confirmation."""
    return 1 + step.retry.times if step.retry is not None else 1


def attempt_words(one: StepRun, now: Stamp) -> str:
    """Return which attempt runs or follows: `attempt 2 of 3 in 8s`; empty for a step that is not repeated."""
    step = one.step
    if step.retry is None:
        return ""
    if one.state is StepState.RETRYING and one.since is not None:
        left = max(0.0, one.since.at + step.retry.every - now.at)
        return f"attempt {one.attempt + 1} of {attempts(step)} in {duration(left)}"
    return _attempt(one)


def _attempt(one: StepRun) -> str:
    """Return which attempt this one is or was; empty for the first."""
    return f"attempt {one.attempt} of {attempts(one.step)}" if one.attempt > 1 else ""


def kind_status(one: StepRun, session: Session, now: Stamp) -> str:
    """Return the status of a step that waits, is repeated, or is no plain command; empty for any other."""
    step = one.step
    match one.state:
        case StepState.READY:
            return _ready(one, session, now)
        case StepState.WAITING:
            left = duration(wait_left(session, one, now))
            return f"waits, at most {left} left" if step.wait and step.wait.until else f"waits, {left} left"
        case StepState.RETRYING:
            return f"failed, {attempt_words(one, now)}"
        case StepState.PENDING:
            return pending_words(step)
    return ""


def pending_words(step: Step) -> str:
    """Return what a step will be, before it is its turn; empty for a plain command."""
    kind = "question" if step.ask is not None else "wait" if step.wait is not None else "manual" if step.manual else ""
    return ", ".join(filter(None, ("conditional" if step.when else "", kind)))


def group_words(run: ProcedureRun | None, one: StepRun) -> str:
    """Return which steps run at the same time as this one: `parallel 4-6`; empty outside a group."""
    numbers = [n for n, _ in members(run, one)] if run is not None else []
    return f"parallel {numbers[0]}-{numbers[-1]}" if numbers else ""


def members(run: ProcedureRun, one: StepRun) -> list[tuple[int, StepRun]]:
    """Return the steps of the group of a step with their numbers from 1; none outside a group."""
    group = one.step.group
    return [(n, other) for n, other in enumerate(run.steps.values(), 1) if group and other.step.group == group]


def bracket(run: ProcedureRun, one: StepRun) -> str:
    """Return the mark that joins the rows of a group; empty outside a group."""
    steps = [other for _, other in members(run, one)]
    if not steps:
        return ""
    return "┌" if one is steps[0] else "└" if one is steps[-1] else "├"


def _ready(one: StepRun, session: Session, now: Stamp) -> str:
    run, step = run_of(session, one), one.step
    refusal = unmet(session, run, one, now) if run is not None else None
    if refusal is not None:
        return f"condition not met: {plain(refusal.text, 120)}"
    if step.ask is not None:
        return "needs an answer"
    if step.wait is not None or step.only_waits:
        return "next: a wait"
    return "next: done by a person" if step.manual else ""


def run_of(session: Session, one: StepRun) -> ProcedureRun | None:
    """Return the open run that a step belongs to."""
    runs = session.procedures.values()
    return next((run for run in runs if any(one is other for other in run.steps.values())), None)


def kind_rows(run: ProcedureRun, one: StepRun, session: Session, now: Stamp) -> Iterator[tuple[str, str, Role]]:
    """Yield labels, texts and roles of what a step is besides a command."""
    step = one.step
    if step.group:
        yield "parallel", _group_row(run, one), "accent"
    if step.when:
        skipped = one.state is StepState.SKIPPED and not one.by
        yield "only if", plain(step.when, 300), "warn" if skipped else "text"
        refusal = unmet(session, run, one, now) if one.state is StepState.READY and run.number else None
        if refusal is not None:
            yield "", f"not met: {plain(refusal.text, 200)}", "warn"
    if step.wait is not None:
        yield "waits", wait_words(step), "text"
        if one.state is StepState.WAITING and step.wait.until:
            yield "", _truth_words(holds(session, run, step.wait.until, now, one.since)), "warn"
    if step.ask is not None:
        yield "asks", question_words(step), "text"
    if step.manual:
        yield "manual", "a person does it; the cockpit never runs it", "text"
    if step.retry is not None:
        yield "retry", retry_words(step), "text"
    if step.on_fail == ASK:
        yield "if failed", "you are asked at once: retry, skip or abandon", "text"
    elif step.on_fail != STOP:
        yield "if failed", f"procedure {plain(step.on_fail, 60)} is called for", "text"


def _group_row(run: ProcedureRun, one: StepRun) -> str:
    steps = members(run, one)
    over = sum(other.state in OVER for _, other in steps)
    busy = sum(other.busy for _, other in steps)
    runs = f", {busy} running" if busy else ""
    title = plain(run.procedure.groups.get(one.step.group, one.step.group), 80)
    return f"{title}, steps {steps[0][0]}-{steps[-1][0]}: {over} of {len(steps)} over{runs}"


def _truth_words(truth: bool | Undecided) -> str:
    """Return what a wait still lacks."""
    if isinstance(truth, Undecided):
        return f"not known yet: {plain(truth.reason, 200)}"
    return "true now" if truth else "not true yet"


def wait_words(step: Step) -> str:
    """Return what a step waits for."""
    wait = step.wait
    if wait is None:
        return ""
    timed = f"for {duration(wait.for_s)}" if wait.for_s else ""
    limit = f"at most {duration(step.timeout)}"
    until = f"until {plain(wait.until, 300)}, {limit}" if wait.until else ""
    return ", then ".join(filter(None, (timed, until)))


def question_words(step: Step) -> str:
    """Return what a step asks, and which answers it takes."""
    ask = step.ask
    if ask is None:
        return ""
    matched = "any text" if ask.pattern == ANY_TEXT else f"matches {ask.pattern}"
    takes = f"one of {', '.join(ask.choices)}" if ask.choices else matched
    about = plain(ask.about, 200)
    return f"{about or plain(ask.name, 60)} ({plain(takes, 300)})"


def retry_words(step: Step) -> str:
    """Return how often and when a failed command starts again."""
    retry = step.retry
    return f"up to {counted(retry.times, 'more time')}, {duration(retry.every)} after it failed" if retry else ""


def left_behind(one: StepRun) -> str:
    """Return the state of the process that a step had when its cockpit died, as the beginning of a sentence."""
    if one.process is None:
        return ""
    known = {None: f"ran on {plain(one.process.host, 40)}", True: "still runs", False: "has ended"}
    return f"process {one.process.pid} {known[one.process.runs]}; "


def failure(one: StepRun) -> str:
    """Return why a step failed or has an unknown outcome; empty in other states."""
    if one.state is StepState.UNKNOWN:
        because = plain(one.because, 200) or "outcome unknown: verify what it did"
        return f"{left_behind(one)}{because}"
    if one.state in (StepState.FAILED, StepState.RETRYING):
        ended = f"exit {one.exit} in {took(one.ms)}" if one.exit is not None else ""
        last = _attempt(one) if one.state is StepState.FAILED else ""
        return ", ".join(filter(None, [last, ended, plain(one.because, 200)])) or "set manually"
    return ""
