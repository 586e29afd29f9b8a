"""The pods of a workload: ready, restarts, images, zones and waiting reasons."""

from collections import Counter
from datetime import datetime
from heapq import nsmallest
from typing import Any

import msgspec

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.containers import DEFAULT_CONTAINER, chosen_container, main_container
from mmcockpit.sources.kubernetes.probe import ClusterProbe

MAX_SHOWN = 100
"""Most pods listed one by one; the counts include all."""
MAX_NAMED = 50
"""Most container names that are counted."""


CRASHES = 3
"""Restarts from which a container that is not ready counts as crash-looping, even while it runs."""
STUCK = frozenset(
    {
        *("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"),
        *("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"),
    }
)
"""Waiting reasons of a container that do not resolve by themselves."""


class _Annotations(msgspec.Struct, frozen=True, gc=False):
    main: str = msgspec.field(name=DEFAULT_CONTAINER, default="")


class _Owner(msgspec.Struct, frozen=True, gc=False):
    kind: str
    name: str
    uid: str = ""
    controller: bool = False


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    uid: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: str | None = None
    annotations: _Annotations | None = None
    owner_references: list[_Owner] = []


class _Container(msgspec.Struct, frozen=True, gc=False):
    name: str
    image: str = ""


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    containers: list[_Container] = []
    init_containers: list[_Container] = []
    node_name: str = ""


class _Halted(msgspec.Struct, frozen=True, gc=False):
    reason: str = ""


class _State(msgspec.Struct, frozen=True, gc=False):
    waiting: _Halted | None = None
    terminated: _Halted | None = None


class _ContainerStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    restart_count: int = 0
    ready: bool = False
    image_id: str = msgspec.field(name="imageID", default="")
    state: _State = _State()


class _Condition(msgspec.Struct, frozen=True, gc=False):
    type: str
    status: str
    reason: str = ""
    message: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    phase: str = "Unknown"
    reason: str = ""
    conditions: list[_Condition] = []
    container_statuses: list[_ContainerStatus] = []
    init_container_statuses: list[_ContainerStatus] = []


