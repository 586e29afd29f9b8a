"""Limits from loaded alert rules: those that compare the same share or quantile with a number."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mmcockpit.discovery.prometheus.loaded_rules import CRITICAL, LoadedRule
from mmcockpit.discovery.prometheus.measures import ErrorShare, Measure, Quantile, Use
from mmcockpit.discovery.prometheus.promql_nodes import (
    compared_quantile,
    comparison,
    grouping,
    node_kind,
    parsed,
    quotient_sides,
    scaled,
    sums_rates,
    without_brackets,
    without_guard,
)
from mmcockpit.sources.prometheus.promql import Selector, selectors

_PASSING = {">": "<=", ">=": "<"}
"""The comparison of an alert's condition, and that of a value that does not meet it."""
_STYLES = (
    (("500", "503"), ("200", "302", "404")),
    (("5xx",), ("2xx", "3xx", "4xx")),
    (("5",), ("2", "3", "4")),
    (("Internal", "Unavailable"), ("OK", "NotFound")),
)
"""How results of requests are written: those that are errors, and those that are not."""
_OF_SERVICE = frozenset({"le", "job", "service", "app", "namespace", "cluster", "env", "environment", "region"})
"""Labels by which a rule may group without comparing something else than the whole service."""
_DEPTH = 3
"""How many recording rules one rule may be built on."""


class RuleLimit(NamedTuple):
    """The limit of one alert rule, in the unit of the measure: `comparison` (< or <=) and `value` pass."""

    rule: LoadedRule
    comparison: str
    value: float

    @property
    def fails(self) -> bool:
        """Whether a value beyond it fails, not only warns."""
        return self.rule.severity in CRITICAL


class RuleLimits:
    """The comparisons of all loaded alert rules."""

    def __init__(self, rules: Sequence[LoadedRule]) -> None:
        self._recorded = {rule.name: rule.query for rule in rules if not rule.is_alert}
        self._compared = [(rule, *found) for rule in rules if rule.is_alert and (found := comparison(rule.query))]

    def of(self, measure: Measure, alone: bool) -> list[RuleLimit]:
        """Return the limits for a measure, the strictest first; `alone` is whether no other service has its metrics."""
        found = [
            RuleLimit(rule, _PASSING[operator], _rounded(limit / factor))
            for rule, node, operator, limit in self._compared
            for node, factor in [scaled(self._resolved(node))]
            if self._same(measure, node, alone)
        ]
        return sorted(found, key=lambda limit: (limit.value, limit.rule.name))

    def quantiles(self, measure: Quantile, alone: bool) -> list[float]:
        """Return the quantiles of this histogram that rules compare with a number."""
        found = set()
        for _, node, _, _ in self._compared:
            node, _ = scaled(self._resolved(node))
            value = compared_quantile(node)
            if value is not None and self._same(measure._replace(quantile=value), node, alone):
                found.add(value)
        return sorted(found)

    def _same(self, measure: Measure, node: Any, alone: bool) -> bool:
        if isinstance(measure, ErrorShare):
            return self._is_share(measure, node, alone)
        if isinstance(measure, Quantile):
            return self._is_quantile(measure, node, alone)
        return bool(measure.most) and self._is_use(measure, node)

    def _is_use(self, use: Use, node: Any) -> bool:
        if node_kind(node) == "AggregateExpr" and str(node.op) == "max":
            node = without_brackets(node.expr)
        sides = quotient_sides(node)
        if sides is None:
            return False
        used, most = (list(self._selected(str(side))) for side in sides)
        # The matchers of the metrics of a quotient may differ in what does not split a service.
        return (
            _only(used, use.used)
            and _only(most, use.most)
            and all(_fits(each, use.matchers, "resource") for each in (*used, *most))
        )

    def _is_share(self, share: ErrorShare, node: Any, alone: bool) -> bool:
        sides = quotient_sides(node)
        if sides is None:
            return False
        above, below = map(without_guard, sides)
        if not (sums_rates(above) and sums_rates(below)):
            return False
        errors, requests = list(self._selected(str(above))), list(self._selected(str(below)))
        return (
            _only(errors, share.family.counter)
            and _only(requests, share.family.counter)
            and all(_selects_errors(each, share.code) for each in errors)
            and not any(matcher[0] == share.code for each in requests for matcher in each.matchers)
            and all(_fits(each, share.matchers, share.code) for each in (*errors, *requests))
            and _by_service(above, share.matchers)
            and _by_service(below, share.matchers)
            and (alone or self._is_of_service((above, below), (*errors, *requests), share.matchers))
        )

    def _is_quantile(self, measure: Quantile, node: Any, alone: bool) -> bool:
        value = compared_quantile(node)
        if value is None or abs(value - measure.quantile) > 1e-9 or not sums_rates(node.args[1]):
            return False
        selected = list(self._selected(str(node.args[1])))
        return (
            _only(selected, measure.metric)
            and all(_fits(each, measure.matchers, "le") for each in selected)
            and _by_service(node.args[1], measure.matchers)
            and (alone or self._is_of_service((node.args[1],), selected, measure.matchers))
        )

    def _is_of_service(
        self, nodes: Sequence[Any], selected: Sequence[Selector], matchers: Sequence[tuple[str, str]]
    ) -> bool:
        """Return whether an expression is about one service, by its matchers or its groups."""
        names = {name for name, _ in matchers}
        by_matcher = all(any(label in names for label, *_ in each.matchers) for each in selected)
        return by_matcher or all(names & grouping(self._resolved(node)) for node in nodes)

    def _resolved(self, node: Any) -> Any:
        """Return the expression of a recording rule instead of its name."""
        for _ in range(_DEPTH):
            node = without_brackets(node)
            if node_kind(node) != "VectorSelector" or node.name not in self._recorded or len(node.matchers.matchers):
                break
            node = parsed(self._recorded[node.name]) or node
        return node

    def _selected(self, promql: str, depth: int = 0) -> Iterator[Selector]:
        """Yield the selectors of an expression, those of recording rules instead of their names."""
        for each in selectors(promql):
            if each.name in self._recorded and not each.matchers and depth < _DEPTH:
                yield from self._selected(self._recorded[each.name], depth + 1)
            else:
                yield each


def _only(selected: Sequence[Selector], metric: str) -> bool:
    return bool(selected) and all(each.name == metric and each.exact for each in selected)


def _fits(selected: Selector, matchers: Sequence[tuple[str, str]], free: str) -> bool:
    """Return whether a selector selects all of a service: each of its matchers but `free` allows the service."""
    values = dict(matchers)
    return all(
        label == free or (label in values and _allows(operator, value, values[label]))
        for label, operator, value in selected.matchers
    )


def _by_service(node: Any, matchers: Sequence[tuple[str, str]]) -> bool:
    """Return whether an aggregation groups by no label that splits a service, such as its paths."""
    return grouping(node) <= {*_OF_SERVICE, *(name for name, _ in matchers)}


def _selects_errors(selected: Selector, code: str) -> bool:
    tests = [matcher for matcher in selected.matchers if matcher[0] == code]

    def passes(value: str) -> bool:
        return all(_allows(operator, pattern, value) for _, operator, pattern in tests)

    return bool(tests) and any(all(map(passes, errors)) and not any(map(passes, others)) for errors, others in _STYLES)


def _allows(operator: str, pattern: str, value: str) -> bool:
    if operator in ("=", "!="):
        return (pattern == value) is (operator == "=")
    try:
        return (re.fullmatch(pattern, value) is not None) is (operator == "=~")
    except re.error:
        return False


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
