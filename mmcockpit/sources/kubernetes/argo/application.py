"""An Application of Argo CD: whether the requested revision is synced and healthy."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.common.git_revision import is_revision
from mmcockpit.sources.kubernetes.access import Span
from mmcockpit.sources.kubernetes.api.custom import age_s, bounded, find_typed, installed, known_age_s
from mmcockpit.sources.kubernetes.api.permissions import Permission
from mmcockpit.sources.kubernetes.argo.applications import (
    APPLICATION,
    PRODUCT,
    ApplicationObject,
    OperationState,
    ResourceState,
)
from mmcockpit.sources.kubernetes.argo.rollouts import GROUP
from mmcockpit.sources.kubernetes.probe import ClusterProbe, ObjectName

MOST_RESOURCES = 50
MOST_DEPLOYMENTS = 10
_APPLICATION = msgspec.json.Decoder(ApplicationObject)
_SYNCED, _HEALTHY = "Synced", "Healthy"
_RUNNING = ("Running", "Terminating")
_FAILED = ("Failed", "Error")


class ArgoApplicationArgs(Args):
    """An Application by name, and the revision that should be deployed."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$",
            max_length=63,
            description="Of the Application, usually argocd; default: the source's.",
        ),
    ] = ""
    revision: Annotated[
        str,
        Field(
            max_length=256,
            description="Commit (full, or at least 7 characters), tag, branch or chart version that must be deployed.",
        ),
    ] = ""
    reconciled_within: Annotated[
        Span, Field(description="An older status is a fault: the application controller does not run.")
    ] = "15m"


