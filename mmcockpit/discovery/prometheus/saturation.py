"""The signals of saturation: CPU and memory of containers against their limits, open files, memory of processes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mmcockpit.discovery.findings import VERIFY, FoundItem, FoundSignal, NotFound
from mmcockpit.discovery.names import slug
from mmcockpit.discovery.prometheus.families import NAMESPACES
from mmcockpit.discovery.prometheus.inventory import MetricRow, first_label, selector
from mmcockpit.discovery.prometheus.limits import Limits
from mmcockpit.discovery.prometheus.measures import WINDOW, Use

SECTION = "Saturation"
_LIMITS = "kube_pod_container_resource_limits"
_CONTAINERS = (
    ("cpu", "container_cpu_usage_seconds_total", f"rate({{}}[{WINDOW}])"),
    ("memory", "container_memory_working_set_bytes", "{}"),
)
"""Resource, metric of its use by cAdvisor, and how the use is computed from it."""


class UseMeasure(NamedTuple):
    """The use of one resource, and the parts of its signal that do not depend on limits."""

    measure: Use
    name: str
    title: str
    unit: str
    fresh: str
    job: str


def process_uses(rows: Sequence[MetricRow], jobs: Sequence[str]) -> Iterator[UseMeasure]:
    """Yield open files and memory of the processes of some jobs."""
    present = {(row.metric, row.labels.get("job", "")) for row in rows}
    for job in jobs:
        of_job = (("job", job),)
        opened, most = selector("process_open_fds", of_job), selector("process_max_fds", of_job)
        if {("process_open_fds", job), ("process_max_fds", job)} <= present:
            use = Use(f"max({opened} / {most})", "process_open_fds", "process_max_fds", of_job)
            yield UseMeasure(use, f"{slug(job)}_open_files", f"{job} open files", "ratio", opened, job)
        memory = selector("process_resident_memory_bytes", of_job)
        if ("process_resident_memory_bytes", job) in present:
            use = Use(f"max({memory})", "process_resident_memory_bytes", "", of_job)
            yield UseMeasure(use, f"{slug(job)}_memory", f"{job} memory", "bytes", memory, job)


def container_uses(rows: Sequence[MetricRow], namespace: str) -> Iterator[UseMeasure | NotFound]:
    """Yield the use of CPU and memory by the containers of a namespace, of the container closest to its limit."""
    for resource, metric, computed in _CONTAINERS:
        what = f"{resource} of containers against their limits"
        if not namespace:
            if any(row.metric == metric for row in rows):
                yield NotFound(SECTION, what, "choose a namespace by --namespace")
            continue
        used = _label(rows, metric, namespace)
        limits = _label([row for row in rows if row.labels.get("resource") == resource], _LIMITS, namespace)
        if not used or not limits:
            lacks = metric if not used else f'{_LIMITS}{{resource="{resource}"}}'
            yield NotFound(SECTION, what, f"no series {lacks} in namespace {namespace}")
            continue
        of_used, of_limits = ((used, namespace),), ((limits, namespace), ("resource", resource))
        use = computed.format(selector(metric, of_used, 'container!=""', 'container!="POD"'))
        query = (
            f"max(\n  sum by (pod, container) ({use})\n"
            f"  / sum by (pod, container) ({selector(_LIMITS, of_limits)})\n)\n"
        )
        title = f"{namespace} {'CPU' if resource == 'cpu' else resource} of its limit"
        name = f"{slug(namespace)}_{resource}_of_limit"
        measure = Use(query, metric, _LIMITS, of_used)
        yield UseMeasure(measure, name, title, "ratio", selector(metric, of_used), "")


def _label(rows: Sequence[MetricRow], metric: str, namespace: str) -> str:
    """Return the label by which a metric has series of a namespace; empty if it has none."""
    labels = [first_label(row.labels, NAMESPACES) for row in rows if row.metric == metric]
    return next((label for label, value in labels if value == namespace), "")


def use_signal(source: str, each: UseMeasure, limits: Limits, more: dict[str, str]) -> FoundSignal:
    """Return the signal of a use."""
    signal = FoundSignal(
        *(each.name, each.title, source, "query", each.measure.query),
        unit=each.unit,
        tags=("saturation",),
        fresh=each.fresh,
        section=SECTION,
        more=more,
    )
    return limits.of(each.measure, each.unit, False).on(signal)


def items(signals: Sequence[FoundSignal]) -> Iterator[FoundItem]:
    """Yield an item for each signal with a limit."""
    for signal in signals:
        if signal.passing:
            yield FoundItem(f"Enough room: {signal.title}", SECTION, VERIFY, signal.name, hold="5m")
