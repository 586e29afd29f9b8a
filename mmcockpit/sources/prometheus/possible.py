"""Whether the expression of an alert rule can ever have a result, and why not."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.prometheus.promql import ALWAYS_POSSIBLE, Selector, selectors
from mmcockpit.sources.prometheus.promql_unfiltered import unfiltered
from mmcockpit.sources.prometheus.series import quoted, selecting
from mmcockpit.sources.prometheus.status import existing

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

AT_ONCE = 20
"""Expressions that are evaluated in one query."""
ALONE = 20
"""Most expressions that are evaluated in a query of their own, because one of their batch is refused."""
_WHICH = frozenset(
    {
        "job",
        "instance",
        "namespace",
        "pod",
        "container",
        "deployment",
        "statefulset",
        "daemonset",
        "node",
        "service",
        "endpoint",
        "cluster",
        "persistentvolumeclaim",
        "horizontalpodautoscaler",
        "datname",
    }
)
"""Labels that identify the object of a series: a value without series is a mistake, not an outcome still to come."""
_REFUSED = {FaultKind.QUERY, FaultKind.CONFIGURATION, FaultKind.SERVER_ERROR}


class Impossible(NamedTuple):
    """Why an expression never has a result, and whether series are missing, as they are where a scrape fails."""

    reason: str
    lacks_series: bool = False


def impossible(line: "PrometheusLine", queries: Iterable[str]) -> dict[str, Impossible]:
    """Return those expressions that can never have a result, each with the reason.

    Each is evaluated without its comparisons, many in one query. Series of an outcome that has not occurred yet
    (status=~"5..") may come: the metric has that label, and only the value is missing.
    """
    asked = [query for query in dict.fromkeys(queries) if not _may_be_empty(query)]
    found = _with_result(line, asked)
    empty = [query for query in asked if query not in found]
    if not empty:
        return {}
    chosen = {query: _needed(query) for query in empty}
    names = {one.name for needed in chosen.values() for one in needed if one.name and one.exact}
    present = existing(line, names)
    texts = [one.text for needed in chosen.values() for one in needed if one.text and one.name in present]
    selected = _selected(line, texts)
    coming = _coming(line, [one for needed in chosen.values() for one in needed if one.text not in selected], present)
    causes = {query: _why(needed, present, selected, coming) for query, needed in chosen.items()}
    return {query: cause for query, cause in causes.items() if cause is not None}


def _may_be_empty(query: str) -> bool:
    return any(one.name in ALWAYS_POSSIBLE for one in selectors(query))


def _needed(query: str) -> tuple[Selector, ...]:
    return tuple(one for one in selectors(unfiltered(query)) if not one.in_absent)


def _with_result(line: "PrometheusLine", queries: Sequence[str]) -> set[str]:
    """Return those that have a result without their comparisons; one that the server refuses counts as one."""
    found, alone = set[str](), 0
    for first in range(0, len(queries), AT_ONCE):
        batch = queries[first : first + AT_ONCE]
        try:
            found |= _evaluated(line, batch)
        except ProbeError as fault:
            if fault.kind not in _REFUSED:
                raise
            for query in batch:
                alone += 1
                found |= _single(line, query) if alone <= ALONE else {query}
    return found


def _single(line: "PrometheusLine", query: str) -> set[str]:
    try:
        return _evaluated(line, [query])
    except ProbeError as fault:
        if fault.kind not in _REFUSED:
            raise
        return {query}


def _evaluated(line: "PrometheusLine", queries: Sequence[str]) -> set[str]:
    parts = [f'label_replace(count({unfiltered(query)}\n), "n", "{n}", "", "")' for n, query in enumerate(queries)]
    _, rows = line.query(" or ".join(parts))
    return {queries[int(row.metric["n"])] for row in rows if row.metric.get("n", "").isdigit()}


def _selected(line: "PrometheusLine", texts: Sequence[str]) -> set[str]:
    distinct, found = list(dict.fromkeys(texts)), set[str]()
    for first in range(0, len(distinct), AT_ONCE):
        found |= selecting(line, distinct[first : first + AT_ONCE])
    return found


def _coming(line: "PrometheusLine", missing: Sequence[Selector], present: set[str]) -> set[str]:
    """Return the texts of the selectors whose series may come: only the value of an outcome is missing."""
    loose = {one.text: _loosened(one) for one in missing if one.text and one.name in present and one.exact}
    found = _selected(line, list(loose.values()))
    return {text for text, wider in loose.items() if wider != text and wider in found}


def _loosened(one: Selector) -> str:
    """Return a selector that requires only the presence of each label, but for labels of objects also the value."""
    parts = [f"__name__={quoted(one.name)}"]
    for name, operator, value in one.matchers:
        parts.append(f"{name}{operator}{quoted(value)}" if name in _WHICH else f'{name}!=""')
    return "{" + ",".join(parts) + "}"


def _why(needed: Sequence[Selector], present: set[str], selected: set[str], coming: set[str]) -> Impossible | None:
    nameless = sorted({one.name for one in needed if one.name and one.exact and one.name not in present})
    if nameless:
        return Impossible(f"unknown series {', '.join(nameless)}", True)
    wrong = [one for one in needed if one.text and one.text not in selected and one.text not in coming]
    if wrong:
        return Impossible(f"no series matches {wrong[0].written}", True)
    if any(one.text in coming for one in needed):
        return None
    reach = max((one.offset_s for one in needed), default=0.0)
    if reach > 0:
        return Impossible(f"no data before the last {duration(reach)}")
    if len(needed) > 1:
        return Impossible(
            "both sides have series but no labels in common; add on(...), ignoring(...) or an aggregation"
        )
    return Impossible("its expression has no result at present")
