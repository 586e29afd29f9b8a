"""The revisions of a Deployment that it can be rolled back to, with their images."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, Object, find_object

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"


class RevisionsArgs(Args):
    """A Deployment by name."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
    namespace: Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$", max_length=63)] = ""


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
        rows = sorted((_row(one) for one in sets if _owned(one, uid)), key=lambda row: -int(row["revision"]))
        images = next((row["images"] for row in rows if row["revision"] == current), _images(deployment))
        previous = next((row["revision"] for row in rows if row["images"] != images), 0)
        paused = bool((deployment.get("spec") or {}).get("paused"))
        known_ = {"current": current, "previous": previous, "revisions": rows}
        return Reading({"exists": True, "paused": paused, **known_})


def _row(found: Object) -> Object:
    status, annotations = found.get("status") or {}, found["metadata"].get("annotations") or {}
    return {
        "revision": _number(found),
        "images": _images(found),
        "cause": str(annotations.get(CAUSE, "")),
        "created": str(found["metadata"].get("creationTimestamp") or ""),
        "replicas": int(status.get("replicas", 0)),
        "ready": int(status.get("readyReplicas", 0)),
    }


def _images(found: Object) -> list[str]:
    pod = ((found.get("spec") or {}).get("template") or {}).get("spec") or {}
    boxes = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return [f"{box.get('name', '')}={box.get('image', '')}" for box in boxes]


def _number(found: Object) -> int:
    text = str((found["metadata"].get("annotations") or {}).get(REVISION, ""))
    return int(text) if text.isdecimal() else 0


def _owned(found: Object, uid: str) -> bool:
    return any(one.get("uid") == uid for one in found["metadata"].get("ownerReferences") or ())
