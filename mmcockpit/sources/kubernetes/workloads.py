"""Workloads as a list, and their availability: the rollout of each, disruption budgets, autoscalers."""

import asyncio
from collections import Counter
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.list_summary import SummarisedList
from mmcockpit.sources.kubernetes.api.page import ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.objects import require_namespace
from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.probe import (
    ClusterProbe,
    Namespace,
    Object,
    ObjectName,
    find_object,
    list_objects,
    observed,
)
from mmcockpit.sources.kubernetes.selectors import selects
from mmcockpit.sources.kubernetes.staleness import ReadyPods, Staleness
from mmcockpit.sources.kubernetes.workload import Workload

MAX_LISTED = 500


class WorkloadsArgs(Args):
    """All workloads of a kind in a namespace."""

    shorthand: ClassVar[str] = "kind"
    kind: Literal["deployment", "statefulset", "daemonset"] = "deployment"
    selector: Annotated[str, Field(description="Of labels, e.g. tier=backend.")] = ""
    skip: Annotated[tuple[str, ...], Field(description="Names to leave out.")] = ()
    label: Annotated[str, Field(description="Label whose value is added to each row, e.g. slot.")] = ""
    namespace: Namespace = ""


class BudgetArgs(Args):
    """A PodDisruptionBudget, and the pods that it should protect."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    selector: Annotated[str, Field(description="Labels of the pods that the budget must cover.")] = ""
    namespace: Namespace = ""


class AutoscalerArgs(Args):
    """A HorizontalPodAutoscaler by name."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Namespace = ""


