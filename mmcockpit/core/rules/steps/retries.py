"""Retries: whether a failed command is started again by itself, and when."""

from collections.abc import Iterator

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session


def attempts_left(step: Step, attempt: int) -> int:
    """Return how many more attempts follow a failed one (1 is the first)."""
    return max(0, step.retry.times + 1 - attempt) if step.retry is not None else 0


def restarted(session: Session, now: Stamp) -> Iterator[facts.AnyBody]:
    """Yield the start of every command whose retry is due: the argv and the cluster that an operator confirmed."""
    for run in open_runs(session):
        for one in run.steps.values():
            if one.state is not StepState.RETRYING or one.since is None or one.step.retry is None:
                continue
            if now.at - one.since.at >= one.step.retry.every:
                yield facts.StepChanged(
                    run.procedure.id, one.step.id, StepState.RUNNING, argv=one.argv, where=one.where,
                    attempt=one.attempt + 1,
                )  # fmt: skip
