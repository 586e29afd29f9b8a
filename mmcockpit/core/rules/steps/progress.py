"""What steps do by themselves: they are skipped by their condition, and waits end."""

from collections.abc import Iterator

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.steps.conditions import holds
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.pauses import paused_s
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import duration


def progressed(session: Session, now: Stamp) -> Iterator[facts.AnyBody]:
    """Yield that a step is skipped, as its `when` is false, and that a wait has ended."""
    for run in open_runs(session):
        for one in run.present:
            if one.state is StepState.READY and one.step.when and holds(session, run, one.step.when, now) is False:
                because = f"its condition is false: {one.step.when}"
                yield facts.StepChanged(run.procedure.id, one.step.id, StepState.SKIPPED, because=because)
            elif one.state is StepState.WAITING:
                state, because = _wait(session, run, one, now)
                if state is not None:
                    yield facts.StepChanged(run.procedure.id, one.step.id, state, because=because)


def wait_left(session: Session, one: StepRun, now: Stamp) -> float:
    """Return after how many seconds a step that waits ends by itself; for `until`, after how many it fails."""
    if one.state is not StepState.WAITING or one.step.wait is None or one.since is None:
        return 0.0
    since, wait = one.since.at, one.step.wait
    if not wait.until:
        return max(0.0, since + wait.for_s - now.at)
    return max(0.0, since + wait.for_s + one.step.timeout + paused_s(session, since, now.at) - now.at)


def _wait(session: Session, run: ProcedureRun, one: StepRun, now: Stamp) -> tuple[StepState | None, str]:
    """Return the new state of a step that waits; None while it does."""
    wait, since = one.step.wait, one.since
    if wait is None or since is None:
        return StepState.FAILED, "the cockpit file does not say any more what it waits for"
    waited = now.at - since.at
    if waited < wait.for_s:
        return None, ""
    if not wait.until:
        return StepState.OK, f"waited for {duration(waited)}"
    # What was true before the wait began may be from before the step before it.
    truth = holds(session, run, wait.until, now, since)
    if truth is True:
        return StepState.OK, f"true after {duration(waited)}: {wait.until}"
    if wait_left(session, one, now) > 0:
        return None, ""
    lacks = f" ({truth.reason})" if isinstance(truth, Undecided) else ""
    return StepState.FAILED, f"not true within {duration(wait.for_s + one.step.timeout)}: {wait.until}{lacks}"
