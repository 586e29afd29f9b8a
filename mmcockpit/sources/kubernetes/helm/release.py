"""A Helm release, from the labels of its Secrets or ConfigMaps: their data is neither requested nor decoded.

Source: https://github.com/helm/helm/tree/main/pkg/storage/driver
"""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.access import Span
from mmcockpit.sources.kubernetes.api.custom import age_s
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES, ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.objects import require_namespace
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace

METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""The form of a list that has only the metadata of its objects."""
MOST_REVISIONS = 10
MOST_STORED = 1_000
"""Maximum stored revisions of a release."""
PENDING = ("pending-install", "pending-upgrade", "pending-rollback")


class ReleaseArgs(Args):
    """A release by name, in the namespace where it is installed."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=53)]
    namespace: Namespace = ""
    storage: Annotated[Literal["secret", "configmap"], Field(description="HELM_DRIVER of the Helm that is used.")] = (
        "secret"
    )
    stuck_after: Annotated[Span, Field(description="A release that is pending for longer is stuck.")] = "10m"


class _Labels(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    status: str = ""
    version: str = ""
    modified_at: str = ""
    created_at: str = ""


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    labels: _Labels
    creation_timestamp: datetime | None = None


class ReleaseRecord(msgspec.Struct, frozen=True, gc=False):
    """The metadata of the object that stores one revision of a release."""

    metadata: _Meta

    @property
    def revision(self) -> int:
        """Its number; 0 for a label that is not one."""
        version = self.metadata.labels.version
        return int(version) if version.isdecimal() else 0

    @property
    def modified(self) -> datetime | None:
        """When Helm wrote it last, by the clock of the machine that Helm ran on."""
        labels = self.metadata.labels
        at = next((text for text in (labels.modified_at, labels.created_at) if text.isdecimal()), "")
        return datetime.fromtimestamp(int(at), UTC) if at else self.metadata.creation_timestamp


_RECORDS = msgspec.json.Decoder(ListPage[ReleaseRecord])


class Release(ClusterProbe):
    """One Helm release. Only metadata is requested: the chart, its values and its manifest stay in the cluster."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading(args.storage, namespace), reading("namespace", "", namespace))

    async def poll(self) -> Reading:
        records, now = await self._records()
        if not records:
            await require_namespace(self.cluster, self.namespace)
            return Reading({**_value([], None, 0.0), "why": f"not found in namespace {self.namespace}"})
        records.sort(key=lambda one: -one.revision)
        return Reading(_value(records, now, seconds(self.args.stuck_after)))

    async def _records(self) -> tuple[list[ReleaseRecord], float | None]:
        """Return the stored revisions and the server's time (Unix seconds)."""
        path = KINDS[self.args.storage].path(self.namespace)
        query: Query = (("labelSelector", f"owner=helm,name={self.args.name}"), ("limit", str(MOST_STORED)))
        if self.args.storage == "secret":
            query = (*query, ("fieldSelector", "type=helm.sh/release.v1"))
        reply = await self.cluster.ask("GET", path, query, None, MAX_PAGE_BYTES, METADATA)
        page = self.cluster.decode(_RECORDS, reply)
        if page.following:
            why = f"{self.cluster.host}: release {self.args.name} has more than {MOST_STORED} stored revisions"
            raise ProbeError(FaultKind.TOO_LARGE, why)
        return list(page.items or ()), reply.date


def _value(records: list[ReleaseRecord], now: float | None, stuck_after_s: float) -> dict[str, Any]:
    newest = records[0] if records else None
    status = newest.metadata.labels.status if newest else ""
    age = age_s(newest.modified, now) if newest else None
    pending, complete = status in PENDING, status == "deployed"
    stuck = pending and age is not None and age > stuck_after_s
    deployed = next((one.revision for one in records if one.metadata.labels.status == "deployed"), 0)
    return {
        "exists": newest is not None,
        "status": status,
        "revision": newest.revision if newest else 0,
        "complete": complete,
        "pending": pending,
        "stuck": stuck,
        "deployed_revision": deployed,
        **({} if age is None else {"age_s": age}),
        "why": "" if complete else _why(status, age, stuck),
        "history": [_row(one, now) for one in records[:MOST_REVISIONS]],
    }


def _why(status: str, age: int | None, stuck: bool) -> str:
    since = f" for {duration(age)}" if age is not None and status in PENDING else ""
    gone = "; its Helm process is gone: roll back to the last deployed revision" if stuck else ""
    return f"{status or 'without a status'}{since}{gone}"


def _row(one: ReleaseRecord, now: float | None) -> dict[str, Any]:
    age = age_s(one.modified, now)
    row: dict[str, Any] = {"revision": one.revision, "status": one.metadata.labels.status}
    return row if age is None else {**row, "age_s": age}
