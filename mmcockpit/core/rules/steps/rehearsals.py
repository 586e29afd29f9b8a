"""Rehearsals: the procedures of a cockpit as a rehearsal runs them, and what it measured."""

from collections.abc import Callable

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import STOP, Danger, Procedure, Step
from mmcockpit.core.rules.steps.dry_runs import dry_run


def rehearsed(cockpit: Cockpit) -> Cockpit:
    """Return a cockpit whose procedures change nothing: reading commands as they are, others as dry runs.

    A step without a dry run has no command, and `unrehearsed` is why.
    """
    return with_steps(cockpit, lambda procedure, step: _rehearsed(step))


def with_steps(cockpit: Cockpit, change: Callable[[Procedure, Step], Step]) -> Cockpit:
    """Return a cockpit with each step of its procedures changed."""
    checklist = cockpit.checklist
    procedures = tuple(
        msgspec.structs.replace(one, steps=tuple(change(one, step) for step in one.steps))
        for one in checklist.procedures
    )
    return msgspec.structs.replace(cockpit, checklist=msgspec.structs.replace(checklist, procedures=procedures))


def _rehearsed(step: Step) -> Step:
    argv, why = _command(step)
    return msgspec.structs.replace(
        step,
        argv=argv,
        unrehearsed=why,
        danger=Danger.READS,
        # A dry run has no effect to wait for, and nothing that needs an approval or a rollback.
        signal="",
        hold=0.0,
        no_return=False,
        approve="",
        on_fail=STOP,
        retry=None,
        wait=None,
    )


def _command(step: Step) -> tuple[tuple[str, ...], str]:
    """Return the command of a step in a rehearsal, and why it has none."""
    if step.ask is not None:
        return (), "" if step.ask.choices else f"it asks for {step.ask.name}"
    if step.wait is not None:
        return (), "it only waits"
    if step.manual:
        return (), "a person does it"
    if not step.argv:
        return (), "it has no command"
    return (step.argv, "") if step.danger is Danger.READS else dry_run(step.argv)


def measured_estimate(step: Step, seconds: float) -> float:
    """Return the estimate of a step (seconds) after a rehearsal of its command took some.

    A dry run leaves out the work itself: it never shortens a longer estimate of the file.
    """
    return seconds if step.danger is Danger.READS else max(seconds, step.estimate)
