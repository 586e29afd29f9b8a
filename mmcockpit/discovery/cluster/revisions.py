"""Which workloads have a revision to go back to before the change: one with other images than those that run."""

from collections.abc import Iterable, Mapping

from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of, spec_of

_CONTAINERS = ("initContainers", "containers")


class WorkloadRevisions:
    """The revisions of a namespace: ReplicaSets, ControllerRevisions, and the highest revision of each Helm release."""

    def __init__(self, inventory: Inventory, others: Iterable[Object], releases: Mapping[str, int]) -> None:
        self._releases = releases
        self._owned: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for revision in (*inventory.of("replicaset"), *others):
            pod = _pod(spec_of(revision) or revision.get("data") or {})
            for owner in (revision.get("metadata") or {}).get("ownerReferences") or ():
                key = str(owner.get("kind", "")), str(owner.get("name", ""))
                self._owned.setdefault(key, set()).add(_images(pod))

    def has_earlier(self, kind: str, workload: Object) -> bool:
        """Return whether a Deployment, StatefulSet or Rollout has a revision with other images than its own."""
        images = self._owned.get((kind, name_of(workload)), set())
        running = _images(_pod(spec_of(workload)))
        # A Rollout may have its pod template in another object.
        return len(images | {running} if running else images) > 1

    def has_earlier_release(self, name: str) -> bool:
        """Return whether a Helm release was upgraded before; True if its revisions are not known."""
        return self._releases.get(name, 2) > 1


def _pod(spec: Object) -> Object:
    """Return the pod of a template: of a workload's specification, or of what a ControllerRevision holds of it."""
    written: Object = (spec.get("spec") or spec).get("template") or {}
    return spec_of(written)


def _images(pod: Object) -> tuple[str, ...]:
    return tuple(str(one.get("image", "")) for key in _CONTAINERS for one in pod.get(key) or ())
