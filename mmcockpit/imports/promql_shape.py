"""What a PromQL expression is, from its syntax: a number, a scalar, one series, a comparison, or a filter."""

from typing import Any

from mmcockpit.sources.prometheus.promql import ABSENT, parseable
from mmcockpit.sources.prometheus.promql_unfiltered import tokens

_SETS = frozenset({"and", "unless"})
FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
"""Comparison to the same one with its sides exchanged."""
_SINGLE_CALLS = frozenset({"scalar", "vector", "time", "pi"})
_MANY = frozenset({"topk", "bottomk", "limitk", "limit_ratio", "count_values"})


def is_scalar(query: str) -> bool:
    """Return whether the result of a query is one number, not a list of series."""
    from promql_parser import parse

    try:
        return parseable(query) and _scalar(parse(query))
    except ValueError:
        return False


def _scalar(node: Any) -> bool:
    match type(node).__name__:
        case "NumberLiteral":
            return True
        case "ParenExpr" | "UnaryExpr":
            return _scalar(node.expr)
        case "BinaryExpr":
            return _scalar(node.lhs) and _scalar(node.rhs)
        case "Call":
            return node.func.name in ("scalar", "time", "pi")
    return False


def is_single(query: str) -> bool:
    """Return whether a query has at most one series, without labels."""
    from promql_parser import parse

    try:
        return parseable(query) and is_single_node(parse(query))
    except ValueError:
        return False


def is_single_node(node: Any) -> bool:
    """Return whether an expression has at most one series, without labels."""
    match type(node).__name__:
        case "NumberLiteral":
            return True
        case "ParenExpr" | "UnaryExpr":
            return is_single_node(node.expr)
        case "BinaryExpr":
            return is_single_node(node.lhs) and is_single_node(node.rhs)
        case "AggregateExpr":
            return str(node.op) not in _MANY and _labels(node) == []
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
    return len(vectors) == 1 and is_single_node(vectors[0])


def _labels(node: Any) -> list[str] | None:
    """Return the labels that an aggregation keeps; None if it keeps all but some."""
    modifier = node.modifier
    if modifier is None:
        return []
    return list(modifier.labels) if str(modifier.type) in ("AggModifierType.By", "by", "By") else None


def filters(node: Any) -> bool:
    """Return whether an expression drops series by their values, or tests whether series are absent."""
    kind = type(node).__name__
    if kind == "BinaryExpr" and (str(node.op) in _SETS or str(node.op) in {*FLIPPED, "==", "!="}):
        return True
    if kind == "Call" and node.func.name in ABSENT:
        return True
    return any(filters(part) for part in _parts(node))


def _parts(node: Any) -> list[Any]:
    if type(node).__name__ == "Call":
        return list(node.args)
    found = [getattr(node, name, None) for name in ("expr", "param", "lhs", "rhs")]
    return [part for part in found if part is not None]


def constant(node: Any) -> float | None:
    """Return the number that an expression of numbers alone has."""
    match type(node).__name__:
        case "NumberLiteral":
            return float(node.val)
        case "ParenExpr":
            return constant(node.expr)
        case "UnaryExpr":
            inner = constant(node.expr)
            return None if inner is None else -inner
        case "BinaryExpr":
            left, right = constant(node.lhs), constant(node.rhs)
            return None if left is None or right is None else _calculated(str(node.op), left, right)
    return None


def _calculated(sign: str, left: float, right: float) -> float | None:
    if sign == "/":
        return left / right if right else None
    if sign in "+-*":
        return {"+": left + right, "-": left - right, "*": left * right}[sign]
    return None


def without_comments(text: str) -> str:
    """Return an expression without its comments."""
    return "".join(part for kind, part in tokens(text) if kind != "comment").strip()


def unwrapped(text: str) -> str:
    """Return an expression without comments and without brackets around all of it."""
    bare = without_comments(text)
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


def comparison_parts(text: str) -> tuple[str, str, str] | None:
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
    if len(signs) != 1 or signs[0][1] not in FLIPPED or words & {*_SETS, "or", "bool"}:
        return None
    place, sign = signs[0]
    return text[:place].strip(), sign, text[place + len(sign) :].strip()


def closed(text: str) -> str:
    """Return a text with a line feed if it ends in a comment, which would hide a closing bracket."""
    last = text.rsplit("\n", 1)[-1]
    return f"{text}\n" if "#" in last else text
