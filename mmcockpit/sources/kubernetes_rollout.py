"""How far a rollout is, decided as `kubectl rollout status` decides it."""

from typing import Any

import msgspec

from mmcockpit.core.reading import FaultKind, ProbeError, Reading
from mmcockpit.sources.deadline import deadline
from mmcockpit.sources.kubernetes_cluster import Cluster, NotThere
from mmcockpit.sources.kubernetes_containers import chosen_container, main_container
from mmcockpit.sources.kubernetes_kinds import KINDS
from mmcockpit.sources.kubernetes_page import MAX_ITEMS, Page
from mmcockpit.sources.kubernetes_permissions import Permission, reading
from mmcockpit.sources.kubernetes_pods import Pod
from mmcockpit.sources.kubernetes_probe import ClusterProbe


class _Annotations(msgspec.Struct, frozen=True, gc=False):
    revision: str = msgspec.field(name="deployment.kubernetes.io/revision", default="")


class _Meta(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    uid: str = ""
    generation: int = 0
    annotations: _Annotations = _Annotations()


class _Container(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    image: str = ""


class _PodSpec(msgspec.Struct, frozen=True, gc=False):
    containers: list[_Container] = []


class _TemplateNotes(msgspec.Struct, frozen=True, gc=False):
    restarted_at: str = msgspec.field(name="kubectl.kubernetes.io/restartedAt", default="")
    main: str = msgspec.field(name="kubectl.kubernetes.io/default-container", default="")


class _TemplateMeta(msgspec.Struct, frozen=True, gc=False):
    annotations: _TemplateNotes | None = None


class _Template(msgspec.Struct, frozen=True, gc=False):
    metadata: _TemplateMeta = _TemplateMeta()
    spec: _PodSpec = _PodSpec()

    @property
    def notes(self) -> _TemplateNotes:
        """The annotations that matter."""
        return self.metadata.annotations or _TemplateNotes()


class _RollingUpdate(msgspec.Struct, frozen=True, gc=False):
    partition: int | None = None


class _Strategy(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    type: str = "RollingUpdate"
    rolling_update: _RollingUpdate | None = None


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    replicas: int = 1
    paused: bool = False
    min_ready_seconds: int = 0
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


class Rollout(ClusterProbe):
    """One Deployment or StatefulSet: {exists, desired, updated, ready, available, observed, complete, paused, reason,
    message, revision, image, restarted_at, stuck}.

    One that is not there is not complete, and everything else of it is zero or empty. `revision` is text: the number
    that `kubectl rollout undo --to-revision` takes, or a StatefulSet's update revision. `image` is of the
    application's container, `restarted_at` the time of the last `kubectl rollout restart`. `stuck` names why
    containers of the newest revision cannot start, while a Deployment's rollout is not complete. `min_ready_s` is its
    minReadySeconds, where it has any.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return all that reading may take."""
        workload = reading(args.kind, namespace, args.name)
        if args.kind == "statefulset":
            return (workload,)
        return (workload, reading("replicaset", namespace), reading("pod", namespace))

    async def read(self) -> Reading:
        """Ask once; ProbeError where no valid answer came."""
        await self.cluster.ready()
        namespace = self.namespace
        async with deadline(self.timeout, self.cluster.host):
            try:
                reply = await self.cluster.get(KINDS[self.args.kind].path(namespace, self.args.name))
            except NotThere:
                return Reading(self._value(_MISSING, False, []))
            workload = self.cluster.decode(msgspec.json.Decoder(Workload), reply)
            moving = self.args.kind == "deployment" and not workload.deployed
            stuck, remark = await self._stuck(namespace, workload) if moving else ([], "")
        return Reading(self._value(workload, True, stuck), remark=remark)

    async def _stuck(self, namespace: str, workload: Workload) -> tuple[list[str], str]:
        """Return why containers cannot start; where that may not be read, nothing, and that as a remark."""
        try:
            return await stuck_reasons(self.cluster, namespace, workload), ""
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            return [], f"why containers cannot start is not known: {error.message}"

    def _value(self, workload: Workload, exists: bool, stuck: list[str]) -> dict[str, Any]:
        stateful = self.args.kind == "statefulset"
        reason, message = workload.trouble if exists else ("NotFound", "")
        if stuck and reason != "ProgressDeadlineExceeded":
            reason, message = stuck[0], "containers of the newest revision cannot start"
        status, template = workload.status, workload.spec.template
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
            "image": self._image(template),
            "restarted_at": template.notes.restarted_at,
            "stuck": stuck,
            **({"min_ready_s": workload.spec.min_ready_seconds} if workload.spec.min_ready_seconds else {}),
        }

    def _image(self, template: _Template) -> str:
        """The image of the application's container; of the first where the question does not ask for one."""
        boxes = [(one.name, one.image) for one in template.spec.containers]
        if self.args.container is None:
            name = main_container(boxes, template.notes.main, self.args.name) or (boxes[0][0] if boxes else "")
        else:
            name = chosen_container(boxes, self.args.container, template.notes.main, self.args.name)
        return dict(boxes).get(name, "")


_STUCK = frozenset(
    {
        *("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"),
        *("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"),
    }
)


class _Set(msgspec.Struct, frozen=True, gc=False):
    """What is read of a ReplicaSet: whose it is, of which revision."""

    metadata: "_SetMeta"


class _Owner(msgspec.Struct, frozen=True, gc=False):
    uid: str


class _SetMeta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    annotations: _Annotations = _Annotations()
    owner_references: list[_Owner] = []


async def stuck_reasons(cluster: Cluster, namespace: str, workload: Workload) -> list[str]:
    """Return why containers of a Deployment's newest revision cannot start."""
    sets = await cluster.items(KINDS["replicaset"].path(namespace), (), Page[_Set], MAX_ITEMS)
    newest = {
        one.metadata.name
        for one in sets
        if one.metadata.annotations.revision == workload.metadata.annotations.revision
        and any(owner.uid == workload.metadata.uid for owner in one.metadata.owner_references)
    }
    pods = await cluster.items(KINDS["pod"].path(namespace), (), Page[Pod], MAX_ITEMS)
    mine = [pod for pod in pods if any(one.name in newest for one in pod.metadata.owner_references)]
    return sorted({pod.reason for pod in mine if pod.reason in _STUCK})
