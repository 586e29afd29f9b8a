"""The fields that are read of a pod, and what follows from them."""

from datetime import datetime

import msgspec

from mmcockpit.sources.kubernetes.containers import DEFAULT_CONTAINER, main_container

CRASHES = 3
"""Restarts from which a container that is not ready counts as crash-looping, even while it runs."""
STUCK = frozenset(
    {
        *("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"),
        *("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"),
    }
)
"""Waiting reasons of a container that do not resolve by themselves."""


class _Annotations(msgspec.Struct, frozen=True, gc=False):
    main: str = msgspec.field(name=DEFAULT_CONTAINER, default="")


class _Labels(msgspec.Struct, frozen=True, gc=False):
    of_rollout: str = msgspec.field(name="rollouts-pod-template-hash", default="")


class _Owner(msgspec.Struct, frozen=True, gc=False):
    kind: str
    name: str
    uid: str = ""
    controller: bool = False


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    uid: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: str | None = None
    annotations: _Annotations | None = None
    labels: _Labels | None = None
    owner_references: tuple[_Owner, ...] = ()


class _Container(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    image: str = ""
    restart_policy: str = ""


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    containers: tuple[_Container, ...] = ()
    init_containers: tuple[_Container, ...] = ()
    node_name: str = ""


class _Halted(msgspec.Struct, frozen=True, gc=False):
    reason: str = ""


class _State(msgspec.Struct, frozen=True, gc=False):
    waiting: _Halted | None = None
    terminated: _Halted | None = None


class ContainerStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The state of one container."""

    name: str
    restart_count: int = 0
    ready: bool = False
    image_id: str = msgspec.field(name="imageID", default="")
    state: _State = _State()


class _Condition(msgspec.Struct, frozen=True, gc=False):
    type: str
    status: str
    reason: str = ""
    message: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    phase: str = "Unknown"
    reason: str = ""
    conditions: tuple[_Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a pod."""

    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def phase(self) -> str:
        """The phase; Terminating for a pod that is being deleted, as kubectl shows it."""
        return "Terminating" if self.metadata.deletion_timestamp else self.status.phase

    @property
    def counted(self) -> bool:
        """Whether the pod should serve: neither ended, nor being deleted, nor failed and replaced by its owner."""
        phase = self.phase
        replaced = phase == "Failed" and any(owner.controller for owner in self.metadata.owner_references)
        return phase not in ("Succeeded", "Terminating") and not replaced

    @property
    def ready(self) -> bool:
        """Whether it should serve and its condition Ready is true."""
        return self.counted and self.condition_ready

    @property
    def condition_ready(self) -> bool:
        """Whether its condition Ready is true."""
        # Lists take less than generators here, and tens of thousands of pods are counted.
        return "True" in [condition.status for condition in self.status.conditions if condition.type == "Ready"]

    @property
    def restarts(self) -> int:
        """Restarts of all its containers since it was created; of init containers, those of native sidecars."""
        restarts = sum([container.restart_count for container in self.status.container_statuses])
        sidecars = [box.name for box in self.spec.init_containers if box.restart_policy == "Always"]
        if not sidecars:
            return restarts
        statuses = self.status.init_container_statuses
        return restarts + sum(container.restart_count for container in statuses if container.name in sidecars)

    @property
    def reason(self) -> str:
        """Why it is not ready, empty if it is: the first reason of a container, a condition or the pod."""
        if self.ready:
            return ""
        for container in self.status.init_container_statuses + self.status.container_statuses:
            halted = container.state.waiting or container.state.terminated
            if halted and halted.reason and halted.reason not in ("Completed", "PodInitializing"):
                return halted.reason
        conditions = {condition.type: condition for condition in self.status.conditions if condition.status == "False"}
        unscheduled = conditions.get("PodScheduled")
        # Only a condition's message names the init container or native sidecar that a pod waits for.
        later = (": ".join(filter(None, _told(conditions.get(name)))) for name in ("Initialized", "Ready"))
        given = [unscheduled.reason if unscheduled else "", *later]
        return next(filter(None, [self.status.reason, *given]), "")

    @property
    def stuck(self) -> list[str]:
        """Why containers of a pod that is not ready cannot start; also between two attempts of a crash loop."""
        if self.ready or not self.counted:
            return []
        boxes = self.status.init_container_statuses + self.status.container_statuses
        waiting = {container.state.waiting.reason for container in boxes if container.state.waiting}
        crashes = {
            "CrashLoopBackOff" for container in boxes if container.restart_count >= CRASHES and not container.ready
        }
        return sorted((waiting & STUCK) | crashes)

    @property
    def workload(self) -> str:
        """The name of the Deployment, StatefulSet or other workload that owns it; empty for a pod without an owner."""
        owner = next((owner for owner in self.metadata.owner_references if owner.controller), None)
        if owner is None:
            return ""
        return owner.name.rpartition("-")[0] if owner.kind == "ReplicaSet" else owner.name

    @property
    def deployment(self) -> str:
        """The name of the Deployment that owns it; empty for a pod of any other workload."""
        owner = next((owner for owner in self.metadata.owner_references if owner.controller), None)
        if owner is None or owner.kind != "ReplicaSet" or (self.metadata.labels and self.metadata.labels.of_rollout):
            return ""
        return owner.name.rpartition("-")[0]

    @property
    def main(self) -> str:
        """The name of its main container; the first one if that is ambiguous."""
        if len(self.spec.containers) == 1:
            return self.spec.containers[0].name
        named = self.metadata.annotations.main if self.metadata.annotations else ""
        container = main_container([(box.name, box.image) for box in self.spec.containers], named, self.workload)
        return container or (self.spec.containers[0].name if self.spec.containers else "")

    def image(self, container: str) -> str:
        """Return the image of a container as written in the spec."""
        return next((box.image for box in self.spec.containers if box.name == container), "")

    def digest(self, container: str) -> str:
        """Return the digest of the image that a container runs, `sha256:…`; empty until it is pulled."""
        images = [status.image_id for status in self.status.container_statuses if status.name == container]
        image = images[0] if images else ""
        return image.rpartition("@")[2] if "sha256:" in image else ""


def _told(condition: _Condition | None) -> tuple[str, str]:
    return (condition.reason, condition.message) if condition else ("", "")
