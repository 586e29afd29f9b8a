"""Imports SLOs of OpenSLO whose indicators are queries of Prometheus.

openslo/v1 and openslo.com/v2alpha, and ratios of openslo/v1alpha; v2alpha names what v1 calls `indicator` `sli`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mmcockpit.imports.documents import YamlPart
from mmcockpit.imports.draft import ImportDraft
from mmcockpit.imports.promql_shape import closed
from mmcockpit.imports.slo import RATIO_TOTAL, Objective, UnknownSlo, add_slo, aggregated, difference, ranged, with_zero

WINDOW = "30d"
"""The window of an SLO without one."""
_DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
_UNITS = {"day": "d", "week": "w", "month": "M", "quarter": "Q", "year": "Y"}
_DURATION = re.compile(r"(\d+)([dwMQYhm])")
_PLAIN = frozenset({"Service", "SLI", "DataSource"})
"""Kinds that an SLO refers to."""
_INDICATORS = (("indicator", "indicatorRef"), ("sli", "sliRef"))
"""The keys of an indicator and of its name, in v1 and in v2alpha."""
_CARRIED = frozenset(
    {
        *("service", "serviceRef", "description", "budgetingMethod", "timeWindow", "timeWindows", "objectives"),
        *("alertPolicies", "displayName", "target", "targetPercent", "ratioMetrics", "op", "value"),
        *(key for keys in _INDICATORS for key in keys),
    }
)
"""Keys of an SLO and its objectives; `op` and `value` are those of a threshold."""


@dataclass(frozen=True, slots=True)
class _Objects:
    indicators: Mapping[str, YamlPart]
    sources: Mapping[str, YamlPart]
    used: set[str] = field(default_factory=set)
    """The names of the indicators that an SLO uses."""


def import_openslo(objects: Iterable[YamlPart], draft: ImportDraft) -> None:
    """Add an SLO signal for each objective of the SLOs."""
    parts = list(objects)
    named = _Objects(_by_name(parts, "SLI"), _by_name(parts, "DataSource"))
    for top in parts:
        kind, name = top.text("kind"), top.text("metadata", "name")
        if not top.text("apiVersion").startswith("openslo"):
            draft.lose(top, f"{kind or 'document'} {name}: not an object of OpenSLO")
        elif kind == "SLO":
            _import_slo(top, named, draft)
        elif kind == "DataSource":
            draft.lose(top, f"DataSource {name}: its connection is not carried over; set a source prometheus")
        elif kind not in _PLAIN:
            draft.lose(top, f"{kind} {name}: not carried over; the signal fails and warns by its own rule")
    for name, part in named.indicators.items():
        if name not in named.used:
            draft.lose(part, f"SLI {name}: no SLO of this file uses it")


def _by_name(parts: Iterable[YamlPart], kind: str) -> dict[str, YamlPart]:
    return {part.text("metadata", "name"): part for part in parts if part.text("kind") == kind}


def _import_slo(top: YamlPart, named: _Objects, draft: ImportDraft) -> None:
    name, spec = top.text("metadata", "name"), top.mapping("spec")
    if spec is None:
        draft.lose(top, f"SLO {name}: it has no spec")
        return
    method = spec.text("budgetingMethod")
    if method not in ("", "Occurrences"):
        draft.lose(
            spec.child("budgetingMethod") or spec, f"SLO {name}: {method} has no equivalent; a signal counts events"
        )
        return
    for part in (spec, *spec.entries("objectives")):
        for key, child in part.items():
            if key not in _CARRIED:
                draft.lose(child, f"SLO {name}: `{key}` is not carried over")
    if spec.has("alertPolicies"):
        draft.lose(
            spec.child("alertPolicies") or spec,
            f"SLO {name}: alertPolicies are not carried over; the signal has its own rule",
        )
    try:
        window = _window(spec, name, draft)
    except UnknownSlo as error:
        draft.lose(spec, f"SLO {name}: {error}")
        return
    objectives = spec.entries("objectives")
    for number, objective in enumerate(objectives, 1):
        label = objective.text("displayName") if len(objectives) > 1 else ""
        shown = " ".join(filter(None, [top.text("metadata", "displayName") or name, label]))
        try:
            indicator = _indicator(spec, objective, named)
            errors, total = _queries(indicator, named, draft)
            about = spec.text("description").strip()
            service = spec.text("service") or spec.text("serviceRef")
            add_slo(Objective(shown, service, _target(objective), window, errors, total, about), draft)
        except UnknownSlo as error:
            draft.lose(objective, f"SLO {name}, objective {number}: {error}")
    if not objectives:
        draft.lose(spec, f"SLO {name}: it has no objectives")


def _window(spec: YamlPart, name: str, draft: ImportDraft) -> str:
    for window in (*spec.entries("timeWindow"), *spec.entries("timeWindows")):
        if window.text("isRolling") == "false" or window.has("calendar"):
            draft.lose(window, f"SLO {name}: a calendar window is not carried over; the window of a signal is rolling")
        unit = _UNITS.get(window.text("unit").lower(), "")
        text = window.text("duration") or f"{window.text('count')}{unit}"
        match = _DURATION.fullmatch(text)
        if match is None or match[2] not in _DAYS:
            raise UnknownSlo(f"window {text or 'missing'} is not a number of days or more, such as 30d")
        return f"{int(match[1]) * _DAYS[match[2]]}d"
    draft.note(spec, f"SLO {name}: no window; {WINDOW} is taken")
    return WINDOW


def _target(objective: YamlPart) -> float:
    percent, target = objective.text("targetPercent"), objective.text("target")
    try:
        return float(percent) if percent else round(float(target) * 100, 9)
    except ValueError as error:
        raise UnknownSlo(f"target {target or percent or 'missing'} is not a number") from error


def _indicator(spec: YamlPart, objective: YamlPart, named: _Objects) -> YamlPart:
    """Return what holds the ratio: the indicator of the objective or of the SLO, inline or by its name."""
    if objective.mapping("ratioMetrics") is not None:
        return objective
    for holder in (objective, spec):
        for key, reference in _INDICATORS:
            inline = holder.mapping(key, "spec")
            if inline is not None:
                return inline
            name = holder.text(reference)
            named.used.add(name)
            found = named.indicators[name].mapping("spec") if name in named.indicators else None
            if found is not None:
                return found
            if name:
                raise UnknownSlo(f"indicator {name} is not in this file; put its SLI into the same file")
    raise UnknownSlo("it has no indicator")


def _queries(indicator: YamlPart, named: _Objects, draft: ImportDraft) -> tuple[str, str]:
    ratio = indicator.mapping("ratioMetric") or indicator.mapping("ratioMetrics")
    if ratio is None:
        raise UnknownSlo("a thresholdMetric has no equivalent; write its share of failed events as a ratioMetric")
    counter = {"true": True, "false": False}.get(ratio.text("counter") or ratio.text("incremental"))
    raw = ratio.mapping("raw")
    if raw is not None:
        query = aggregated(ranged(_query(raw, named), counter, raw, draft), "avg")
        return (query if ratio.text("rawType") == "failure" else f"1 - ({closed(query)})"), RATIO_TOTAL
    parts = {key: part for key in ("good", "bad", "total") if (part := ratio.mapping(key)) is not None}
    if "total" not in parts or len(parts) != 2:
        raise UnknownSlo("its ratio needs `total` and one of `good` and `bad`")
    texts = {key: aggregated(ranged(_query(part, named), counter, part, draft), "sum") for key, part in parts.items()}
    errors = with_zero(texts["bad"]) if "bad" in texts else difference(texts["total"], texts["good"])
    return errors, texts["total"]


def _query(metric: YamlPart, named: _Objects) -> str:
    source = metric.mapping("metricSource")
    if source is None and not metric.has("spec"):
        return _of_prometheus(metric.text("source"), metric.text("query"))
    holder = metric if source is None else source
    reference = holder.text("metricSourceRef") or holder.text("dataSourceRef")
    kind = holder.text("type") or holder.text("dataSourceSpec", "type")
    if not kind and reference:
        if reference not in named.sources:
            raise UnknownSlo(f"data source {reference} is not in this file; put its DataSource into the same file")
        kind = named.sources[reference].text("spec", "type")
    spec = holder.child("spec")
    if spec is None or not isinstance(spec.value, dict):
        raise UnknownSlo("its metric has no spec with a query")
    return _of_prometheus(kind, spec.text("query") or spec.text("promql"))


def _of_prometheus(kind: str, query: str) -> str:
    if kind.lower() not in ("prometheus", "promql", "sloth"):
        raise UnknownSlo(f"metrics of {kind or 'an unknown type'} have no equivalent; only Prometheus is imported")
    if not query.strip():
        raise UnknownSlo("its metric has no query")
    return query
