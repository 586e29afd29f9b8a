"""What all Kubernetes probes share."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.base import TimedProbe
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, NotThere
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission
from mmcockpit.sources.kubernetes.api.watch.poll import Reader, polling

Object = dict[str, Any]
"""An object of the API, as its JSON."""

ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
"""The name of an object, as the API accepts it."""
Namespace = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$", max_length=63)]
"""The name of a namespace; empty for that of the source."""

ContainerName = Annotated[
    str | None,
    Field(description='Whose image counts; "" finds the application\'s, and is a fault where that is not clear.'),
]
"""The container whose image counts; None for the main one, if it is clear which one that is."""

MAX_LISTED = 2_000
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class ClusterProbe(TimedProbe):
    """A probe of one cluster; its connections belong to the cluster."""

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self.cluster = cluster
        self._reader = Reader(question.stale_after)

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed` after a change to the objects of the last poll, once until the next poll."""
        self._reader.changed = changed

    async def read(self) -> Reading:
        """Poll once, from the caches of watches where there are any; the reading is as old as the oldest of them."""
        await self.ready()
        with polling(self._reader) as poll:
            async with deadline(self._reader.within(self.timeout), self.cluster.host):
                return poll.stamped(await super().read())

    async def ready(self) -> None:
        """Sign in, once for all probes of the cluster."""
        await self.cluster.ready()

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs; `namespace` is the one that is polled."""
        raise NotImplementedError(cls.__name__)

    @property
    def namespace(self) -> str:
        """The namespace that is polled: of the arguments, else of the source; known after `cluster.ready()`."""
        return self.args.namespace or self.cluster.namespace


async def list_objects(
    cluster: ClusterClient, path: str, query: Query, keep: Callable[[Object], Object]
) -> list[Object]:
    """Return what `keep` makes of each object of a list: only that stays in memory."""
    objects: list[Object] = []
    async for part, _ in cluster.pages(path, query, ListPage[Object], MAX_ITEMS):
        objects += map(keep, part)
    return objects


async def find_object(
    cluster: ClusterClient, kind: str, namespace: str, name: str
) -> tuple[Object, float | None] | None:
    """Return an object and the server's time (Unix seconds) of the result; None if it does not exist."""
    try:
        reply = await cluster.get(KINDS[kind].path(namespace, name))
    except NotThere:
        return None
    return cluster.decode(_OBJECT, reply), reply.date


def observed(written: Object, always_reported: bool = False) -> bool:
    """Return whether a status is of the latest specification.

    One without observedGeneration counts as current, unless the controller of the kind always reports it: then the
    controller has not seen the object yet.
    """
    seen = (written.get("status") or {}).get("observedGeneration")
    if seen is None:
        return not always_reported
    return int(seen) >= int(written["metadata"].get("generation", 0))
