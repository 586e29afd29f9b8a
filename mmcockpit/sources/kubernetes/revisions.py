"""The revisions of a Deployment that it can be rolled back to, with their images."""

from typing import Any, ClassVar

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, Namespace, Object, ObjectName, find_object

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"


class RevisionsArgs(Args):
    """A Deployment by name."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Namespace = ""


class Revisions(ClusterProbe):
    """The ReplicaSets that a Deployment owns.

    A restart creates a revision with the same images, and a rollback to it changes nothing.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("deployment", namespace, args.name), reading("replicaset", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        known = await find_object(self.cluster, "deployment", namespace, self.args.name)
        if known is None:
            return Reading({"exists": False, "paused": False, "current": 0, "previous": 0, "revisions": []})
        deployment, _ = known
        sets = await self.cluster.items(KINDS["replicaset"].path(namespace), (), ListPage[Object], MAX_LISTED)
        uid, current = deployment["metadata"]["uid"], _number(deployment)
        rows = sorted(
            (_row(replica_set) for replica_set in sets if _owned(replica_set, uid)),
            key=lambda row: -int(row["revision"]),
        )
        images = next((row["images"] for row in rows if row["revision"] == current), _images(deployment))
        previous = next((row["revision"] for row in rows if row["images"] != images), 0)
        paused = bool((deployment.get("spec") or {}).get("paused"))
        known_ = {"current": current, "previous": previous, "revisions": rows}
        return Reading({"exists": True, "paused": paused, **known_})


def _row(replica_set: Object) -> Object:
    status, annotations = replica_set.get("status") or {}, replica_set["metadata"].get("annotations") or {}
    return {
        "revision": _number(replica_set),
        "images": _images(replica_set),
        "cause": str(annotations.get(CAUSE, "")),
        "created": str(replica_set["metadata"].get("creationTimestamp") or ""),
        "replicas": int(status.get("replicas", 0)),
        "ready": int(status.get("readyReplicas", 0)),
    }


def _images(replica_set: Object) -> list[str]:
    pod = ((replica_set.get("spec") or {}).get("template") or {}).get("spec") or {}
    boxes = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return [f"{box.get('name', '')}={box.get('image', '')}" for box in boxes]


def _number(replica_set: Object) -> int:
    text = str((replica_set["metadata"].get("annotations") or {}).get(REVISION, ""))
    return int(text) if text.isdecimal() else 0


def _owned(replica_set: Object, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in replica_set["metadata"].get("ownerReferences") or ())
