"""The pods of a workload: ready, restarts, images, zones and waiting reasons."""

from collections import Counter, defaultdict
from functools import partial
from heapq import nsmallest
from typing import Any

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import LogTail, Question
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.list_summary import SummarisedList
from mmcockpit.sources.kubernetes.api.page import ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.containers import chosen_container
from mmcockpit.sources.kubernetes.pod.log import pod_log
from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.probe import ClusterProbe

MAX_SHOWN = 100
"""Most pods listed one by one; the counts include all."""
MAX_NAMED = 50
"""Most container names that are counted."""


class _Tally:
    """Counts the pods of a list, added page by page so that a long list does not block the loop.

    `first` are the restarts by UID of the first poll, from which `restarts` counts; None while that is counted.
    """

    def __init__(self, first: dict[str, int] | None, container: str | None) -> None:
        self.total = self.ready = self.restarts = self.restarts_total = self.undigested = 0
        self._container = container
        self.digests: set[str] = set()
        self._boxes: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self.nodes: set[str] = set()
        self.waiting: set[str] = set()
        self.seen: dict[str, int] = {}
        self.shown: list[tuple[bool, str, Pod]] = []
        self._first = first

    def add(self, pods: list[Pod]) -> None:
        """Count these pods, and keep those to list: not ready ones first."""
        last = self.shown[-1][:2] if len(self.shown) == MAX_SHOWN else None
        for pod in pods:
            counted, name = pod.counted, pod.metadata.name
            ready = counted and pod.condition_ready
            order = ready or not counted, name
            if last is None or order < last:
                self.shown.append((*order, pod))
            if counted:
                self._count(pod, ready)
        self.shown = nsmallest(MAX_SHOWN, self.shown, key=_order)

    def _count(self, pod: Pod, ready: bool) -> None:
        uid, restarts = pod.metadata.uid, pod.restarts
        self.total += 1
        self._boxes[tuple([box.name for box in pod.spec.init_containers + pod.spec.containers])] += 1
        self.restarts_total += restarts
        if self._first is None:
            self.seen[uid] = restarts
        elif restarts:
            self.restarts += max(0, restarts - self._first.get(uid, 0))
        digest = pod.digest(self.container(pod))
        self.digests.add(digest)
        self.undigested += not digest
        if ready:
            self.ready += 1
            self.nodes.add(pod.spec.node_name)
        else:
            self.waiting.add(pod.reason)

    @property
    def containers(self) -> Counter[str]:
        """How many pods have a container of each name."""
        counts: Counter[str] = Counter()
        for names, pods in self._boxes.items():
            counts.update(dict.fromkeys(names, pods))
        return counts

    def container(self, pod: Pod) -> str:
        """Return the container whose image counts; the main one if no container is requested."""
        if self._container is None:
            return pod.main
        annotated = pod.metadata.annotations.main if pod.metadata.annotations else ""
        boxes = [(container.name, container.image) for container in pod.spec.containers]
        return chosen_container(boxes, self._container, annotated, pod.workload)


def _order(row: tuple[bool, str, Pod]) -> tuple[bool, str]:
    return row[:2]


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
        self._pods: SummarisedList[Pod, _Tally] = SummarisedList(ListPage[Pod])

    async def poll(self) -> Reading:
        path = KINDS["pod"].path(self.namespace)
        query: Query = (("labelSelector", self.args.selector),) if self.args.selector else ()
        begin = partial(_Tally, self._first, self.args.container)
        tally, reply = await self._pods.read(self.cluster, path, query, begin)
        await self.cluster.zones.refresh(self.cluster)
        if self.args.zones:
            self.cluster.zones.require()
        if self._first is None:
            self._first = tally.seen
        return Reading(self._value(tally, reply.date))

    async def log(self, entry: str) -> LogTail:
        """Return the end of the log of a pod by its name; ProbeError if it cannot be read."""
        await self.ready()
        async with deadline(self.timeout, self.cluster.host):
            return await pod_log(self.cluster, self.namespace, entry)

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
