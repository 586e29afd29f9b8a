"""Which metrics a Prometheus has of which services, from one query."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mmcockpit.discovery.prometheus.families import FAMILIES, INSTEAD, NAMESPACES, Histogram, MetricFamily
from mmcockpit.sources.prometheus.promql import label_text, selector_text

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

REPORTER = "reporter"
"""Istio counts each request twice, where it is sent and where it arrives; this label tells which."""

RESOURCES = (
    "process_open_fds",
    "process_max_fds",
    "process_resident_memory_bytes",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "kube_pod_container_resource_limits",
)

Matchers = tuple[tuple[str, str], ...]


class MetricRow(NamedTuple):
    """A metric with one combination of the labels that matter, and its number of series."""

    metric: str
    labels: dict[str, str]


class ServiceMetrics(NamedTuple):
    """What one family has of one service: the matchers that select it, and the label with the results of requests.

    `unit` is the label whose value is `service`. `code` is empty without such a label. `native` tells a native
    histogram from one with buckets.
    """

    family: MetricFamily
    service: str
    unit: str
    namespace: str
    matchers: Matchers
    counted: bool
    code: str
    histogram: Histogram | None
    native: bool


def metric_rows(line: "PrometheusLine") -> list[MetricRow]:
    """Query which of the known metrics exist, by the labels that matter."""
    names = {name for family in FAMILIES for name in family.metrics} | set(RESOURCES)
    labels = {REPORTER, "resource", *NAMESPACES}
    for family in FAMILIES:
        labels |= {*family.units, *family.namespaces, *family.codes}
    # A server that knows no UTF-8 names does not parse labels in quotes: they are queried only where such names exist.
    plain = {label for label in labels if label_text(label) == label}
    found = _counted(line, names, plain)
    if quoted := {row.metric for row in found if "." in row.metric}:
        found = [row for row in found if row.metric not in quoted] + _counted(line, quoted, labels)
    return sorted(found, key=lambda row: (row.metric, sorted(row.labels.items())))


def _counted(line: "PrometheusLine", names: Iterable[str], labels: Iterable[str]) -> list[MetricRow]:
    """Query which of these metrics exist, by these labels."""
    pattern = json.dumps("|".join(name.replace(".", "[.]") for name in sorted(names)))
    _, rows = line.query(f"count by (__name__, {', '.join(map(label_text, sorted(labels)))}) ({{__name__=~{pattern}}})")
    return [MetricRow(row.metric.get("__name__", ""), row.metric) for row in rows]


def first_label(labels: dict[str, str], names: Iterable[str]) -> tuple[str, str]:
    """Return the first of these labels that has a value, with it; empty texts without one."""
    return next(((name, labels[name]) for name in names if labels.get(name)), ("", ""))


def services(rows: list[MetricRow]) -> list[ServiceMetrics]:
    """Return the services of all families, in the order of the families and by name."""
    found = [metrics for family in FAMILIES for metrics in _of_family(family, rows)]
    known = {(metrics.family.id, metrics.service, metrics.namespace) for metrics in found}
    return [
        metrics
        for metrics in found
        if (INSTEAD.get(metrics.family.id, ""), metrics.service, metrics.namespace) not in known
    ]


def _of_family(family: MetricFamily, rows: list[MetricRow]) -> Iterable[ServiceMetrics]:
    mine = [row for row in rows if row.metric in family.metrics]
    keys = {(first_label(row.labels, family.units), first_label(row.labels, family.namespaces)) for row in mine}
    for unit, namespace in sorted(keys):
        own = [
            row
            for row in mine
            if first_label(row.labels, family.units) == unit and first_label(row.labels, family.namespaces) == namespace
        ]
        yield _service(family, unit, namespace, own)


def _service(
    family: MetricFamily, unit: tuple[str, str], namespace: tuple[str, str], rows: list[MetricRow]
) -> ServiceMetrics:
    present = {row.metric for row in rows}
    codes = [code for code in family.codes if any(row.labels.get(code) for row in rows if row.metric == family.counter)]
    buckets = [each for each in family.histograms if f"{each.name}_bucket" in present]
    native = [each for each in family.histograms if each.name in present]
    matchers = [pair for pair in (unit, namespace) if pair[0]]
    reporters = {row.labels[REPORTER] for row in rows if row.labels.get(REPORTER)}
    if reporters:
        matchers.append((REPORTER, "destination" if "destination" in reporters else min(reporters)))
    return ServiceMetrics(
        family,
        unit[1],
        unit[0],
        namespace[1],
        tuple(matchers),
        family.counter in present,
        codes[0] if codes else "",
        next(iter([*buckets, *native]), None),
        not buckets and bool(native),
    )


def selector(metric: str, matchers: Matchers, *more: str) -> str:
    """Return a metric with these matchers, and further ones as they are written."""
    inside = [*(f"{label_text(label)}={json.dumps(value, ensure_ascii=False)}" for label, value in matchers), *more]
    return selector_text(metric, inside) if inside or "." in metric else metric
