"""Checks whether a workload's status is current: a stopped controller no longer updates it."""

from collections.abc import Iterable

from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.workload import Workload

STALE_AFTER_S = 30.0
"""Seconds; a working controller corrects its status within a second or two."""


def ready_pods(kind: str, workload: Workload, pods: Iterable[Pod]) -> int:
    """Return how many of the pods are ready and belong to the workload."""
    if kind == "deployment":
        return sum(pod.ready and pod.workload == workload.metadata.name for pod in pods)
    uid = workload.metadata.uid
    return sum(pod.ready and any(owner.uid == uid for owner in pod.metadata.owner_references) for pod in pods)


class Staleness:
    """Tracks since when the status of each workload differs from its pods or its specification."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[tuple[int, ...], float]] = {}

    def reason(self, workload: Workload, ready: int, now: float) -> str:
        """Return why the status is stale, empty if it is not; `ready` counts its ready pods at `now` (seconds)."""
        status, uid = workload.status, workload.metadata.uid
        if workload.observed and ready == status.ready_replicas:
            self._since.pop(uid, None)
            return ""
        written = (status.observed_generation, status.ready_replicas, status.updated_replicas, status.replicas)
        before, since = self._since.get(uid, (written, now))
        if before != written:
            since = now
        self._since[uid] = (written, since)
        if now - since < STALE_AFTER_S:
            return ""
        if not workload.observed:
            newest, seen = workload.metadata.generation, status.observed_generation
            return f"status is stale: the controller observed generation {seen} of {newest}"
        return f"status is stale: it reports {status.ready_replicas} ready pods, {ready} are ready"
