"""The values that an operator chooses from: their details, which one is in use, which one is preselected."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from mmcockpit.core.model.procedure import Capture

if TYPE_CHECKING:
    from mmcockpit.core.state.procedure_runs import ProcedureRun

GOOD, BAD = "good", "bad"
"""Names of groups in a pattern: a value with text in `good` is offered before others, one with text in `bad` never."""


class Option(msgspec.Struct, frozen=True):
    """One value to choose; `running` is the one in use now, `failed` one given up before."""

    value: str
    details: Mapping[str, str]
    running: bool = False
    failed: bool = False
    same: bool = False
    """It has the same differing detail as the value in use, for example the same image."""


def capture_of(run: "ProcedureRun", name: str) -> Capture | None:
    """Return the capture of a value by its name."""
    return next((one for step in run.procedure.steps for one in step.captures if one.name == name), None)


def options(run: "ProcedureRun", name: str) -> tuple[Option, ...]:
    """Return the values found, newest first."""
    found, capture = run.found.get(name, ()), capture_of(run, name)
    known = dict(zip(found, run.details.get(name, ()), strict=False))
    current = running(found, capture)
    differs = capture.differs if capture else ""
    now = known.get(current, {}).get(differs, "")
    left = set(run.left.get(name, ())) - {now}
    made = [
        Option(
            value,
            known.get(value, {}),
            running=value == current,
            failed=value != current and not left.isdisjoint(marks_of(run, name, value)),
            same=value != current and bool(now) and known.get(value, {}).get(differs) == now,
        )
        for value in found
    ]
    numbers = all(value.isascii() and value.isdecimal() for value in found)
    return tuple(sorted(made, key=lambda one: -int(one.value)) if numbers else reversed(made))


def running(found: tuple[str, ...], capture: Capture | None) -> str:
    """Return the value that is in use now; empty if the capture does not define how to detect it."""
    numbers = [value for value in found if value.isascii() and value.isdecimal()]
    if capture is None or capture.running != "highest" or not numbers:
        return ""
    return max(numbers, key=int)


def marks_of(run: "ProcedureRun", name: str, value: str) -> tuple[str, ...]:
    """Return what identifies a value later: the value, and the detail in which values differ."""
    capture = capture_of(run, name)
    known = dict(zip(run.found.get(name, ()), run.details.get(name, ()), strict=False))
    detail = known.get(value, {}).get(capture.differs, "") if capture else ""
    return tuple(filter(None, (value, detail)))


def preselected(offered: tuple[Option, ...]) -> str:
    """Return the value that is offered first; empty if none is known to be a safe default.

    It is the newest value that is not in use, differs from the one in use and from those given up before, and is not
    known to be bad; values known to be good come before newer ones.
    """
    if not any(one.running for one in offered):
        return ""
    usable = [
        one for one in offered if not (one.running or one.failed or one.same or one.details.get(BAD)) and one.value
    ]
    return next((one.value for one in _good_first(usable)), "")


def _good_first(usable: list[Option]) -> Iterator[Option]:
    yield from (one for one in usable if one.details.get(GOOD))
    yield from usable
