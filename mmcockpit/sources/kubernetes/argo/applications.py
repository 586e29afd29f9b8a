"""The fields read of an Application of Argo CD.

Source: https://github.com/argoproj/argo-cd/blob/master/pkg/apis/application/v1alpha1/types.go
"""

from datetime import datetime
from typing import Any

import msgspec

from mmcockpit.sources.kubernetes.api.custom import ObjectCondition, ObjectMeta

PRODUCT = "Argo CD"
APPLICATION = "Application.argoproj.io"


class AppSource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A repository, what of it is deployed, and the branch, tag, commit or version that is followed."""

    repo_url: str = msgspec.field(name="repoURL", default="")
    path: str = ""
    chart: str = ""
    target_revision: str = ""


class _Hydrator(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    dry_source: AppSource | None = None


class _Automated(msgspec.Struct, frozen=True, gc=False):
    enabled: bool | None = None


class _SyncPolicy(msgspec.Struct, frozen=True, gc=False):
    automated: _Automated | None = None


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    source: AppSource | None = None
    sources: list[AppSource] | None = None
    source_hydrator: _Hydrator | None = None
    sync_policy: _SyncPolicy | None = None


class _Compared(msgspec.Struct, frozen=True, gc=False):
    source: AppSource | None = None
    sources: list[AppSource] | None = None


class SyncState(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What the live objects were compared with, and the result."""

    status: str = ""
    revision: str = ""
    revisions: list[str] | None = None
    compared_to: _Compared | None = None

    @property
    def joined(self) -> str:
        """Its revision; of several sources, joined by commas."""
        return ",".join(self.revisions or ()) or self.revision


class HealthState(msgspec.Struct, frozen=True, gc=False):
    """The health of an application or of one resource."""

    status: str = ""
    message: str = ""


class SyncResult(msgspec.Struct, frozen=True, gc=False):
    """What a sync deployed."""

    revision: str = ""
    revisions: list[str] | None = None

    @property
    def joined(self) -> str:
        """Its revision; of several sources, joined by commas."""
        return ",".join(self.revisions or ()) or self.revision


class OperationState(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The running or the last sync."""

    phase: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retry_count: int = 0
    sync_result: SyncResult | None = None


class Deployed(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One deployment of the history."""

    id: int = 0
    revision: str = ""
    revisions: list[str] | None = None
    deployed_at: datetime | None = None

    @property
    def joined(self) -> str:
        """Its revision; of several sources, joined by commas."""
        return ",".join(self.revisions or ()) or self.revision


class ResourceState(msgspec.Struct, frozen=True, gc=False):
    """One resource of an application."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    status: str = ""
    health: HealthState | None = None


class _Summary(msgspec.Struct, frozen=True, gc=False):
    images: list[str] | None = None


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    sync: SyncState = SyncState()
    health: HealthState = HealthState()
    operation_state: OperationState | None = None
    history: list[Deployed] | None = None
    reconciled_at: datetime | None = None
    conditions: list[ObjectCondition] | None = None
    resources: list[ResourceState] | None = None
    summary: _Summary = _Summary()


class ApplicationObject(msgspec.Struct, frozen=True, gc=False):
    """The fields read of an Application."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()
    status: _Status = _Status()
    operation: dict[str, Any] | None = None
    """A sync that was requested and has not begun."""

    @property
    def sources(self) -> list[AppSource]:
        """Its sources; several of them replace the single one."""
        if self.spec.sources:
            return self.spec.sources
        return [self.spec.source] if self.spec.source else []

    @property
    def observed(self) -> bool:
        """Whether the live objects were compared with its present sources; an Application has no observedGeneration."""
        compared = self.status.sync.compared_to
        if self.spec.source_hydrator is not None:
            return compared is not None
        if compared is None:
            return False
        return self.sources == (compared.sources or ([compared.source] if compared.source else []))

    @property
    def deployed_revision(self) -> str:
        """The revision of the live objects: the compared one if they are synced, else that of the last deployment."""
        sync, last = self.status.sync, self.last_deployment
        return sync.joined if sync.status == "Synced" else last.joined if last else ""

    @property
    def last_deployment(self) -> Deployed | None:
        """The newest entry of its history; None without one."""
        return max(self.status.history or (), key=lambda one: one.id, default=None)
