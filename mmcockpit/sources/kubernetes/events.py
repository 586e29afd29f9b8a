"""Kubernetes events of a namespace: what went wrong, and when last."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.kubernetes.access import Span
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace

MAX_SHOWN = 500
"""Most events listed, the newest first."""


class EventsArgs(Args):
    """Which events are listed."""

    shorthand: ClassVar[str] = "kind"
    kind: Annotated[str, Field(pattern=r"^[A-Za-z]*$", description="Of such objects only: Pod, Deployment, …")] = ""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]*$", description="Of the object with this name only.")] = ""
    types: Annotated[tuple[str, ...], Field(min_length=1, description="Warning, Normal.")] = ("Warning",)
    over: Annotated[Span, Field(description="How far back, by the server's clock.")] = "10m"
    namespace: Namespace = ""


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    creation_timestamp: datetime | None = None


class _Object(msgspec.Struct, frozen=True, gc=False):
    kind: str = ""
    name: str = ""


class _Series(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    count: int = 1
    last_observed_time: datetime | None = None


class ClusterEvent(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields read of an event; the older and the newer API fill different ones."""

    metadata: _Meta
    involved_object: _Object
    reason: str | None = None
    message: str | None = None
    type: str | None = None
    count: int | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: _Series | None = None

    @property
    def last(self) -> datetime:
        """When it was last seen, by the newest time it has; else its creation time."""
        moments = (self.series.last_observed_time if self.series else None, self.last_timestamp, self.event_time)
        times = [time for time in moments if time is not None]
        return max(times) if times else self.metadata.creation_timestamp or datetime.fromtimestamp(0, UTC)

    @property
    def times(self) -> int:
        """How often it was seen."""
        return max(1, self.series.count if self.series else 0, self.count or 0)


class Events(ClusterProbe):
    """The events, newest first; `[]` if there are none. By default, the API server deletes events after an hour."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("event", namespace),)

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        chosen = {"involvedObject.kind": self.args.kind, "involvedObject.name": self.args.name}
        if len(self.args.types) == 1:
            chosen["type"] = self.args.types[0]
        selector = ",".join(f"{field}={text}" for field, text in chosen.items() if text)
        self._query = (("fieldSelector", selector),) if selector else ()

    async def poll(self) -> Reading:
        path = KINDS["event"].path(self.namespace)
        recent: list[ClusterEvent] = []
        async for events, reply in self.cluster.pages(path, self._query, ListPage[ClusterEvent], MAX_ITEMS):
            if reply.date is None:
                why = f"{self.cluster.host}: response has no Date header"
                raise ProbeError(FaultKind.MALFORMED, why)
            start = datetime.fromtimestamp(reply.date - seconds(self.args.over), UTC)
            recent += (event for event in events if event.last >= start and event.type in self.args.types)
        recent.sort(key=lambda event: (event.last, event.involved_object.name), reverse=True)
        return Reading([_row(event) for event in recent[:MAX_SHOWN]])


def _row(event: ClusterEvent) -> dict[str, Any]:
    return {
        "type": event.type,
        "reason": event.reason or "",
        "message": event.message or "",
        "kind": event.involved_object.kind,
        "name": event.involved_object.name,
        "count": event.times,
        "last": event.last.isoformat(timespec="seconds"),
    }
