"""How far a rollout is, decided as in `kubectl rollout status`."""

import asyncio
from typing import Any

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, NotThere
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.probe import ClusterProbe
from mmcockpit.sources.kubernetes.replica_sets import replica_sets, set_rows, stuck_reasons, unfinished
from mmcockpit.sources.kubernetes.selectors import query_text
from mmcockpit.sources.kubernetes.staleness import ReadyPods, Staleness
from mmcockpit.sources.kubernetes.workload import Meta, Spec, Workload

_MISSING = Workload(Meta(), Spec(replicas=0))


class Rollout(ClusterProbe):
    """The rollout of one Deployment, StatefulSet or DaemonSet.

    The status is stale if the controller has not observed the specification, or the pods differ from its counts, for
    STALE_AFTER_S; then nothing is complete.
    """

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self._staleness = Staleness()

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        workload = reading(args.kind, namespace, args.name)
        sets = (reading("replicaset", namespace),) if args.kind == "deployment" else ()
        return (workload, *sets, reading("pod", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        try:
            reply = await self.cluster.get(KINDS[self.args.kind].path(namespace, self.args.name))
        except NotThere:
            return Reading(self._value(_MISSING, False, _Pods()))
        workload = self.cluster.decode(msgspec.json.Decoder(Workload), reply)
        if self.args.kind == "daemonset":
            workload = workload.of_nodes()
        seen = await self._pods(namespace, workload, reply.date)
        return Reading(self._value(workload, True, seen), remark=seen.remark)

    async def _pods(self, namespace: str, workload: Workload, date: float | None) -> "_Pods":
        """Return what pods and ReplicaSets show; a remark where they may not be read."""
        query = (("labelSelector", query_text(workload.spec.selector)),)
        try:
            pods = await self.cluster.items(KINDS["pod"].path(namespace), query, ListPage[Pod], MAX_ITEMS)
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            return _Pods(remark=f"reason of failing containers unknown: {error.message}")
        now, ready = asyncio.get_running_loop().time(), ReadyPods()
        ready.add(pods)
        stale = self._staleness.reason(workload, ready.of(self.args.kind, workload), now)
        if self.args.kind != "deployment":
            return _Pods(stale=stale)
        try:
            sets = await replica_sets(self.cluster, namespace, workload.metadata.uid, query)
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            unknown = "" if workload.deployed else f"reason of failing containers unknown: {error.message}"
            return _Pods(stale=stale, remark=unknown)
        stuck = [] if workload.deployed else stuck_reasons(workload, sets, pods)
        container = workload.spec.template.container(self.args.container, self.args.name)
        return _Pods(stuck, stale, rows=set_rows(workload, sets, pods, date, container))

    def _value(self, workload: Workload, exists: bool, seen: "_Pods") -> dict[str, Any]:
        stateful, stuck, stale = self.args.kind == "statefulset", seen.stuck, seen.stale
        reason, message = workload.trouble if exists else ("NotFound", "")
        if stuck and reason != "ProgressDeadlineExceeded":
            reason, message = stuck[0], "containers of the newest revision cannot start"
        if stale:
            reason, message = stale, ""
        status, template = workload.status, workload.spec.template
        complete = exists and not stale and workload.complete(self.args.kind)
        return {
            "exists": exists,
            "desired": workload.spec.replicas,
            "updated": status.updated_replicas,
            "ready": status.ready_replicas,
            "available": status.available_replicas,
            "observed": workload.observed,
            "complete": complete,
            "paused": workload.spec.paused,
            "reason": reason,
            "message": message,
            "revision": status.update_revision if stateful else workload.metadata.annotations.revision,
            "image": template.image(self.args.container, self.args.name),
            "restarted_at": template.notes.restarted_at,
            "stuck": stuck,
            "stale": stale,
            "why": "" if complete else unfinished(workload, stuck, stale) if exists else "not found",
            **({"sets": seen.rows} if seen.rows is not None else {}),
            **({"min_ready_s": workload.spec.min_ready_seconds} if workload.spec.min_ready_seconds else {}),
        }


class _Pods(msgspec.Struct, frozen=True):
    """What pods and ReplicaSets show: why containers cannot start, why the status is stale, the sets, a remark."""

    stuck: list[str] = []
    stale: str = ""
    remark: str = ""
    rows: list[dict[str, Any]] | None = None
