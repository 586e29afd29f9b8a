"""The query and the rule by which a signal judges as an alert's expression does, without being green on missing data.

An expression that is empty because all is well and one that is empty because nothing is measured look the same. Where
the expression is `LEFT > NUMBER`, the signal queries LEFT. Everything else is counted: the number of series for which
the alert fires, or 0, but that 0 only if what the expression compares has series.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from mmcockpit.imports.draft import interval
from mmcockpit.imports.promql_shape import (
    FLIPPED,
    closed,
    comparison_parts,
    constant,
    filters,
    is_single_node,
    unwrapped,
)
from mmcockpit.sources.prometheus.possible import loosened
from mmcockpit.sources.prometheus.promql import ALWAYS_POSSIBLE, Selector, parseable, selectors
from mmcockpit.sources.prometheus.promql_unfiltered import unfiltered

_PASSES = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_LARGEST = frozenset({">", ">="})


class AlertJudgement(NamedTuple):
    """A query of one number, the rule under which the alert does not fire, and what the number is."""

    query: str
    passes: str
    value: str
    fresh: str = ""
    may_be_absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Comparison:
    left: str
    node: Any
    sign: str
    limit: float

    @property
    def zero_fires(self) -> bool:
        return {">": self.limit < 0, ">=": self.limit <= 0}.get(self.sign, True)


def alert_judgement(expr: str) -> AlertJudgement | None:
    """Return how a signal judges an alert's expression; None if it selects no series, so that it never changes."""
    text = expr.strip()
    found = selectors(text)
    if not found:
        return None
    needed = tuple(
        selector
        for selector in selectors(unfiltered(text))
        if not selector.in_absent and selector.name not in ALWAYS_POSSIBLE
    )
    comparison = _comparison(text)
    if comparison is not None:
        rule = _threshold(comparison, needed)
    else:
        query = f"{_braced('count', text)}\nor {_nothing_fires(text, needed)}"
        rule = AlertJudgement(query, "value == 0.0", "the number of series for which it fires")
    named = {selector.name for selector in needed}
    extra = {each.name for each in found if each.exact and each.name and not each.in_absent} - named - ALWAYS_POSSIBLE
    return rule._replace(fresh=_fresh(needed), may_be_absent=tuple(sorted(extra)))


def fresh_selector(query: str) -> str:
    """Return the selector whose newest sample shows that a query still gets data, empty if there is none."""
    return _fresh(tuple(selector for selector in selectors(query) if not selector.in_absent))


def _threshold(comparison: _Comparison, needed: tuple[Selector, ...]) -> AlertJudgement:
    largest = comparison.sign in _LARGEST
    query, value = comparison.left, "the left side of the comparison"
    if not is_single_node(comparison.node):
        query = _braced("max" if largest else "min", comparison.left)
        value = f"the {'largest' if largest else 'smallest'} of all series"
    coming = any(loosened(selector) != selector.text for selector in needed if selector.text)
    if coming and not comparison.zero_fires:
        # `or` binds weakest of all operators.
        query = f"{query}\nor 0 * {presence(needed)}"
    return AlertJudgement(query, f"value {_PASSES[comparison.sign]} {_number(comparison.limit)}", value)


def _nothing_fires(expr: str, needed: tuple[Selector, ...]) -> str:
    """Return a query of 0 that is empty unless the alert could fire."""
    if not needed:
        # Only what may be missing: absent(), the right side of `unless`, and ALERTS.
        return "vector(0)"
    coming = any(not selector.text or loosened(selector) != selector.text for selector in needed)
    return (
        f"0 * {presence(needed)}" if coming and _known(needed) else f"0 * {_braced('count', unfiltered(expr).strip())}"
    )


def _known(needed: tuple[Selector, ...]) -> bool:
    return all(selector.text for selector in needed)


def presence(needed: tuple[Selector, ...]) -> str:
    """Return a query that has a result if each selector, with any value of its outcomes, selects series."""
    counts = dict.fromkeys(map(_presence_of, needed))
    return " * ".join(counts)


def _presence_of(selector: Selector) -> str:
    offset = f" offset {_promql_duration(selector.offset_s)}" if selector.offset_s else ""
    text = readable(loosened(selector), selector)
    if not selector.range_s:
        return f"count({text}{offset})"
    # A rate needs two samples in its range.
    return f"count(count_over_time({text}[{_promql_duration(math.ceil(selector.range_s))}]{offset}) > 1)"


def _promql_duration(value: float) -> str:
    text = interval(abs(value)).replace(" ", "")
    return f"-{text}" if value < 0 else text


def _fresh(needed: tuple[Selector, ...]) -> str:
    """Return the selector whose newest sample shows that the alert still gets data, empty if there is none."""
    now = [selector for selector in needed if selector.text and selector.exact and selector.name]
    now.sort(key=lambda selector: (selector.offset_s, selector.range_s))
    return readable(loosened(now[0]), now[0]) if now else ""


def readable(text: str, selector: Selector) -> str:
    """Return a selector with its metric's name in front of the braces, where it is a plain name."""
    named = f"{{__name__={json.dumps(selector.name)}"
    if not selector.exact or not re.fullmatch(r"[a-zA-Z_:][\w:]*", selector.name) or not text.startswith(named):
        return text
    inside = text.removeprefix(named).removeprefix(",").removesuffix("}")
    return f"{selector.name}{{{inside}}}" if inside else selector.name


def _comparison(text: str) -> _Comparison | None:
    """Return the comparison that an expression is, if it compares something that is never filtered with a number."""
    from promql_parser import parse

    if not parseable(text):
        return None
    bare = unwrapped(text)
    split = comparison_parts(bare)
    if split is None:
        return None
    left, sign, right = split
    try:
        sides = parse(left), parse(right)
    except ValueError:
        return None
    numbers = [constant(side) for side in sides]
    if numbers[1] is None and numbers[0] is not None:
        left, sign, numbers, sides = right, FLIPPED[sign], numbers[::-1], sides[::-1]
    limit = numbers[1]
    if limit is None or not math.isfinite(limit) or numbers[0] is not None or filters(sides[0]):
        return None
    return _Comparison(left, sides[0], sign, limit)


def _number(value: float) -> str:
    text = f"{value:.12g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _braced(function: str, text: str) -> str:
    return f"{function}({closed(text)})"