class Workloads(ClusterProbe):
    """The workloads of a kind. A namespace that does not exist is a fault."""

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self._staleness = Staleness()
        self._pods: SummarisedList[Pod, ReadyPods] = SummarisedList(ListPage[Pod])

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading(args.kind, namespace), reading("pod", namespace), reading("namespace", "", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        query: Query = (("labelSelector", self.args.selector),) if self.args.selector else ()
        listed = await self.cluster.items(KINDS[self.args.kind].path(namespace), query, ListPage[Workload], MAX_LISTED)
        if not listed:
            await require_namespace(self.cluster, namespace)
        wanted = [workload for workload in listed if workload.metadata.name not in self.args.skip]
        if self.args.kind == "daemonset":
            wanted = [workload.of_nodes() for workload in wanted]
        stale, remark = await self._stale(namespace, wanted)
        rows = [self._row(workload, why) for workload, why in zip(wanted, stale, strict=True)]
        return Reading(_with_labels(rows, wanted, self.args.label) if self.args.label else rows, remark=remark)

    async def _stale(self, namespace: str, wanted: list[Workload]) -> tuple[list[str], str]:
        """Return why the status of each is stale, empty if it is not; a remark if pods may not be read."""
        if not wanted:
            return [], ""
        try:
            ready, _ = await self._pods.read(self.cluster, KINDS["pod"].path(namespace), (), ReadyPods)
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            return [""] * len(wanted), f"age of the status unknown: {error.message}"
        now = asyncio.get_running_loop().time()
        kind = self.args.kind
        return [self._staleness.reason(workload, ready.of(kind, workload), now) for workload in wanted], ""

    def _row(self, workload: Workload, stale: str) -> Object:
        reason, message = workload.trouble
        return {
            "name": workload.metadata.name,
            "desired": workload.spec.replicas,
            "ready": workload.status.ready_replicas,
            "available": workload.status.available_replicas,
            "complete": not stale and workload.complete(self.args.kind),
            "paused": workload.spec.paused,
            "reason": stale or reason,
            "message": "" if stale else message,
        }


def _with_labels(rows: list[Object], workloads: list[Workload], label: str) -> list[Object]:
    """Add to each row the value of a label, and how many of the others have another value."""
    values = [(workload.metadata.labels or {}).get(label, "") for workload in workloads]
    times = Counter(filter(None, values))
    return [
        {**row, "label": value, "differing": times.total() - times[value] if value else 0}
        for row, value in zip(rows, values, strict=True)
    ]


class DisruptionBudget(ClusterProbe):
    """A PodDisruptionBudget and the pods that it protects."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("pdb", namespace, args.name), reading("pdb", namespace), reading("pod", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        query: Query = (("labelSelector", self.args.selector),) if self.args.selector else ()
        known = await find_object(self.cluster, "pdb", namespace, self.args.name)
        if known is None:
            return Reading({"exists": False, "observed": False})
        listed = await list_objects(self.cluster, KINDS["pod"].path(namespace), query, _lean)
        budgets = await self.cluster.items(KINDS["pdb"].path(namespace), (), ListPage[Object], MAX_LISTED)
        budget, _ = known
        spec, status = budget.get("spec") or {}, budget.get("status") or {}
        pods = [pod for pod in listed if pod["phase"] not in ("Succeeded", "Failed")]
        labels = [pod["labels"] for pod in pods]
        seen = observed(budget, always_reported=True)
        counts = {"healthy": "currentHealthy", "desired": "desiredHealthy", "disruptions_allowed": "disruptionsAllowed"}
        return Reading(
            {
                "exists": True,
                "observed": seen,
                "pods": len(pods),
                "covered": sum(selects(spec.get("selector"), each) for each in labels),
                "others": sorted(_choosing(budgets, labels) - {self.args.name}),
                # Until a controller has seen the budget, the API server has 0 for each.
                **({name: int(status.get(field, 0)) for name, field in counts.items()} if seen else {}),
            }
        )


class Autoscaler(ClusterProbe):
    """A HorizontalPodAutoscaler."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("hpa", namespace, args.name),)

    async def poll(self) -> Reading:
        known = await find_object(self.cluster, "hpa", self.namespace, self.args.name)
        if known is None:
            return Reading({"exists": False, "observed": False, "able": False, "active": False})
        autoscaler, _ = known
        spec, status = autoscaler.get("spec") or {}, autoscaler.get("status") or {}
        conditions = {str(condition.get("type")): condition for condition in status.get("conditions") or ()}

        def holds(name: str) -> bool:
            return bool(conditions.get(name, {}).get("status") == "True")

        wanted = [_metric(metric) for metric in spec.get("metrics") or ()]
        present = Counter(_metric(metric) for metric in status.get("currentMetrics") or ())
        # Its controller always reports conditions, but no generation.
        seen, limits = observed(autoscaler) and bool(conditions), conditions.get("ScalingLimited", {})
        limited = holds("ScalingLimited") and limits.get("reason") == "TooManyReplicas"
        return Reading(
            {
                "exists": True,
                "target": str((spec.get("scaleTargetRef") or {}).get("name", "")),
                "observed": seen,
                "able": holds("AbleToScale"),
                "active": holds("ScalingActive"),
                **({"limited": limited, "replicas": int(status.get("currentReplicas") or 0)} if seen else {}),
                "minimum": 1 if (least := spec.get("minReplicas")) is None else int(least),
                "maximum": int(spec.get("maxReplicas") or 0),
                "metrics": wanted,
                # Several metrics may have the same name, with other selectors or of other objects.
                "without_value": list((Counter(wanted) - present).elements()),
                "reason": "; ".join(
                    str(condition.get("message", ""))
                    for name, condition in conditions.items()
                    if not holds(name) and name != "ScalingLimited"
                ),
            }
        )


def _lean(pod: Object) -> Object:
    return {"labels": pod["metadata"].get("labels") or {}, "phase": (pod.get("status") or {}).get("phase")}


def _choosing(budgets: list[Object], labels: list[Object]) -> set[str]:
    """Return the names of the budgets that select any of these labels."""
    return {
        str(budget["metadata"]["name"])
        for budget in budgets
        if any(selects((budget.get("spec") or {}).get("selector"), each) for each in labels)
    }


def _metric(metric: Object) -> str:
    """Return the name of a metric in a specification or a status, with its kind first."""
    match metric.get("type"):
        case "Resource":
            return f"resource {(metric.get('resource') or {}).get('name', '')}"
        case "ContainerResource":
            resource = metric.get("containerResource") or {}
            return f"resource {resource.get('name', '')} of {resource.get('container', '')}"
        case "Pods" | "Object" | "External" as kind:
            resource = metric.get(kind.lower()) or {}
            return f"{kind.lower()} {(resource.get('metric') or {}).get('name', '')}"
    return str(metric.get("type", ""))
