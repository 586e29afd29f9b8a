"""Pod templates of workloads: security, images, limits, probes, over all their containers."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.containers import DEFAULT_CONTAINER, chosen_container, main_container
from mmcockpit.sources.kubernetes.objects import require_namespace
from mmcockpit.sources.kubernetes.pod_security import containers, violations
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace, Object, observed

MAX_LISTED = 500
MAX_NAMED = 20
"""Most violations listed of one workload; `count` includes all."""
RESOURCES = ("cpu", "memory")
OBSERVED = ("deployment", "statefulset", "daemonset")
"""Kinds whose controller reports the generation that it has observed."""
PROBES = ("liveness", "readiness", "startup")
PROBE_KINDS = {"grpc": "grpc", "tcpSocket": "tcp", "exec": "exec"}
"""Field of a probe to its name in messages; an HTTP probe also has a path."""
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


class TemplatesArgs(Args):
    """The workloads of a kind, or one of them by name."""

    shorthand: ClassVar[str] = "kind"
    kind: Literal["deployment", "statefulset", "daemonset", "cronjob", "pod"] = "deployment"
    name: Annotated[str, Field(description="One workload; default: all of the namespace.")] = ""
    selector: Annotated[str, Field(description="Of labels, e.g. app=modelmuxer.")] = ""
    namespace: Namespace = ""
    container: Annotated[
        str | None,
        Field(description='Whose probes count; "" finds the application\'s, and is a fault where that is not clear.'),
    ] = None


class Templates(ClusterProbe):
    """The pod templates of the workloads; with `name` a list of one, or an empty list if it does not exist.

    Limits are those after the defaults of LimitRanges.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        listed = (reading(kind, namespace) for kind in (args.kind, "limitrange", "serviceaccount"))
        return (*listed, reading("namespace", "", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        selectors = (
            ("labelSelector", self.args.selector),
            ("fieldSelector", f"metadata.name={self.args.name}" if self.args.name else ""),
        )
        query: Query = tuple((name, text) for name, text in selectors if text)
        path = KINDS[self.args.kind].path(namespace)
        listed = await self.cluster.items(path, query, ListPage[Object], MAX_LISTED)
        if not listed:
            await require_namespace(self.cluster, namespace)
        defaults = await self._defaults(namespace)
        silent = await self._without_token(namespace)
        return Reading([_row(self.args, written, defaults, silent) for written in listed])

    async def _list(self, kind: str, namespace: str) -> list[Object]:
        return await self.cluster.items(KINDS[kind].path(namespace), (), ListPage[Object], MAX_LISTED)

    async def _without_token(self, namespace: str) -> frozenset[str]:
        """Return the accounts whose token is not mounted unless a pod requests it."""
        accounts = await self._list("serviceaccount", namespace)
        return frozenset(
            str(account["metadata"]["name"])
            for account in accounts
            if account.get("automountServiceAccountToken") is False
        )

    async def _defaults(self, namespace: str) -> frozenset[str]:
        """Return the resources for which LimitRanges give containers a default limit."""
        ranges = await self._list("limitrange", namespace)
        limits = [limit for limit_range in ranges for limit in (limit_range.get("spec") or {}).get("limits") or ()]
        return frozenset(
            name
            for limit in limits
            if limit.get("type") == "Container"
            for name in RESOURCES
            if name in (limit.get("default") or {})
        )


def _pod_spec(kind: str, written: Object) -> Object:
    spec: Object = written.get("spec") or {}
    if kind == "pod":
        return spec
    if kind == "cronjob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod: Object = (spec.get("template") or {}).get("spec") or {}
    return pod


def _row(args: TemplatesArgs, written: Object, defaults: frozenset[str], silent: frozenset[str]) -> Object:
    pod = _pod_spec(args.kind, written)
    mounted = pod.get("automountServiceAccountToken")
    boxes = list(containers(pod))
    wrong = violations(pod)
    return {
        "name": str((written.get("metadata") or {}).get("name", "")),
        "violations": wrong[:MAX_NAMED],
        "count": len(wrong),
        "unpinned": [str(box.get("image", "")) for box in boxes if not _DIGEST.search(str(box.get("image", "")))],
        "without_limits": list(_without_limits(pod, defaults)),
        "writable_root": [
            str(box.get("name", ""))
            for box in boxes
            if (box.get("securityContext") or {}).get("readOnlyRootFilesystem") is not True
        ],
        "token": mounted if mounted is not None else pod.get("serviceAccountName", "default") not in silent,
        "containers": [str(box.get("name", "")) for box in boxes],
        **_main(args, written, pod),
        **_numbers(args.kind, written),
    }


def _main(args: TemplatesArgs, written: Object, pod: Object) -> Object:
    """Return the name of the application's container, and its probes."""
    boxes = {str(box.get("name", "")): box for box in pod.get("containers") or ()}
    metadata = ((written.get("spec") or {}).get("template") or written).get("metadata") or {}
    annotated = str((metadata.get("annotations") or {}).get(DEFAULT_CONTAINER, ""))
    named = [(name, str(box.get("image", ""))) for name, box in boxes.items()]
    workload = str(written["metadata"]["name"])
    if args.container is None:
        main = main_container(named, annotated, workload) or next(iter(boxes), "")
    else:
        main = chosen_container(named, args.container, annotated, workload)
    box = boxes.get(main, {})
    return {"main": main, "probes": {name: _probe(box.get(f"{name}Probe") or {}) for name in PROBES}}


def _probe(probe: Object) -> Object:
    """Return what a container's probe checks; the path is without its query."""
    if http := probe.get("httpGet"):
        return {"kind": "http", "path": str(http.get("path") or "/").partition("?")[0]}
    return {"kind": next((kind for field, kind in PROBE_KINDS.items() if field in probe), ""), "path": ""}


def _numbers(kind: str, numbers: Object) -> Object:
    spec, status = numbers.get("spec") or {}, numbers.get("status") or {}
    desired, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if numbers.get("kind") == "DaemonSet" or "desiredNumberScheduled" in status:
        desired, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    return {"desired": int(desired), "ready": int(ready), "observed": observed(numbers, kind in OBSERVED)}


def _without_limits(pod: Object, defaults: frozenset[str]) -> Iterator[str]:
    """Yield the containers that lack a limit: the API copies a missing request from the limit."""
    # A pod may have resources of its own, for all containers together. Ephemeral containers cannot have any.
    shared = pod.get("resources") or {}
    for box in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        own = box.get("resources") or {}
        for name in RESOURCES:
            limit = name in (own.get("limits") or {}) or name in (shared.get("limits") or {}) or name in defaults
            if not limit:
                yield f"{box.get('name', '')}: {name}"