class ArgoApplication(ClusterProbe):
    """One Application. A cluster without Argo CD is a fault.

    An application that is healthy on another revision is not complete. A status that the controller has not renewed
    for `reconciled_within` is a fault (stale): a stopped controller reports Healthy for ever.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (Permission("get", "applications", GROUP, namespace, args.name),)

    async def poll(self) -> Reading:
        kind = await installed(self.cluster, APPLICATION, PRODUCT)
        found = await find_typed(self.cluster, kind, self.namespace, self.args.name, _APPLICATION)
        if found is None:
            hint = "" if self.args.namespace else "; set namespace: to that of the Application, such as argocd"
            why = f"not found in namespace {self.namespace}{hint}"
            return Reading({**_absent(why), **({"at_revision": False} if self.args.revision else {})})
        application, now = found
        self._require_current(application, now)
        return Reading(bounded(self._value(application, now)))

    def _require_current(self, application: ApplicationObject, now: float | None) -> None:
        age = known_age_s(self.cluster, application.status.reconciled_at, now)
        if age is not None and age > seconds(self.args.reconciled_within):
            why = f"{self.cluster.host}: Application {self.args.name} was last reconciled {duration(age)} ago"
            raise ProbeError(FaultKind.STALE, f"{why}; does the application controller run?")

    def _value(self, application: ApplicationObject, now: float | None) -> dict[str, Any]:
        status, operation = application.status, application.status.operation_state or OperationState()
        at_revision = self._at_revision(application) if self.args.revision else None
        why = "; ".join(_why(application, operation, self.args.revision, at_revision))
        policy = application.spec.sync_policy
        automated = policy.automated if policy else None
        times = {
            "operation_started_s": age_s(operation.started_at, now),
            "operation_finished_s": age_s(operation.finished_at, now),
            "reconciled_age_s": age_s(status.reconciled_at, now),
        }
        return {
            "exists": True,
            "sync": status.sync.status,
            "health": status.health.status,
            "health_message": status.health.message,
            "complete": not why,
            **({} if at_revision is None else {"at_revision": at_revision}),
            "revision": application.deployed_revision,
            "compared_revision": status.sync.joined,
            "target": ",".join(source.target_revision or "HEAD" for source in application.sources),
            "operation": operation.phase,
            "operation_message": operation.message,
            **{name: age for name, age in times.items() if age is not None},
            "retries": operation.retry_count,
            "auto_sync": automated is not None and automated.enabled is not False,
            "observed": application.observed,
            "conditions": [f"{one.type}: {one.message}" for one in status.conditions or ()][:MOST_RESOURCES],
            "images": list(status.summary.images or ())[:MOST_RESOURCES],
            "why": why,
            "resources": _open_resources(status.resources or []),
            "resource_count": len(status.resources or ()),
            "history": _history(application, now),
        }

    def _at_revision(self, application: ApplicationObject) -> bool:
        """Return whether the live objects are those of the requested revision; of several sources, one has it."""
        sync, wanted = application.status.sync, self.args.revision
        if sync.status != _SYNCED or not application.observed:
            return False
        # Later commits that change nothing of the application are compared with, and not deployed.
        same = [one for one in (sync, application.last_deployment) if one is not None]
        if any(is_revision(wanted, text) for one in same for text in (one.joined, *(one.revisions or ()))):
            return True
        # A tag or a branch is not in the status: the comparison with the source that names it is.
        return any(source.target_revision == wanted for source in application.sources)


def _absent(why: str) -> dict[str, Any]:
    texts = ("sync", "health", "revision", "compared_revision", "target", "operation", "operation_message")
    empty = {**dict.fromkeys(("exists", "complete", "auto_sync", "observed"), False), **dict.fromkeys(texts, "")}
    lists: dict[str, Any] = {name: [] for name in ("conditions", "images", "resources", "history")}
    return {**empty, **lists, "retries": 0, "resource_count": 0, "why": why}


def _why(
    application: ApplicationObject, operation: OperationState, wanted: str, at_revision: bool | None
) -> Iterator[str]:
    """Yield every reason why an Application is not complete."""
    status = application.status
    if not application.observed:
        yield "its controller has not compared the latest specification"
    yield from (f"{one.type}: {one.message}" for one in status.conditions or () if one.type.endswith("Error"))
    if operation.phase in _RUNNING or application.operation is not None:
        yield f"a sync is {operation.phase.lower() if operation.phase in _RUNNING else 'requested'}"
    elif operation.phase in _FAILED and _concerns(operation, application):
        yield f"the last sync {operation.phase.lower()}: {operation.message}".rstrip(": ")
    if status.sync.status != _SYNCED:
        yield status.sync.status or "without a sync status"
    if status.health.status != _HEALTHY:
        health = status.health.status or "without a health status"
        yield f"{health}: {status.health.message}" if status.health.message else health
    if at_revision is False:
        yield f"at {_short(application.deployed_revision) or 'no revision'}, not at {_short(wanted)}"


def _concerns(operation: OperationState, application: ApplicationObject) -> bool:
    """Return whether a failed sync was one to the revision that is compared now."""
    result = operation.sync_result
    return result is None or not result.joined or result.joined == application.status.sync.joined


def _short(revision: str) -> str:
    return ",".join(part[:12] for part in revision.split(","))


def _open_resources(resources: list[ResourceState]) -> list[dict[str, Any]]:
    rows = [
        {
            "kind": one.kind,
            "name": one.name,
            "sync": one.status,
            "health": one.health.status if one.health else "",
            "message": one.health.message if one.health else "",
            "namespace": one.namespace,
        }
        for one in resources
        if one.status not in ("", _SYNCED) or (one.health and one.health.status not in ("", _HEALTHY))
    ]
    return rows[:MOST_RESOURCES]


def _history(application: ApplicationObject, now: float | None) -> list[dict[str, Any]]:
    newest = sorted(application.status.history or (), key=lambda one: -one.id)[:MOST_DEPLOYMENTS]
    return [{"id": one.id, "revision": one.joined, **_aged(one.deployed_at, now)} for one in newest]


def _aged(then: datetime | None, now: float | None) -> dict[str, int]:
    age = age_s(then, now)
    return {} if age is None else {"age_s": age}
