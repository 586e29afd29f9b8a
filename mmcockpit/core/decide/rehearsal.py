"""A rehearsal: the command that comes next while every procedure is driven by itself."""

from collections.abc import Iterator, Mapping

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.releases.known_revisions import known_options
from mmcockpit.core.state.options import preselected
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.text import plain
from mmcockpit.core.words.rehearsals import NOT_REHEARSED, REHEARSAL_FAILED, rehearsal_summary

Refusals = Mapping[tuple[str, str], str]
"""Why the command of a step (procedure, step) was refused."""

LONGEST = 160


def next_in_rehearsal(session: Session, by: str, now: Stamp, refused: Refusals) -> AnyCommand | None:
    """Return the next command of a rehearsal; None while a step runs, and once all procedures are over."""
    for procedure in session.cockpit.checklist.procedures:
        run = session.procedures.get(procedure.id)
        if run is None:
            return commands.OpenProcedure(by, procedure.id)
        if run.closed is None:
            return next(_steps(session, run, by, now, refused), None)
    return None


def all_rehearsed(session: Session) -> bool:
    """Return whether every procedure was run to its end."""
    ids = [procedure.id for procedure in session.cockpit.checklist.procedures]
    return all(name in session.procedures and session.procedures[name].closed is not None for name in ids)


def summary(run: ProcedureRun) -> str:
    """Return what was rehearsed of a procedure."""
    done = [one.ms / 1000 for one in run.steps.values() if one.state is StepState.OK and one.exit == 0]
    failed = [
        plain(one.step.title, 80)
        for one in run.steps.values()
        if one.state is StepState.SKIPPED and one.started is not None
    ]
    return rehearsal_summary(plain(run.procedure.title, 80), len(run.steps), done, failed)


def _steps(session: Session, run: ProcedureRun, by: str, now: Stamp, refused: Refusals) -> Iterator[AnyCommand]:
    for one in run.present:
        match one.state:
            case StepState.READY:
                yield _ready(session, run, one, by, now, refused)
            case StepState.FAILED:
                yield _skipped(run, one, by, REHEARSAL_FAILED + (one.because or f"exit {one.exit}"))
            case StepState.UNKNOWN:
                yield commands.SettleStep(by, run.procedure.id, one.step.id, False, "its outcome is unknown")


def _ready(session: Session, run: ProcedureRun, one: StepRun, by: str, now: Stamp, refused: Refusals) -> AnyCommand:
    step, procedure = one.step, run.procedure.id
    why = step.unrehearsed or refused.get((procedure, step.id), "")
    if why:
        return _skipped(run, one, by, NOT_REHEARSED + why)
    if step.ask is not None and step.ask.choices:
        return commands.AnswerStep(by, procedure, step.id, step.ask.choices[0])
    argv, missing = resolved(step, run.values, session.cockpit.cluster_of)
    if not missing:
        where = session.cockpit.cluster_of(step.cluster).server if step.cluster else ""
        return commands.RunStep(by, procedure, step.id, argv, where)
    for name in missing:
        if value := _value(session, run, name, now):
            return commands.ChooseValue(by, procedure, name, value)
    return _skipped(run, one, by, f"{NOT_REHEARSED}no value for {', '.join(missing)}")


def _value(session: Session, run: ProcedureRun, name: str, now: Stamp) -> str:
    """Return the value that a person would be offered first, else the newest one that is not in use."""
    if name not in run.found:
        return ""
    offered = known_options(session, run, name, now)
    return preselected(offered) or next((one.value for one in offered if not one.running), "")


def _skipped(run: ProcedureRun, one: StepRun, by: str, reason: str) -> commands.SkipStep:
    return commands.SkipStep(by, run.procedure.id, one.step.id, plain(reason, LONGEST))
