"""Checks whether a workload's status is current: a stopped controller no longer updates it."""

from collections import Counter
from collections.abc import Iterable

from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.workload import Workload

STALE_AFTER_S = 30.0
"""Seconds; a working controller corrects its status within a second or two."""


class ReadyPods:
    """How many ready pods each workload has, counted once for all of them."""

    def __init__(self) -> None:
        self._by_deployment: Counter[str] = Counter()
        self._by_uid: Counter[str] = Counter()

    def add(self, pods: Iterable[Pod]) -> None:
        """Count these pods as well."""
        for pod in pods:
            if pod.ready:
                self._by_deployment[pod.deployment] += 1
                self._by_uid.update({owner.uid for owner in pod.metadata.owner_references})

    def of(self, kind: str, workload: Workload) -> int:
        """Return how many belong to a workload: to a Deployment by its name, to others by their UID."""
        if kind == "deployment":
            return self._by_deployment[workload.metadata.name]
        return self._by_uid[workload.metadata.uid]


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
