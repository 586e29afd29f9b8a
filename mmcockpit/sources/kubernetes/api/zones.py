"""The zone of each node."""

import asyncio

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, Lister, ListPage

BELIEVED_FOR = 300.0
"""Seconds until the nodes are listed again."""
REFUSED_FOR = 15.0
"""The same if we may not list them, so that a right granted meanwhile takes effect soon."""


class _Labels(msgspec.Struct, frozen=True, gc=False):
    zone: str = msgspec.field(name="topology.kubernetes.io/zone", default="")


class _Meta(msgspec.Struct, frozen=True, gc=False):
    name: str
    labels: _Labels = _Labels()


class _Node(msgspec.Struct, frozen=True, gc=False):
    metadata: _Meta


class Zones:
    """Node to zone, shared by all polls of a cluster; None if we may not list nodes."""

    def __init__(self) -> None:
        self.by_node: dict[str, str] | None = None
        self._fault: ProbeError | None = None
        self._until = 0.0

    async def refresh(self, cluster: Lister) -> None:
        """List the nodes again when the result is too old; after a failure the known zones stay."""
        now = asyncio.get_running_loop().time()
        if now < self._until:
            return
        try:
            nodes = await cluster.items(KINDS["node"].path(""), (), ListPage[_Node], MAX_ITEMS)
        except ProbeError as error:
            self._fault = error
            if error.kind is not FaultKind.FORBIDDEN:
                return
            self.by_node, self._until = None, now + REFUSED_FOR
        else:
            self.by_node = {node.metadata.name: node.metadata.labels.zone for node in nodes}
            self._until = now + BELIEVED_FOR

    def require(self) -> None:
        """Raise the ProbeError because of which zones are unknown, if there is one."""
        if self.by_node is None and self._fault is not None:
            raise self._fault
