"""The state of a Redis Cluster and of each of its nodes."""

from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.redis.probes import Server
from mmcockpit.sources.redis.topology import SLOTS, ClusterNode, MastersProbe

MAX_NODES = 200
"""Most nodes that are listed; masters with slots and failing ones come first."""


class ClusterState(MastersProbe):
    """The state of the cluster, and its nodes.

    `state` is `fail` as well if slots have no node or their master failed, although the other slots are served (full
    coverage is not required). A failure that the masters do not yet agree on makes the result partial.
    """

    def __init__(self, server: Server, question: Question) -> None:
        super().__init__(server, question)
        self._own = ""
        """The node of the URL, as the cluster names it."""

    async def value(self) -> Any:
        section = await self.fields(await self.ask_any("INFO", "cluster"))
        if not self.number(section, "cluster_enabled"):
            if self.server.cluster:
                why = "not a cluster (cluster_enabled is 0); remove `cluster: true`"
                raise ProbeError(FaultKind.CONFIGURATION, f"{self.server.host}: {why}")
            return {"enabled": False, "state": "none", "slots_assigned": 0, "known_nodes": 0, "size": 0, "nodes": []}
        cluster = await self.fields(await self.ask_any("CLUSTER", "INFO"))
        if "cluster_state" not in cluster:
            raise self.malformed("CLUSTER INFO has no state")
        state = str(cluster["cluster_state"])
        if state == "ok":
            state = self._covered(cluster)
        numbers = ("slots_assigned", "known_nodes", "size")
        value = {"enabled": True, "state": state, **{name: self.number(cluster, f"cluster_{name}") for name in numbers}}
        return {**value, **await self._rows()}

    def _covered(self, cluster: dict[str, Any]) -> str:
        """Return `fail` if slots have no working master; ProbeError(partial) if that is only suspected."""
        if self.number(cluster, "cluster_slots_assigned") < SLOTS or self.number(cluster, "cluster_slots_fail"):
            return "fail"
        if suspected := self.number(cluster, "cluster_slots_pfail"):
            raise self.partial(f"cluster_state is ok, but failing nodes have {counted(suspected, 'slot')}")
        return "ok"

    async def _rows(self) -> dict[str, Any]:
        try:
            nodes = await self.nodes()
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            self.remark = f"nodes not listed: {error.message}"
            return {}
        if self.remark and not any(node.name == self._own and node.state != "ok" for node in nodes):
            raise self.partial("the node of the URL does not respond, although another one does not list it as failing")
        if not self.remark:
            self._own = next((node.name for node in nodes if "myself" in node.flags), "")
        return {"nodes": [_row(node) for node in sorted(nodes, key=_order)[:MAX_NODES]]}


def _order(node: ClusterNode) -> tuple[bool, bool, str]:
    return node.state == "ok", not node.slots, node.name


def _row(node: ClusterNode) -> dict[str, Any]:
    return {"address": node.name, "role": node.role, "state": node.state, "slots": node.slots}
