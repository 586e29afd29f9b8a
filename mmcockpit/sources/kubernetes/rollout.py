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
from mmcockpit.sources.kubernetes.containers import chosen_container, main_container
from mmcockpit.sources.kubernetes.pods import Pod
from mmcockpit.sources.kubernetes.probe import ClusterProbe
from mmcockpit.sources.kubernetes.selectors import query_text
from mmcockpit.sources.kubernetes.staleness import Staleness, ready_pods
from mmcockpit.sources.kubernetes.workload import Annotations, Meta, Spec, Template, Workload

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
            return Reading(self._value(_MISSING, False, [], ""))
        workload = self.cluster.decode(msgspec.json.Decoder(Workload), reply)
        if self.args.kind == "daemonset":
            workload = workload.of_nodes()
        stuck, stale, remark = await self._pods(namespace, workload)
        return Reading(self._value(workload, True, stuck, stale), remark=remark)

    async def _pods(self, namespace: str, workload: Workload) -> tuple[list[str], str, str]:
        """Return why containers cannot start, and why the status is stale; a remark if that may not be read."""
        try:
            query = (("labelSelector", query_text(workload.spec.selector)),)
            pods = await self.cluster.items(KINDS["pod"].path(namespace), query, ListPage[Pod], MAX_ITEMS)
            moving = self.args.kind == "deployment" and not workload.deployed
            stuck = await stuck_reasons(self.cluster, namespace, workload, pods) if moving else []
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            return [], "", f"reason of failing containers unknown: {error.message}"
        now = asyncio.get_running_loop().time()
        return stuck, self._staleness.reason(workload, ready_pods(self.args.kind, workload, pods), now), ""

    def _value(self, workload: Workload, exists: bool, stuck: list[str], stale: str) -> dict[str, Any]:
        stateful = self.args.kind == "statefulset"
        reason, message = workload.trouble if exists else ("NotFound", "")
        if stuck and reason != "ProgressDeadlineExceeded":
            reason, message = stuck[0], "containers of the newest revision cannot start"
        if stale:
            reason, message = stale, ""
        status, template = workload.status, workload.spec.template
        return {
            "exists": exists,
            "desired": workload.spec.replicas,
            "updated": status.updated_replicas,
            "ready": status.ready_replicas,
            "available": status.available_replicas,
            "observed": workload.observed,
            "complete": exists and not stale and workload.complete(self.args.kind),
            "paused": workload.spec.paused,
            "reason": reason,
            "message": message,
            "revision": status.update_revision if stateful else workload.metadata.annotations.revision,
            "image": self._image(template),
            "restarted_at": template.notes.restarted_at,
            "stuck": stuck,
            "stale": stale,
            **({"min_ready_s": workload.spec.min_ready_seconds} if workload.spec.min_ready_seconds else {}),
        }

    def _image(self, template: Template) -> str:
        """Return the image of the application's container; of the main or first one if no container is requested."""
        boxes = [(container.name, container.image) for container in template.spec.containers]
        if self.args.container is None:
            name = main_container(boxes, template.notes.main, self.args.name) or (boxes[0][0] if boxes else "")
        else:
            name = chosen_container(boxes, self.args.container, template.notes.main, self.args.name)
        return dict(boxes).get(name, "")


class _Set(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a ReplicaSet: its owner and revision."""

    metadata: "_SetMeta"


class _Owner(msgspec.Struct, frozen=True, gc=False):
    uid: str


class _SetMeta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    annotations: Annotations = Annotations()
    owner_references: list[_Owner] = []


async def stuck_reasons(cluster: ClusterClient, namespace: str, workload: Workload, pods: list[Pod]) -> list[str]:
    """Return why containers of a Deployment's newest revision cannot start, from its pods."""
    sets = await cluster.items(KINDS["replicaset"].path(namespace), (), ListPage[_Set], MAX_ITEMS)
    newest = {
        replica_set.metadata.name
        for replica_set in sets
        if replica_set.metadata.annotations.revision == workload.metadata.annotations.revision
        and any(owner.uid == workload.metadata.uid for owner in replica_set.metadata.owner_references)
    }
    mine = [pod for pod in pods if any(owner.name in newest for owner in pod.metadata.owner_references)]
    return sorted({reason for pod in mine for reason in pod.stuck})
