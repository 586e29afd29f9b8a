"""Procedures source: whether the steps of a procedure can run; it checks them without changing anything."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Health, Kind, Options, ProbeKind, Question
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.procedures.values import ProcedureReadyValue, StepCheckValue

MOST_CHECKS = 200
"""Most checks in a reading."""


class ProceduresOptions(Options):
    """No options: the procedures are those of the session."""


class ProcedureName(Args):
    """A procedure by its id."""

    shorthand: ClassVar[str] = "procedure"
    procedure: Annotated[str, Field(min_length=1, description="The id of the procedure.")]


class ProceduresSource(Connectionless):
    """The procedures of the session; `checks` returns those of one by its id, once the engine has set it."""

    def __init__(self) -> None:
        self.checks: Callable[[str, float], Awaitable[tuple[StepCheckValue, ...]]] | None = None

    async def check(self) -> Health:
        """Return that it is always available."""
        return Health(reachable=True, authorised=True)

    async def checked(self, procedure: str, within_s: float) -> tuple[StepCheckValue, ...]:
        """Return the checks of a procedure; ProbeError if it is unknown, may not run, or is not checked in time."""
        if self.checks is None:
            raise ProbeError(FaultKind.CONFIGURATION, "no running session")
        return await self.checks(procedure, within_s)


class ReadinessProbe(Connectionless):
    """Checks every step of a procedure: program, values, target, rights, dry run, revision, images, signals.

    Reading steps are run, other ones only as a dry run on the server. What cannot be checked without changing anything
    is unproven; a proof that has to exist and does not is failed. If nothing is proven, there is no result.
    """

    def __init__(self, source: ProceduresSource, question: Question) -> None:
        self._source = source
        self._procedure = question.args.procedure
        self._timeout = question.timeout

    async def read(self) -> Reading:
        """Return the checks; ProbeError if they cannot be made, or not in time, or if they prove nothing."""
        checks = await self._source.checked(self._procedure, self._timeout)
        if why := _nothing_proven(checks):
            raise ProbeError(FaultKind.NO_DATA, why)
        return Reading(_value(checks), remark=_unproven(checks))


def _value(checks: tuple[StepCheckValue, ...]) -> dict[str, Any]:
    failed = [one for one in checks if one.result == "failed"]
    kept = (*failed, *(one for one in checks if one.result != "failed"))[:MOST_CHECKS]
    return {
        "checked": len(checks),
        "failed": len(failed),
        "unproven": sum(one.result == "unproven" for one in checks),
        "because": f"cannot run step {failed[0].step}: {failed[0].about}" if failed else "",
        "checks": [msgspec.structs.asdict(one) for one in checks if one in kept],
    }


def _nothing_proven(checks: tuple[StepCheckValue, ...]) -> str:
    """Return why the checks show neither that the procedure can run nor that it cannot; empty if one of them does."""
    if any(one.result != "unproven" for one in checks):
        return ""
    if not checks:
        return "nothing is checked: no step has a command or a signal"
    return f"nothing is proven: {checks[0].step}: {checks[0].about}"


def _unproven(checks: tuple[StepCheckValue, ...]) -> str:
    """Return the checks that prove nothing, in one line; empty if there are none."""
    found = [one for one in checks if one.result == "unproven"]
    if not found:
        return ""
    more = f"; and {counted(len(found) - 1, 'more check')}" if len(found) > 1 else ""
    return f"unproven: {found[0].step}: {found[0].about}{more}"


def _open(options: ProceduresOptions, secrets: Secrets) -> ProceduresSource:
    return ProceduresSource()


PROBES = {"ready": ProbeKind(ProcedureName, ReadinessProbe, ProcedureReadyValue)}

KIND = Kind(
    options=ProceduresOptions, open=_open, probes=PROBES, target=lambda options: "the procedures of this session"
)
