"""Workloads as a list, and what keeps them available: the rollout of each, disruption budgets, autoscalers."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mmcockpit.core.reading import Reading
from mmcockpit.sources.deadline import deadline
from mmcockpit.sources.kubernetes_kinds import KINDS
from mmcockpit.sources.kubernetes_objects import require_namespace
from mmcockpit.sources.kubernetes_page import Page, Query
from mmcockpit.sources.kubernetes_permissions import Permission, reading
from mmcockpit.sources.kubernetes_probe import ClusterProbe, Object, find_object, list_objects
from mmcockpit.sources.kubernetes_rollout import Workload
from mmcockpit.sources.kubernetes_selectors import selects
from mmcockpit.sources.source import Args

MAX_LISTED = 500
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
Namespace = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$", max_length=63)]


class WorkloadsArgs(Args):
    """All workloads of a kind in a namespace."""

    shorthand: ClassVar[str] = "kind"
    kind: Literal["deployment", "statefulset"] = "deployment"
    selector: Annotated[str, Field(description="Of labels, e.g. tier=backend.")] = ""
    skip: Annotated[tuple[str, ...], Field(description="Names that are left out.")] = ()
    namespace: Namespace = ""


class BudgetArgs(Args):
    """A PodDisruptionBudget, and the pods that it should protect."""

    shorthand: ClassVar[str] = "name"
    name: Name
    selector: Annotated[str, Field(description="Labels of the pods that it should choose.")] = ""
    namespace: Namespace = ""


class AutoscalerArgs(Args):
    """A HorizontalPodAutoscaler by name."""

    shorthand: ClassVar[str] = "name"
    name: Name
    namespace: Namespace = ""


class Workloads(ClusterProbe):
    """A row a workload: {name, desired, ready, available, complete, paused, reason, message}.

    `complete` is what `kubectl rollout status` decides, so that a rollout past its deadline is not. A namespace that
    does not exist is a fault.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return all that reading may take."""
        return (reading(args.kind, namespace), reading("namespace", "", namespace))

    async def read(self) -> Reading:
        """Ask once; ProbeError where no valid answer came."""
        await self.cluster.ready()
        namespace = self.namespace
        query: Query = (("labelSelector", self.args.selector),) if self.args.selector else ()
        async with deadline(self.timeout, self.cluster.host):
            found = await self.cluster.items(KINDS[self.args.kind].path(namespace), query, Page[Workload], MAX_LISTED)
            if not found:
                await require_namespace(self.cluster, namespace)
        return Reading([self._row(one) for one in found if one.metadata.name not in self.args.skip])

    def _row(self, one: Workload) -> Object:
        reason, message = one.trouble
        return {
            "name": one.metadata.name,
            "desired": one.spec.replicas,
            "ready": one.status.ready_replicas,
            "available": one.status.available_replicas,
            "complete": one.rolled if self.args.kind == "statefulset" else one.deployed,
            "paused": one.spec.paused,
            "reason": reason,
            "message": message,
        }


class Budget(ClusterProbe):
    """A PodDisruptionBudget: {exists, observed, pods, covered, healthy, desired, disruptions_allowed}.

    `pods` are those that `selector` chooses, `covered` those of them that the budget chooses, too. `observed` says
    whether its status is of its latest specification.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return all that reading may take."""
        return (reading("pdb", namespace, args.name), reading("pod", namespace))

    async def read(self) -> Reading:
        """Ask once; ProbeError where no valid answer came."""
        await self.cluster.ready()
        namespace = self.namespace
        query: Query = (("labelSelector", self.args.selector),) if self.args.selector else ()
        async with deadline(self.timeout, self.cluster.host):
            known = await find_object(self.cluster, "pdb", namespace, self.args.name)
            if known is None:
                return Reading({"exists": False, "observed": False, "pods": 0, "covered": 0})
            listed = await list_objects(self.cluster, KINDS["pod"].path(namespace), query, _lean)
        found, _ = known
        spec, status = found.get("spec") or {}, found.get("status") or {}
        pods = [one for one in listed if one["phase"] not in ("Succeeded", "Failed")]
        labels = [one["labels"] for one in pods]
        return Reading(
            {
                "exists": True,
                "observed": _observed(found),
                "pods": len(pods),
                "covered": sum(selects(spec.get("selector"), each) for each in labels),
                "healthy": int(status.get("currentHealthy", 0)),
                "desired": int(status.get("desiredHealthy", 0)),
                "disruptions_allowed": int(status.get("disruptionsAllowed", 0)),
            }
        )


class Autoscaler(ClusterProbe):
    """A HorizontalPodAutoscaler: {exists, observed, able, active, limited, replicas, minimum, maximum, metrics,
    without_value, reason}.

    `metrics` names what it follows, `without_value` those of them that have no present value. `limited` says that it
    would scale beyond its maximum if it could.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return all that reading may take."""
        return (reading("hpa", namespace, args.name),)

    async def read(self) -> Reading:
        """Ask once; ProbeError where no valid answer came."""
        await self.cluster.ready()
        async with deadline(self.timeout, self.cluster.host):
            known = await find_object(self.cluster, "hpa", self.namespace, self.args.name)
        if known is None:
            return Reading({"exists": False, "observed": False, "able": False, "active": False, "limited": False})
        found, _ = known
        spec, status = found.get("spec") or {}, found.get("status") or {}
        conditions = {str(one.get("type")): one for one in status.get("conditions") or ()}

        def holds(name: str) -> bool:
            return bool(conditions.get(name, {}).get("status") == "True")

        wanted = [_metric(one) for one in spec.get("metrics") or ()]
        present = {_metric(one) for one in status.get("currentMetrics") or ()}
        limits = conditions.get("ScalingLimited", {})
        return Reading(
            {
                "exists": True,
                "observed": _observed(found),
                "able": holds("AbleToScale"),
                "active": holds("ScalingActive"),
                "limited": holds("ScalingLimited") and limits.get("reason") == "TooManyReplicas",
                "replicas": int(status.get("currentReplicas", 0)),
                "minimum": int(spec.get("minReplicas", 1)),
                "maximum": int(spec.get("maxReplicas", 0)),
                "metrics": wanted,
                "without_value": [name for name in wanted if name not in present],
                "reason": "; ".join(
                    str(one.get("message", ""))
                    for name, one in conditions.items()
                    if not holds(name) and name != "ScalingLimited"
                ),
            }
        )


def _lean(pod: Object) -> Object:
    return {"labels": pod["metadata"].get("labels") or {}, "phase": (pod.get("status") or {}).get("phase")}


def _observed(found: Object) -> bool:
    """Whether a status is of the latest specification; one that names no generation is taken as it is."""
    seen = (found.get("status") or {}).get("observedGeneration")
    return seen is None or int(seen) >= int(found["metadata"].get("generation", 0))


def _metric(one: Object) -> str:
    """Return the name of a metric of a specification or a status, its kind before it."""
    match one.get("type"):
        case "Resource":
            return f"resource {(one.get('resource') or {}).get('name', '')}"
        case "ContainerResource":
            found = one.get("containerResource") or {}
            return f"resource {found.get('name', '')} of {found.get('container', '')}"
        case "Pods" | "Object" | "External" as kind:
            found = one.get(kind.lower()) or {}
            return f"{kind.lower()} {(found.get('metric') or {}).get('name', '')}"
    return str(one.get("type", ""))
