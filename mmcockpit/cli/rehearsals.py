"""What rehearsals measured, kept per cockpit in the state directory: the estimates of later sessions."""

import re
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.steps.rehearsals import measured_estimate, with_steps
from mmcockpit.core.state.procedure_runs import StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.files import private_folder

LARGEST = 4 * 1024 * 1024
"""Most bytes of a file of measurements."""


class RehearsedStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """The latest rehearsal of a step at `at` (Unix seconds): `seconds` it took, or `why` it was not rehearsed.

    `command` identifies the command that was rehearsed; a step with another one has no measurement.
    """

    at: float
    command: str
    seconds: float = 0.0
    why: str = ""


def measurements_path(cockpit: Cockpit) -> Path:
    """Return the file of a cockpit's measurements."""
    # Imported here: few sessions have measurements.
    from platformdirs import user_state_path

    name = re.sub(r"[^a-z0-9]+", "-", f"{cockpit.name} {cockpit.environment}".lower()).strip("-")[:60]
    digest = blake2b(f"{cockpit.name}\0{cockpit.environment}".encode(), digest_size=4).hexdigest()
    return user_state_path("mmcockpit") / "rehearsals" / f"{name}-{digest}.json"


def measurements(cockpit: Cockpit) -> dict[str, RehearsedStep]:
    """Return what the rehearsals of a cockpit measured, by `procedure/step`; nothing if its file cannot be read."""
    with suppress(OSError, msgspec.MsgspecError), measurements_path(cockpit).open("rb") as file:
        return msgspec.json.decode(file.read(LARGEST), type=dict[str, RehearsedStep])
    return {}


def with_estimates(cockpit: Cockpit) -> Cockpit:
    """Return a cockpit whose steps have the estimates that its latest rehearsal measured."""
    known = measurements(cockpit) if cockpit.checklist.procedures else {}
    if not known:
        return cockpit

    def estimated(procedure: Procedure, step: Step) -> Step:
        one = known.get(f"{procedure.id}/{step.id}")
        if one is None or not one.seconds or one.command != _command(step):
            return step
        return msgspec.structs.replace(step, estimate=measured_estimate(step, one.seconds), rehearsed=one.at)

    return with_steps(cockpit, estimated)


def with_recorded_estimates(cockpit: Cockpit, recorded: Cockpit) -> Cockpit:
    """Return a cockpit with the measured estimates with which a session was opened."""
    before = {(one.id, step.id): step for one in recorded.checklist.procedures for step in one.steps}

    def estimated(procedure: Procedure, step: Step) -> Step:
        known = before.get((procedure.id, step.id))
        if known is None or not known.rehearsed or known.argv != step.argv:
            return step
        return msgspec.structs.replace(step, estimate=known.estimate, rehearsed=known.rehearsed)

    return with_steps(cockpit, estimated)


def record_measurements(session: Session, cockpit: Cockpit) -> None:
    """Write what a rehearsal of a cockpit measured; `cockpit` has the commands as its file has them."""
    known = measurements(cockpit)
    for procedure in cockpit.checklist.procedures:
        run = session.procedures.get(procedure.id)
        for step in procedure.steps if run is not None else ():
            if run is not None and (one := run.steps.get(step.id)) is not None and one.since is not None:
                known[f"{procedure.id}/{step.id}"] = _measurement(step, one)
    path = measurements_path(cockpit)
    private_folder(path.parent)
    with replacing(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(known)))


def _measurement(step: Step, one: StepRun) -> RehearsedStep:
    at = one.since.wall if one.since is not None else 0.0
    if one.state is StepState.OK and one.exit == 0:
        return RehearsedStep(at, _command(step), max(round(one.ms / 1000, 1), 0.1))
    return RehearsedStep(at, _command(step), why=one.because)


def _command(step: Step) -> str:
    return blake2b("\0".join(step.argv).encode(), digest_size=8).hexdigest()
