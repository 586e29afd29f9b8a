"""The fields of pods that selectors and network policies use: only those are decoded and kept of large lists."""

from typing import Any

import msgspec

from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage, Query

Object = dict[str, Any]


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    labels: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class _Box(msgspec.Struct, frozen=True, gc=False):
    ports: list[Object] | None = None


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    containers: tuple[_Box, ...] = ()
    host_network: bool | None = None


class _Status(msgspec.Struct, frozen=True, gc=False):
    phase: str = ""
    pod_ips: list[Object] | None = msgspec.field(name="podIPs", default=None)


class _Pod(msgspec.Struct, frozen=True, gc=False):
    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()


async def labelled_pods(cluster: ClusterClient, namespace: str, selector: str = "") -> list[Object]:
    """Return the pods of a namespace that match a label selector, with their labels, ports and phase."""
    query: Query = (("labelSelector", selector),) if selector else ()
    labels: list[Object] = []
    async for pods, _ in cluster.pages(KINDS["pod"].path(namespace), query, ListPage[_Pod], MAX_ITEMS):
        labels += map(_object, pods)
    return labels


def _object(pod: _Pod) -> Object:
    deleted = {"deletionTimestamp": pod.metadata.deletion_timestamp} if pod.metadata.deletion_timestamp else {}
    boxes = [{"ports": box.ports or []} for box in pod.spec.containers]
    return {
        "metadata": {"name": pod.metadata.name, "labels": pod.metadata.labels or {}, **deleted},
        "spec": {"containers": boxes, "hostNetwork": bool(pod.spec.host_network)},
        "status": {"phase": pod.status.phase, "podIPs": pod.status.pod_ips or []},
    }
