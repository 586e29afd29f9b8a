"""Limits that a chart can draw: those of rules that only compare the value with a number."""

import operator
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.words.numbers import number, singular


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


@lru_cache(maxsize=1024)
def simple(rule: str) -> tuple[str, float] | None:
    """Return the comparison and the number of a rule that only compares the value; None for any other rule."""
    words = rule.split()
    if len(words) != 3 or words[0] != "value" or words[1] not in _COMPARE:
        return None
    try:
        bound = float(words[2])
    except ValueError:
        return None
    # Python parses `nan` and `inf` as numbers, which a chart cannot draw.
    return (words[1], bound) if isfinite(bound) else None


def limits(signal: Signal) -> list[Limit]:
    """Return the limits of simple rules, sorted by severity: a value beyond both fails."""
    passes, warns = simple(signal.rule.passes), simple(signal.rule.warns)
    lines = [Limit(*warns, Level.FAIL)] if warns else []
    if passes:
        lines.append(Limit(*passes, Level.WARN if signal.rule.warns else Level.FAIL))
    return lines


def counting_limit(signal: Signal, level: Level) -> Limit | None:
    """Return the limit that counts at a level: of a failing signal the one that it broke, else the next one."""
    lines = limits(signal)
    if not lines:
        return None
    return lines[0] if level is Level.FAIL and lines[0].beyond is Level.FAIL else lines[-1]


def limit_label(limit: Limit, unit: str) -> str:
    """Return a limit in two words, beside a value that has the unit: `max 1%`, `max 2500`, `= 1`, `over 0`."""
    value = number(limit.value, unit).removesuffix(f" {unit}").removesuffix(f" {singular(unit)}")
    match limit.comparison:
        case "<" | "<=":
            return f"max {value}"
        case ">" if not limit.value:
            return f"over {value}"
        case ">" | ">=":
            return f"min {value}"
    return f"= {value}"


def beyond_text(limit: Limit, unit: str) -> str:
    """Return what a limit means on a curve: `fail above 5%`, `warn below 2`."""
    sides = {"<": "above", "<=": "above", ">": "below", ">=": "below"}
    return f"{limit.beyond} {sides.get(limit.comparison, 'unless')} {number(limit.value, unit)}"
