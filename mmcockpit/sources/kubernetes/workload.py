"""A Deployment, StatefulSet or DaemonSet as in the API, and whether its rollout is complete."""

from typing import Any

import msgspec

from mmcockpit.sources.kubernetes.containers import DEFAULT_CONTAINER, chosen_container, main_container


class Annotations(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a Deployment's or ReplicaSet's annotations."""

    revision: str = msgspec.field(name="deployment.kubernetes.io/revision", default="")
    argo_revision: str = msgspec.field(name="rollout.argoproj.io/revision", default="")


class Meta(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a workload's metadata."""

    name: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    generation: int = 0
    annotations: Annotations = Annotations()


class _Container(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    image: str = ""


class _PodSpec(msgspec.Struct, frozen=True, gc=False):
    containers: list[_Container] = []


class _TemplateNotes(msgspec.Struct, frozen=True, gc=False):
    restarted_at: str = msgspec.field(name="kubectl.kubernetes.io/restartedAt", default="")
    main: str = msgspec.field(name=DEFAULT_CONTAINER, default="")


class _TemplateMeta(msgspec.Struct, frozen=True, gc=False):
    annotations: _TemplateNotes | None = None


class Template(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a pod template."""

    metadata: _TemplateMeta = _TemplateMeta()
    spec: _PodSpec = _PodSpec()

    @property
    def notes(self) -> _TemplateNotes:
        """The annotations that are read."""
        return self.metadata.annotations or _TemplateNotes()

    def container(self, wanted: str | None, workload: str) -> str:
        """Return the application's container; the main or first one if no container is requested."""
        boxes = [(one.name, one.image) for one in self.spec.containers]
        if wanted is None:
            return main_container(boxes, self.notes.main, workload) or (boxes[0][0] if boxes else "")
        return chosen_container(boxes, wanted, self.notes.main, workload)

    def image(self, wanted: str | None, workload: str) -> str:
        """Return the image of the application's container."""
        return {one.name: one.image for one in self.spec.containers}.get(self.container(wanted, workload), "")


class _RollingUpdate(msgspec.Struct, frozen=True, gc=False):
    partition: int | None = None


class _Strategy(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    type: str = "RollingUpdate"
    rolling_update: _RollingUpdate | None = None


class Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields read of a workload's specification."""

    selector: dict[str, Any] = {}
    replicas: int = 1
    paused: bool = False
    min_ready_seconds: int = 0
    template: Template = Template()
    update_strategy: _Strategy = _Strategy()


class _Condition(msgspec.Struct, frozen=True, gc=False):
    type: str
    status: str
    reason: str = ""
    message: str = ""


class WorkloadStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields read of a workload's status; a DaemonSet fills other ones."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: list[_Condition] = []


class Workload(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a Deployment, StatefulSet or DaemonSet."""

    metadata: Meta
    spec: Spec
    status: WorkloadStatus = WorkloadStatus()

    def of_nodes(self) -> "Workload":
        """Return a DaemonSet with the numbers of a Deployment: one pod for each scheduled node."""
        status, desired = self.status, self.status.desired_number_scheduled
        counted = msgspec.structs.replace(
            status,
            replicas=max(desired, status.current_number_scheduled),
            updated_replicas=status.updated_number_scheduled,
            ready_replicas=status.number_ready,
            available_replicas=status.number_available,
        )
        return msgspec.structs.replace(self, spec=msgspec.structs.replace(self.spec, replicas=desired), status=counted)

    @property
    def spread(self) -> bool:
        """Whether a DaemonSet's rollout is complete; with the strategy OnDelete, whether its pods are available."""
        status, desired = self.status, self.spec.replicas
        updated = status.updated_replicas >= desired or self.spec.update_strategy.type == "OnDelete"
        return self.observed and updated and status.available_replicas >= desired

    def complete(self, kind: str) -> bool:
        """Return whether the rollout of a Deployment, StatefulSet or DaemonSet is complete."""
        return {"statefulset": self.rolled, "daemonset": self.spread}.get(kind, self.deployed)

    @property
    def observed(self) -> bool:
        """Whether the controller has observed the latest specification."""
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
        """Whether a StatefulSet's rollout is complete; with OnDelete, whether all its pods have the newest revision."""
        status, desired, strategy = self.status, self.spec.replicas, self.spec.update_strategy
        if not self.observed or status.ready_replicas < desired:
            return False
        if strategy.type == "OnDelete":
            return status.update_revision == status.current_revision or status.updated_replicas >= desired
        partition = strategy.rolling_update.partition if strategy.rolling_update else None
        if partition is not None:
            return status.updated_replicas >= desired - partition
        return status.update_revision == status.current_revision

    @property
    def trouble(self) -> tuple[str, str]:
        """Why it makes no progress, as (reason, message): a replica failure first, then the Progressing condition."""
        conditions = {condition.type: condition for condition in self.status.conditions}
        failure, progress = conditions.get("ReplicaFailure"), conditions.get("Progressing")
        if progress and progress.reason == "ProgressDeadlineExceeded":
            # Why no pod could be created is more useful than that the deadline is exceeded.
            detail = failure.message if failure and failure.status == "True" else progress.message
            return progress.reason, detail
        condition = failure if failure and failure.status == "True" else progress
        return (condition.reason, condition.message) if condition else ("", "")
