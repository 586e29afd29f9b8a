"""The values that an operator chooses from: their details, which one is in use, which one is preselected."""

from collections.abc import Iterator, Mapping

import msgspec

from mmcockpit.core.state.procedure_runs import ProcedureRun, capture_of, marks_of, running

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


def options(run: ProcedureRun, name: str) -> tuple[Option, ...]:
    """Return the values to choose from, newest first."""
    values, capture = run.found.get(name, ()), capture_of(run, name)
    known = dict(zip(values, run.details.get(name, ()), strict=False))
    current = running(values, capture)
    differs = capture.differs if capture else ""
    now = known.get(current, {}).get(differs, "")
    left = set(run.left.get(name, ())) - {now}
    choices = [
        Option(
            value,
            known.get(value, {}),
            running=value == current,
            failed=value != current and not left.isdisjoint(marks_of(run, name, value)),
            same=value != current and bool(now) and known.get(value, {}).get(differs) == now,
        )
        for value in values
    ]
    numbers = all(value.isascii() and value.isdecimal() for value in values)
    return tuple(sorted(choices, key=lambda choice: -int(choice.value)) if numbers else reversed(choices))


def preselected(offered: tuple[Option, ...]) -> str:
    """Return the value that is offered first; empty if none is known to be a safe default.

    It is the newest value that is not in use, differs from the one in use and from those given up before, and is not
    in the group `bad`; values in the group `good` come before newer ones.
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
