"""Limits that a chart can draw: those of rules that only compare the value with a number."""

import operator
from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level


class Limit(NamedTuple):
    """A limit that a simple rule (`value < X`) sets, and the level of values beyond it."""

    comparison: str
    value: float
    beyond: Level

    def broken(self, value: float) -> bool:
        """Return whether a value is beyond the limit."""
        return not _COMPARE[self.comparison](value, self.value)


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def simple(rule: str) -> tuple[str, float] | None:
    """Return the comparison and the number of a rule that only compares the value; None for any other rule."""
    words = rule.split()
    if len(words) != 3 or words[0] != "value" or words[1] not in _COMPARE:
        return None
    try:
        number = float(words[2])
    except ValueError:
        return None
    # Python parses `nan` and `inf` as numbers, which a chart cannot draw.
    return (words[1], number) if isfinite(number) else None


def limits(signal: Signal) -> list[Limit]:
    """Return the limits of simple rules, sorted by severity: a value beyond both fails."""
    passes, warns = simple(signal.rule.passes), simple(signal.rule.warns)
    lines = [Limit(*warns, Level.FAIL)] if warns else []
    if passes:
        lines.append(Limit(*passes, Level.WARN if signal.rule.warns else Level.FAIL))
    return lines
