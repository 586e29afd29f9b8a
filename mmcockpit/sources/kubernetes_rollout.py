"""How far a rollout is, decided as `kubectl rollout status` decides it."""

from typing import Any

import msgspec

from mmcockpit.core.reading import Reading
from mmcockpit.sources.deadline import deadline
from mmcockpit.sources.kubernetes_cluster import Cluster, NotThere
from mmcockpit.sources.kubernetes_kinds import KINDS
from mmcockpit.sources.source import Question


class _Annotations(msgspec.Struct, frozen=True, gc=False):
    revision: str = msgspec.field(name="deployment.kubernetes.io/revision", default="")


class _Meta(msgspec.Struct, frozen=True, gc=False):
    generation: int = 0
    annotations: _Annotations = _Annotations()


class _Container(msgspec.Struct, frozen=True, gc=False):
    image: str = ""


class _PodSpec(msgspec.Struct, frozen=True, gc=False):
    containers: list[_Container] = []


class _Template(msgspec.Struct, frozen=True, gc=False):
    spec: _PodSpec = _PodSpec()


class _RollingUpdate(msgspec.Struct, frozen=True, gc=False):
    partition: int | None = None


class _Strategy(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    type: str = "RollingUpdate"
    rolling_update: _RollingUpdate | None = None


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    replicas: int = 1
    paused: bool = False
    template: _Template = _Template()
    update_strategy: _Strategy = _Strategy()


class _Condition(msgspec.Struct, frozen=True, gc=False):
    type: str
    status: str
    reason: str = ""
    message: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: list[_Condition] = []


class Workload(msgspec.Struct, frozen=True, gc=False):
    """What is read of a Deployment or StatefulSet."""

    metadata: _Meta
    spec: _Spec
    status: _Status = _Status()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the latest spec."""
        return 0 < self.metadata.generation <= self.status.observed_generation

    @property
    def deployed(self) -> bool:
        """Whether a Deployment's rollout is complete."""
        status, desired = self.status, self.spec.replicas
        updated = status.updated_replicas
        whole = updated >= desired and status.replicas <= updated and status.available_replicas >= updated
        return self.observed and whole and self.trouble[0] != "ProgressDeadlineExceeded"

    @property
    def rolled(self) -> bool:
        """Whether a StatefulSet's rollout is complete; nobody knows with the strategy OnDelete."""
        status, desired, strategy = self.status, self.spec.replicas, self.spec.update_strategy
        if strategy.type != "RollingUpdate" or not self.observed or status.ready_replicas < desired:
            return False
        partition = strategy.rolling_update.partition if strategy.rolling_update else None
        if partition is not None:
            return status.updated_replicas >= desired - partition
        return status.update_revision == status.current_revision

    @property
    def trouble(self) -> tuple[str, str]:
        """Why it does not get on, as (reason, message): pods that cannot be made first, then the progress."""
        conditions = {one.type: one for one in self.status.conditions}
        failure, progress = conditions.get("ReplicaFailure"), conditions.get("Progressing")
        if progress and progress.reason == "ProgressDeadlineExceeded":
            # That it took too long says less than why no pod could be made.
            detail = failure.message if failure and failure.status == "True" else progress.message
            return progress.reason, detail
        told = failure if failure and failure.status == "True" else progress
        return (told.reason, told.message) if told else ("", "")


_MISSING = Workload(_Meta(), _Spec(replicas=0))


class Rollout:
    """One Deployment or StatefulSet: {exists, desired, updated, ready, available, observed, complete, paused, reason,
    message, revision, image}.

    One that is not there is not complete, and everything else of it is zero or empty. `revision` is text: the number
    that `kubectl rollout undo --to-revision` takes, or a StatefulSet's update revision. `image` is of the first
    container.
    """

    def __init__(self, cluster: Cluster, question: Question) -> None:
        self.cluster, self.args, self.timeout = cluster, question.args, question.timeout

    async def read(self) -> Reading:
        """Ask once; ProbeError where no valid answer came."""
        await self.cluster.ready()
        path = KINDS[self.args.kind].path(self.args.namespace or self.cluster.namespace, self.args.name)
        async with deadline(self.timeout, self.cluster.host):
            try:
                reply = await self.cluster.get(path)
            except NotThere:
                return Reading(self._value(_MISSING, exists=False))
        return Reading(self._value(self.cluster.decode(msgspec.json.Decoder(Workload), reply), exists=True))

    async def close(self) -> None:
        """Let go of nothing: the connections are the cluster's."""

    def _value(self, workload: Workload, exists: bool) -> dict[str, Any]:
        stateful = self.args.kind == "statefulset"
        reason, message = workload.trouble if exists else ("NotFound", "")
        status, containers = workload.status, workload.spec.template.spec.containers
        return {
            "exists": exists,
            "desired": workload.spec.replicas,
            "updated": status.updated_replicas,
            "ready": status.ready_replicas,
            "available": status.available_replicas,
            "observed": workload.observed,
            "complete": exists and (workload.rolled if stateful else workload.deployed),
            "paused": workload.spec.paused,
            "reason": reason,
            "message": message,
            "revision": status.update_revision if stateful else workload.metadata.annotations.revision,
            "image": containers[0].image if containers else "",
        }
