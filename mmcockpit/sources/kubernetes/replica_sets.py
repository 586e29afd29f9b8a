"""ReplicaSets of a workload: the newest one beside the older ones, each with the pods that it owns."""

from datetime import datetime
from typing import Any

import msgspec

from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage, Query
from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.workload import Annotations, Template, Workload

MOST_SETS = 4
MOST_PODS = 5
"""Maximum ReplicaSets in a reading, and maximum pods of each that are named with their reason."""


class _Owner(msgspec.Struct, frozen=True, gc=False):
    uid: str


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    creation_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    annotations: Annotations = Annotations()
    owner_references: tuple[_Owner, ...] = ()


class _Spec(msgspec.Struct, frozen=True, gc=False):
    replicas: int = 1
    template: Template = Template()


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    ready_replicas: int = 0


class ReplicaSet(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a ReplicaSet."""

    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def revision(self) -> str:
        """Its revision, as a Deployment or a Rollout of Argo numbers it; empty without one."""
        return self.metadata.annotations.revision or self.metadata.annotations.argo_revision

    @property
    def number(self) -> int:
        """Its revision as a number; 0 without one."""
        return int(self.revision) if self.revision.isdecimal() else 0

    def owns(self, pod: Pod) -> bool:
        """Return whether it made a pod."""
        return any(owner.name == self.metadata.name for owner in pod.metadata.owner_references)


async def replica_sets(cluster: ClusterClient, namespace: str, uid: str, query: Query) -> list[ReplicaSet]:
    """Return the ReplicaSets that the workload with a UID owns, the newest first."""
    listed = await cluster.items(KINDS["replicaset"].path(namespace), query, ListPage[ReplicaSet], MAX_ITEMS)
    owned = [one for one in listed if any(owner.uid == uid for owner in one.metadata.owner_references)]
    return sorted(owned, key=lambda one: -one.number)


def stuck_reasons(workload: Workload, sets: list[ReplicaSet], pods: list[Pod]) -> list[str]:
    """Return why containers of a Deployment's newest revision cannot start, from its pods."""
    newest = {one.metadata.name for one in sets if _newest(one, workload)}
    mine = [pod for pod in pods if any(one.name in newest for one in pod.metadata.owner_references)]
    return sorted({reason for pod in mine for reason in pod.stuck})


def set_rows(
    workload: Workload, sets: list[ReplicaSet], pods: list[Pod], now: float | None, container: str
) -> list[dict[str, Any]]:
    """Return the newest ReplicaSet, the others that have or want pods, and always the one before the newest."""
    owned = {one.metadata.name: [pod for pod in pods if one.owns(pod)] for one in sets}
    current = [one for one in sets if _newest(one, workload)]
    others = [one for one in sets if one not in current]
    kept = [one for n, one in enumerate(others) if not n or one.spec.replicas or owned[one.metadata.name]]
    rows = [*current, *kept][:MOST_SETS]
    return [set_row(one, "new" if one in current else "old", owned[one.metadata.name], now, container) for one in rows]


def unfinished(workload: Workload, stuck: list[str], stale: str) -> str:
    """Return why a rollout is not complete, as a sentence about pods."""
    status, desired = workload.status, workload.spec.replicas
    reason, message = workload.trouble
    parts = [stale] if stale else []
    if workload.spec.paused:
        parts.append("paused")
    if not workload.observed:
        parts.append("its controller has not seen the latest specification")
    elif status.updated_replicas < desired:
        parts.append(f"{status.updated_replicas} of {counted(desired, 'pod')} updated")
    elif status.replicas > status.updated_replicas:
        old = status.replicas - status.updated_replicas
        parts.append(f"{counted(old, 'pod')} of the old revision still {'runs' if old == 1 else 'run'}")
    elif status.available_replicas < status.updated_replicas:
        parts.append(f"{status.available_replicas} of {counted(desired, 'pod')} available")
    if stuck:
        parts.append(f"new pods cannot start: {', '.join(stuck)}")
    elif reason in ("FailedCreate", "ReplicaSetCreateError"):
        parts.append(message)
    if reason == "ProgressDeadlineExceeded":
        parts.append("no progress within its deadline")
    return "; ".join(parts)


def _newest(one: ReplicaSet, workload: Workload) -> bool:
    return one.metadata.annotations.revision == workload.metadata.annotations.revision


def set_row(one: ReplicaSet, role: str, pods: list[Pod] | None, now: float | None, container: str) -> dict[str, Any]:
    """Return a ReplicaSet with its role in the rollout and its pods; without pods, as its own status counts them."""
    boxes = {box.name: box.image for box in one.spec.template.spec.containers}
    counted = [pod for pod in pods or () if pod.counted]
    waiting = [f"{pod.metadata.name}: {pod.reason}" for pod in counted if pod.reason]
    row: dict[str, Any] = {
        "replicas": role,
        "revision": one.revision,
        "image": boxes.get(container) or next(iter(boxes.values()), ""),
        "ready": one.status.ready_replicas if pods is None else sum(pod.ready for pod in counted),
        "desired": one.spec.replicas,
        "restarts": sum(pod.restarts for pod in counted),
        "reason": next((pod.reason for pod in counted if pod.reason), ""),
        "waiting": sorted(waiting)[:MOST_PODS],
        "name": one.metadata.name,
    }
    created = one.metadata.creation_timestamp
    if now is not None and created is not None:
        row["age_s"] = max(0, int(now - created.timestamp()))
    return row
