"""The positional body of `Observed` in a line."""

from typing import Any

import msgspec

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.verdict import Basis, Level, Verdict
from mmcockpit.journal import schema2

MAX_NUMBER = 2**1000
"""The largest integer allowed as a value, so that it can always be converted to a double."""


class Observation(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """`Observed` by position, most variable fields first; `flaw` is a reading's defect or a fault's message."""

    signal: str
    value: Any = None
    ms: float = 0.0
    agree: int = 1
    of: int = 1
    sampled: float | None = None
    level: Level = Level.PASS
    raw: Level = Level.PASS
    because: str = ""
    flaw: str = ""
    fault: FaultKind | None = None
    remark: str = ""
    basis: Basis | None = None


NAMES = Observation.__struct_fields__
_DEFAULTS = tuple(msgspec.structs.astuple(Observation("")))


def positions(body: Observed) -> list[Any]:
    """Return the body as it is written: cut after the last field that is not its default."""
    verdict = body.verdict
    judged = (verdict.agree, verdict.of)
    why = (verdict.level, verdict.raw, verdict.because)
    match body.answer:
        case Reading(value, sampled, defect, remark):
            if isinstance(value, int) and abs(value) > MAX_NUMBER:
                raise ValueError("its value is too large a number")
            parts = [body.signal, value, body.ms, *judged, sampled, *why, defect, None, remark, verdict.basis]
        case Fault(kind, message):
            parts = [body.signal, None, body.ms, *judged, None, *why, message, kind, "", verdict.basis]
    last = len(parts) - 1
    while last and parts[last] == _DEFAULTS[last]:
        last -= 1
    return parts[: last + 1]


def observed(observation: Observation) -> Observed:
    """Return the fact; raises ValueError for an integer that is too large."""
    value = observation.value
    if type(value) is int and abs(value) > MAX_NUMBER:
        raise ValueError("the value is too large a number")
    if observation.fault is None:
        answer: Answer = Reading(value, observation.sampled, observation.flaw, observation.remark)
    else:
        answer = Fault(observation.fault, observation.flaw)
    verdict = Verdict(
        observation.level,
        observation.raw,
        observation.because,
        observation.agree,
        observation.of,
        observation.basis,
    )
    return Observed(observation.signal, answer, verdict, observation.ms)


def of_schema2(body: list[Any]) -> list[Any]:
    """Return the positional body of an `Observed` of schema 2 in the current shape."""
    fields = schema2.verdict(dict(zip(NAMES, body, strict=False)))
    return [fields.get(name, default) for name, default in zip(NAMES, _DEFAULTS, strict=True)]
