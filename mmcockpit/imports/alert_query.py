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
from mmcockpit.sources.prometheus.possible import loosened
from mmcockpit.sources.prometheus.promql import ALWAYS_POSSIBLE, Selector, parseable, selectors
from mmcockpit.sources.prometheus.promql_unfiltered import tokens, unfiltered

_SETS = frozenset({"and", "unless"})
_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_PASSES = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_LARGEST = frozenset({">", ">="})
_SINGLE_CALLS = frozenset({"scalar", "vector", "time", "pi"})
_MANY = frozenset({"topk", "bottomk", "limitk", "limit_ratio", "count_values"})
_ABSENT = frozenset({"absent", "absent_over_time"})


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


def _threshold(comparison: _Comparison, needed: tuple[Selector, ...]) -> AlertJudgement:
    largest = comparison.sign in _LARGEST
    query, value = comparison.left, "the left side of the comparison"
    if not _is_single(comparison.node):
        query = _braced("max" if largest else "min", comparison.left)
        value = f"the {'largest' if largest else 'smallest'} of all series"
    coming = any(loosened(selector) != selector.text for selector in needed if selector.text)
    if coming and not comparison.zero_fires:
        # `or` binds weakest of all operators.
        query = f"{query}\nor 0 * {_presence(needed)}"
    return AlertJudgement(query, f"value {_PASSES[comparison.sign]} {_number(comparison.limit)}", value)


def _nothing_fires(expr: str, needed: tuple[Selector, ...]) -> str:
    """Return a query of 0 that is empty unless the alert could fire."""
    if not needed:
        # Only what may be missing: absent(), the right side of `unless`, and ALERTS.
        return "vector(0)"
    coming = any(not selector.text or loosened(selector) != selector.text for selector in needed)
    return f"0 * {_presence(needed)}" if coming and _known(needed) else f"0 * {_braced('count', unfiltered(expr))}"


def _known(needed: tuple[Selector, ...]) -> bool:
    return all(selector.text for selector in needed)


def _presence(needed: tuple[Selector, ...]) -> str:
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
    bare = _unwrapped(text)
    split = _split(bare)
    if split is None:
        return None
    left, sign, right = split
    try:
        sides = parse(left), parse(right)
    except ValueError:
        return None
    numbers = [_constant(side) for side in sides]
    if numbers[1] is None and numbers[0] is not None:
        left, sign, numbers, sides = right, _FLIPPED[sign], numbers[::-1], sides[::-1]
    limit = numbers[1]
    if limit is None or not math.isfinite(limit) or numbers[0] is not None or _filters(sides[0]):
        return None
    return _Comparison(left, sides[0], sign, limit)


def _unwrapped(text: str) -> str:
    """Return an expression without comments and without brackets around all of it."""
    parts = [part for kind, part in tokens(text) if kind != "comment"]
    bare = "".join(parts).strip()
    while bare.startswith("(") and _closes(bare) == len(bare) - 1:
        bare = bare[1:-1].strip()
    return bare


def _closes(text: str) -> int:
    """Return the index at which the bracket that begins a text is closed."""
    level = at = 0
    for _, part in tokens(text):
        level += (part == "(") - (part == ")")
        if level == 0:
            return at
        at += len(part)
    return -1


def _split(text: str) -> tuple[str, str, str] | None:
    """Return both sides of the only comparison outside of brackets; None with set operators or `bool` there."""
    level, signs, words = 0, list[tuple[int, str]](), set[str]()
    at = 0
    for kind, part in tokens(text):
        level += (part in "([") - (part in ")]") if len(part) == 1 else 0
        if level == 0 and kind == "compare":
            signs.append((at, part))
        if level == 0 and kind == "word":
            words.add(part.lower())
        at += len(part)
    if len(signs) != 1 or signs[0][1] not in _FLIPPED or words & {*_SETS, "or", "bool"}:
        return None
    place, sign = signs[0]
    return text[:place].strip(), sign, text[place + len(sign) :].strip()


def _constant(node: Any) -> float | None:
    """Return the number that an expression of numbers alone has."""
    match type(node).__name__:
        case "NumberLiteral":
            return float(node.val)
        case "ParenExpr":
            return _constant(node.expr)
        case "UnaryExpr":
            inner = _constant(node.expr)
            return None if inner is None else -inner
        case "BinaryExpr":
            left, right = _constant(node.lhs), _constant(node.rhs)
            return None if left is None or right is None else _calculated(str(node.op), left, right)
    return None


def _calculated(sign: str, left: float, right: float) -> float | None:
    if sign == "/":
        return left / right if right else None
    if sign in "+-*":
        return {"+": left + right, "-": left - right, "*": left * right}[sign]
    return None


def _filters(node: Any) -> bool:
    """Return whether an expression drops series by their values, or tests whether series are absent."""
    kind = type(node).__name__
    if kind == "BinaryExpr" and (str(node.op) in _SETS or str(node.op) in {*_FLIPPED, "==", "!="}):
        return True
    if kind == "Call" and node.func.name in _ABSENT:
        return True
    return any(_filters(part) for part in _parts(node))


def _parts(node: Any) -> list[Any]:
    if type(node).__name__ == "Call":
        return list(node.args)
    found = [getattr(node, name, None) for name in ("expr", "param", "lhs", "rhs")]
    return [part for part in found if part is not None]


def _is_single(node: Any) -> bool:
    """Return whether an expression has at most one series, without labels."""
    match type(node).__name__:
        case "NumberLiteral":
            return True
        case "ParenExpr" | "UnaryExpr":
            return _is_single(node.expr)
        case "BinaryExpr":
            return _is_single(node.lhs) and _is_single(node.rhs)
        case "AggregateExpr":
            return str(node.op) not in _MANY and not _labels(node)
        case "Call":
            return _is_single_call(node)
    return False


def _is_single_call(node: Any) -> bool:
    if node.func.name in _SINGLE_CALLS:
        return True
    if node.func.name == "histogram_quantile":
        inner = node.args[1]
        while type(inner).__name__ == "ParenExpr":
            inner = inner.expr
        return type(inner).__name__ == "AggregateExpr" and _labels(inner) in ([], ["le"])
    if node.func.name in ("label_replace", "label_join"):
        return False
    vectors = [arg for arg in node.args if type(arg).__name__ not in ("NumberLiteral", "StringLiteral")]
    return len(vectors) == 1 and _is_single(vectors[0])


def _labels(node: Any) -> list[str] | None:
    """Return the labels that an aggregation keeps; None if it keeps all but some."""
    modifier = node.modifier
    if modifier is None:
        return []
    return list(modifier.labels) if str(modifier.type) in ("AggModifierType.By", "by", "By") else None


def _number(value: float) -> str:
    text = f"{value:.12g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _braced(function: str, text: str) -> str:
    return f"{function}({_closed(text)})"


def _closed(text: str) -> str:
    """Return a text with a line feed if it ends in a comment, which would hide a closing bracket."""
    last = text.rsplit("\n", 1)[-1]
    return f"{text}\n" if "#" in last else text
