"""What a step is besides a command: its condition, retries, wait, question or group, as text."""

from collections.abc import Iterator

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import ANY_TEXT, ASK, STOP, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.steps.conditions import unmet
from mmcockpit.core.rules.steps.progress import wait_left
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
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
    return f"attempt {one.attempt} of {attempts(step)}" if one.attempt > 1 else ""


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
        case StepState.PENDING if step.when:
            return "conditional"
    return ""


def _ready(one: StepRun, session: Session, now: Stamp) -> str:
    run, step = run_of(session, one), one.step
    refusal = unmet(session, run, one, now) if run is not None else None
    if refusal is not None:
        return f"condition not met: {plain(refusal.text, 120)}"
    if step.ask is not None:
        return "needs an answer"
    if step.wait is not None:
        return "next: a wait"
    return "next: done by a person" if step.manual else ""


def run_of(session: Session, one: StepRun) -> ProcedureRun | None:
    """Return the open run that a step belongs to."""
    runs = session.procedures.values()
    return next((run for run in runs if any(one is other for other in run.steps.values())), None)


def kind_rows(run: ProcedureRun, one: StepRun) -> Iterator[tuple[str, str, Role]]:
    """Yield labels, texts and roles of what a step is besides a command."""
    step = one.step
    if step.group:
        members = [other for other in run.steps.values() if other.step.group == step.group]
        over = sum(other.state in OVER for other in members)
        busy = sum(other.busy for other in members)
        runs = f", {busy} running" if busy else ""
        title = plain(run.procedure.groups.get(step.group, step.group), 80)
        yield "parallel", f"{title}: {over} of {counted(len(members), 'step')} over{runs}", "accent"
    if step.when:
        skipped = one.state is StepState.SKIPPED and not one.by
        yield "only if", plain(step.when, 300), "warn" if skipped else "text"
    if step.wait is not None:
        yield "waits", wait_words(step), "text"
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
