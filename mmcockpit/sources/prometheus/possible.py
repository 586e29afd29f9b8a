"""Whether the expression of an alert rule can ever have a result, and why not."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.prometheus.promql import ALWAYS_POSSIBLE, Selector, label_text, selectors
from mmcockpit.sources.prometheus.promql_unfiltered import unfiltered
from mmcockpit.sources.prometheus.scrapes import failing
from mmcockpit.sources.prometheus.series import quoted, selecting
from mmcockpit.sources.prometheus.status import existing

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

AT_ONCE = 20
"""Expressions that are evaluated in one query."""
ALONE = 20
"""Most expressions that are evaluated in a query of their own, because one of their batch is refused."""
MOST_MISSING = 100
"""Most metrics without series that are looked for in the past."""
LOOK_BACK = "[1d:5m]"
"""Steps not longer than a query's own look-back, so that no series of some minutes is missed."""
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
        "le",
        "quantile",
    }
)
"""Labels that identify the object or the bucket of a series: a value without series is a mistake, not an outcome to
come."""
_REFUSED = {FaultKind.QUERY, FaultKind.CONFIGURATION, FaultKind.SERVER_ERROR}


class Impossible(NamedTuple):
    """Why an expression never has a result, and whether series are missing, as they are where a scrape fails."""

    reason: str
    lacks_series: bool = False


def impossible(line: "PrometheusLine", queries: Iterable[str]) -> dict[str, Impossible]:
    """Return those expressions that can never have a result, each with the reason.

    Each is evaluated without its comparisons, many in one query. Series of an outcome that has not occurred yet
    (status=~"5..") may come: the metric has that label, and only the value is missing. So may a metric of the last day.
    """
    asked = [query for query in dict.fromkeys(queries) if not _may_be_empty(query)]
    answered = _with_result(line, asked)
    empty = [query for query in asked if query not in answered]
    if not empty:
        return {}
    chosen = {query: _needed(query) for query in empty}
    names = {selector.name for needed in chosen.values() for selector in needed if selector.name and selector.exact}
    present = existing(line, names)
    returning = _returning(line, names - present)
    texts = [
        selector.text for needed in chosen.values() for selector in needed if selector.text and selector.name in present
    ]
    selected = _selected(line, texts)
    coming = _coming(
        line, [selector for needed in chosen.values() for selector in needed if selector.text not in selected], present
    )
    causes = {query: _why(needed, present, selected, coming, returning) for query, needed in chosen.items()}
    return {query: cause for query, cause in causes.items() if cause is not None}


def _may_be_empty(query: str) -> bool:
    return any(selector.name in ALWAYS_POSSIBLE for selector in selectors(query))


def _needed(query: str) -> tuple[Selector, ...]:
    return tuple(selector for selector in selectors(unfiltered(query)) if not selector.in_absent)


def _with_result(line: "PrometheusLine", queries: Sequence[str]) -> set[str]:
    """Return those that have a result without their comparisons; one that the server refuses counts as one."""
    answered, alone = set[str](), 0
    for first in range(0, len(queries), AT_ONCE):
        batch = queries[first : first + AT_ONCE]
        try:
            answered |= _evaluated(line, batch)
        except ProbeError as fault:
            if fault.kind not in _REFUSED:
                raise
            for query in batch:
                alone += 1
                answered |= _single(line, query) if alone <= ALONE else {query}
    return answered


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
    distinct, present = list(dict.fromkeys(texts)), set[str]()
    for first in range(0, len(distinct), AT_ONCE):
        present |= selecting(line, distinct[first : first + AT_ONCE])
    return present


def _coming(line: "PrometheusLine", missing: Sequence[Selector], present: set[str]) -> set[str]:
    """Return the texts of the selectors whose series may come: only the value of an outcome is missing."""
    loose = {
        selector.text: loosened(selector)
        for selector in missing
        if selector.text and selector.name in present and selector.exact
    }
    existing_wider = _selected(line, list(loose.values()))
    return {text for text, wider in loose.items() if wider != text and wider in existing_wider}


def _returning(line: "PrometheusLine", missing: set[str]) -> set[str]:
    """Return the metrics without series at present that had some within the last day and are not kept away by a scrape.

    A counter with labels appears when its process first counts; a restart of the process removes it until then.
    """
    if not missing:
        return set()
    pattern = quoted("|".join(map(re.escape, sorted(missing)[:MOST_MISSING])))
    try:
        _, rows = line.query(f"count by (__name__, job) (last_over_time({{__name__=~{pattern}}}{LOOK_BACK}))")
    except ProbeError as fault:
        if fault.kind not in _REFUSED:
            raise
        return set()
    jobs = {row.metric.get("job", "") for row in rows}
    failed = {job for job in jobs if job and failing(line, [("job", "=", job)])}
    return {row.metric.get("__name__", "") for row in rows if row.metric.get("job", "") not in failed}


def loosened(selector: Selector) -> str:
    """Return a selector that requires only the presence of each label, but for labels of objects also the value."""
    parts = [f"__name__={quoted(selector.name)}"]
    for name, operator, value in selector.matchers:
        parts.append(f"{name}{operator}{quoted(value)}" if name in _WHICH else f'{label_text(name)}!=""')
    return "{" + ",".join(parts) + "}"


def _why(
    needed: Sequence[Selector], present: set[str], selected: set[str], coming: set[str], returning: set[str]
) -> Impossible | None:
    known = present | returning
    nameless = sorted(
        {selector.name for selector in needed if selector.name and selector.exact and selector.name not in known}
    )
    if nameless:
        return Impossible(f"unknown series {', '.join(nameless)}", True)
    wrong = [
        selector
        for selector in needed
        if selector.text and selector.text not in selected | coming and selector.name not in returning
    ]
    if wrong:
        return Impossible(f"no series matches {wrong[0].written}", True)
    if any(selector.text in coming or selector.name in returning for selector in needed):
        return None
    reach = max((selector.offset_s for selector in needed), default=0.0)
    if reach > 0:
        return Impossible(f"no data before the last {duration(reach)}")
    if len(needed) > 1:
        return Impossible(
            "both sides have series but no labels in common; add on(...), ignoring(...) or an aggregation"
        )
    return Impossible("its expression has no result at present")
