"""Expressions of alert rules, as the syntax tree of promql-parser."""

from typing import Any, NamedTuple

from mmcockpit.sources.prometheus.promql import parseable, selectors

GREATER = frozenset({">", ">="})
"""Comparisons of a condition that is met by values above a limit."""
_MIRRORED = {"<": ">", "<=": ">="}
_COUNTING = frozenset({"rate", "irate", "increase"})


class ScaledQuotient(NamedTuple):
    """A quotient without the constant factor of its upper side."""

    above: Any
    below: Any


def comparison(promql: str) -> tuple[Any, str, float] | None:
    """Return the expression, > or >=, and the number of an alert's condition; None for any other condition."""
    node = without_brackets(parsed(promql))
    if node_kind(node) != "BinaryExpr":
        return None
    operator = str(node.op)
    limit = constant(node.rhs)
    if limit is not None and operator in GREATER:
        return node.lhs, operator, limit
    limit = constant(node.lhs)
    if limit is not None and operator in _MIRRORED:
        return node.rhs, _MIRRORED[operator], limit
    return None


def parsed(promql: str) -> Any:
    """Return the syntax tree; None for what the parser does not know."""
    from promql_parser import parse

    if not parseable(promql):
        return None
    try:
        return parse(promql)
    except ValueError:
        return None


def node_kind(node: Any) -> str:
    """Return the name of the kind of a node."""
    return type(node).__name__


def without_brackets(node: Any) -> Any:
    """Return an expression without the brackets around it."""
    while node_kind(node) == "ParenExpr":
        node = node.expr
    return node


def constant(node: Any) -> float | None:
    """Return the number of a literal, or of a product or quotient of literals."""
    node = without_brackets(node)
    if node_kind(node) == "NumberLiteral":
        return float(node.val)
    if node_kind(node) != "BinaryExpr" or str(node.op) not in "*/":
        return None
    left, right = constant(node.lhs), constant(node.rhs)
    if left is None or not right:
        return None
    return left * right if str(node.op) == "*" else left / right


def scaled(node: Any) -> tuple[Any, float]:
    """Return an expression without a constant factor, and the factor: 100 for percent."""
    node = without_brackets(node)
    if node_kind(node) == "BinaryExpr" and str(node.op) in "*/":
        right, left = constant(node.rhs), constant(node.lhs)
        if right:
            inner, factor = scaled(node.lhs)
            return inner, factor * right if str(node.op) == "*" else factor / right
        if left and str(node.op) == "*":
            inner, factor = scaled(node.rhs)
            return inner, factor * left
        inner, factor = scaled(node.lhs)
        if factor != 1 and str(node.op) == "/":
            return ScaledQuotient(inner, node.rhs), factor
    return node, 1.0


def quotient_sides(node: Any) -> tuple[Any, Any] | None:
    """Return both sides of a quotient; None for any other expression."""
    if isinstance(node, ScaledQuotient):
        return node
    return (node.lhs, node.rhs) if node_kind(node) == "BinaryExpr" and str(node.op) == "/" else None


def without_guard(node: Any) -> Any:
    """Return one side of a quotient without what guards it: `or vector(0)`, `> 0`, `clamp_min(…, 1)`."""
    node = without_brackets(node)
    if node_kind(node) == "Call" and node.func.name == "clamp_min":
        return without_guard(node.args[0])
    if node_kind(node) != "BinaryExpr":
        return node
    guards_empty = str(node.op) == "or" and not selectors(str(node.rhs))
    guards_zero = str(node.op) in (">", "!=") and constant(node.rhs) == 0
    return without_guard(node.lhs) if guards_empty or guards_zero else node


def sums_rates(node: Any) -> bool:
    """Return whether an expression is a rate, a sum of rates, or a recording rule that may be one."""
    node = without_brackets(node)
    match node_kind(node):
        case "AggregateExpr":
            return str(node.op) == "sum" and sums_rates(node.expr)
        case "Call":
            return node.func.name in _COUNTING
    return node_kind(node) == "VectorSelector" and ":" in (node.name or "")


def compared_quantile(node: Any) -> float | None:
    """Return the quantile of a call of histogram_quantile; None for any other expression."""
    if node_kind(node) != "Call" or node.func.name != "histogram_quantile":
        return None
    return constant(node.args[0])


def grouping(node: Any) -> set[str]:
    """Return the labels by which an aggregation groups."""
    node = without_brackets(node)
    if node_kind(node) != "AggregateExpr" or node.modifier is None or not str(node.modifier.type).endswith("By"):
        return set()
    return set(node.modifier.labels)