class Pod(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a pod."""

    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def phase(self) -> str:
        """The phase; Terminating for a pod that is being deleted, as kubectl shows it."""
        return "Terminating" if self.metadata.deletion_timestamp else self.status.phase

    @property
    def counted(self) -> bool:
        """Whether the pod should serve: neither ended, nor being deleted, nor failed and replaced by its owner."""
        replaced = self.phase == "Failed" and any(owner.controller for owner in self.metadata.owner_references)
        return self.phase not in ("Succeeded", "Terminating") and not replaced

    @property
    def ready(self) -> bool:
        """Whether it should serve and its condition Ready is true."""
        return self.counted and any(
            condition.type == "Ready" and condition.status == "True" for condition in self.status.conditions
        )

    @property
    def restarts(self) -> int:
        """Restarts of all its containers since it was created."""
        return sum(container.restart_count for container in self.status.container_statuses)

    @property
    def reason(self) -> str:
        """Why it is not ready, empty if it is: the first reason of a container, a condition or the pod."""
        if self.ready:
            return ""
        for container in self.status.init_container_statuses + self.status.container_statuses:
            halted = container.state.waiting or container.state.terminated
            if halted and halted.reason and halted.reason not in ("Completed", "PodInitializing"):
                return halted.reason
        conditions = {condition.type: condition for condition in self.status.conditions if condition.status == "False"}
        unscheduled = conditions.get("PodScheduled")
        # Only a condition's message names the init container or native sidecar that a pod waits for.
        later = (": ".join(filter(None, _told(conditions.get(name)))) for name in ("Initialized", "Ready"))
        given = [unscheduled.reason if unscheduled else "", *later]
        return next(filter(None, [self.status.reason, *given]), "")

    @property
    def stuck(self) -> list[str]:
        """Why containers of a pod that is not ready cannot start; also between two attempts of a crash loop."""
        if self.ready or not self.counted:
            return []
        boxes = self.status.init_container_statuses + self.status.container_statuses
        waiting = {container.state.waiting.reason for container in boxes if container.state.waiting}
        crashes = {
            "CrashLoopBackOff" for container in boxes if container.restart_count >= CRASHES and not container.ready
        }
        return sorted((waiting & STUCK) | crashes)

    @property
    def workload(self) -> str:
        """The name of the Deployment, StatefulSet or other workload that owns it; empty for a pod without an owner."""
        owner = next((owner for owner in self.metadata.owner_references if owner.controller), None)
        if owner is None:
            return ""
        return owner.name.rpartition("-")[0] if owner.kind == "ReplicaSet" else owner.name

    @property
    def main(self) -> str:
        """The name of its main container; the first one if that is ambiguous."""
        named = self.metadata.annotations.main if self.metadata.annotations else ""
        container = main_container([(box.name, box.image) for box in self.spec.containers], named, self.workload)
        return container or (self.spec.containers[0].name if self.spec.containers else "")

    def image(self, container: str) -> str:
        """Return the image of a container as written in the spec."""
        return next((box.image for box in self.spec.containers if box.name == container), "")

    def digest(self, container: str) -> str:
        """Return the digest of the image that a container runs, `sha256:…`; empty until it is pulled."""
        image = next((status.image_id for status in self.status.container_statuses if status.name == container), "")
        return image.rpartition("@")[2] if "sha256:" in image else ""


def _told(condition: _Condition | None) -> tuple[str, str]:
    return (condition.reason, condition.message) if condition else ("", "")


class _Tally:
    """Counts the pods of a list, added page by page so that a long list does not block the loop."""

    def __init__(self, first: dict[str, int] | None, container: str | None) -> None:
        self.total = self.ready = self.restarts = self.restarts_total = self.undigested = 0
        self._container = container
        self.digests: set[str] = set()
        self.containers: Counter[str] = Counter()
        self.nodes: set[str] = set()
        self.waiting: set[str] = set()
        self.seen: dict[str, int] = {}
        self.shown: list[tuple[bool, str, Pod]] = []
        self._first = first

    def add(self, pods: list[Pod]) -> None:
        """Count these pods, and keep those to list: not ready ones first."""
        for pod in pods:
            counted, ready, name = pod.counted, pod.ready, pod.metadata.name
            self.shown.append((ready or not counted, name, pod))
            if not counted:
                continue
            uid, restarts = pod.metadata.uid, pod.restarts
            self.seen[uid] = restarts
            self.total += 1
            self.containers.update({container.name for container in pod.spec.init_containers + pod.spec.containers})
            self.restarts_total += restarts
            if self._first is not None:
                self.restarts += max(0, restarts - self._first.get(uid, 0))
            digest = pod.digest(self.container(pod))
            self.digests.add(digest)
            self.undigested += not digest
            if ready:
                self.ready += 1
                self.nodes.add(pod.spec.node_name)
            else:
                self.waiting.add(pod.reason)
        self.shown = nsmallest(MAX_SHOWN, self.shown, key=lambda row: row[:2])

    def container(self, pod: Pod) -> str:
        """Return the container whose image counts; the main one if no container is requested."""
        if self._container is None:
            return pod.main
        annotated = pod.metadata.annotations.main if pod.metadata.annotations else ""
        boxes = [(container.name, container.image) for container in pod.spec.containers]
        return chosen_container(boxes, self._container, annotated, pod.workload)


class Pods(ClusterProbe):
    """The pods that match a selector, as counts and one by one.

    Without the right to list nodes the zones are not known; with the argument `zones` that is a fault.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("pod", namespace), *((reading("node", ""),) if args.zones else ()))

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self._first: dict[str, int] | None = None

    async def poll(self) -> Reading:
        path = KINDS["pod"].path(self.namespace)
        query: Query = (("labelSelector", self.args.selector),) if self.args.selector else ()
        tally, now = _Tally(self._first, self.args.container), None
        async for pods, reply in self.cluster.pages(path, query, ListPage[Pod], MAX_ITEMS):
            tally.add(pods)
            now = reply.date
        await self.cluster.zones.refresh(self.cluster)
        if self.args.zones:
            self.cluster.zones.require()
        if self._first is None:
            self._first = tally.seen
        return Reading(self._value(tally, now))

    def _value(self, tally: _Tally, now: float | None) -> dict[str, Any]:
        zones = self.cluster.zones.by_node or {}
        return {
            "total": tally.total,
            "ready": tally.ready,
            "restarts": tally.restarts,
            "restarts_total": tally.restarts_total,
            "containers": dict(sorted(tally.containers.items())[:MAX_NAMED]),
            "digests": sorted(tally.digests - {""}),
            "undigested": tally.undigested,
            "zones": sorted({zones.get(node, "") for node in tally.nodes} - {""}),
            "zones_known": self.cluster.zones.by_node is not None,
            "waiting": sorted(tally.waiting - {""}),
            "pods": [_row(pod, tally.container(pod), zones, now) for _, _, pod in tally.shown],
        }


def _row(pod: Pod, container: str, zones: dict[str, str], now: float | None) -> dict[str, Any]:
    row = {
        "name": pod.metadata.name,
        "phase": pod.phase,
        "ready": pod.ready,
        "restarts": pod.restarts,
        "reason": pod.reason,
        "node": pod.spec.node_name,
        "zone": zones.get(pod.spec.node_name, ""),
        "digest": pod.digest(container),
        "image": pod.image(container),
    }
    if now is not None and pod.metadata.creation_timestamp:
        row["age_s"] = max(0, int(now - pod.metadata.creation_timestamp.timestamp()))
    return row
