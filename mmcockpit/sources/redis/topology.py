"""The nodes of a Redis Cluster by CLUSTER NODES, and polls of all its masters."""

import asyncio
from abc import ABC
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.redis.account import Address
from mmcockpit.sources.redis.options import host_name
from mmcockpit.sources.redis.probes import MAX_LINES, RedisProbe

SLOTS = 16_384
AT_ONCE = 8
"""Masters that are polled at the same time."""
SHARE = 0.8
"""The share of a poll's time that a master has, so that the fault names the one that hangs."""
_FAILING = {"fail", "fail?", "noaddr", "handshake"}
_GONE = {FaultKind.REFUSED, FaultKind.UNREACHABLE, FaultKind.TIMEOUT}

Part = TypeVar("Part")


class ClusterNode(NamedTuple):
    """One node as another one sees it: `flags` such as master, slave, myself, fail, fail?; `slots` it owns."""

    host: str
    port: int
    flags: frozenset[str]
    slots: int

    @property
    def name(self) -> str:
        """Its address as text, or what is known of it."""
        return host_name(self.host, self.port) if self.host else f":{self.port}"

    @property
    def role(self) -> str:
        """`master` or `replica`."""
        return "master" if self.is_master else "replica"

    @property
    def is_master(self) -> bool:
        """Whether it is a master, with slots or without."""
        return "master" in self.flags

    @property
    def state(self) -> str:
        """`ok`, or the flag of its failure."""
        return next(iter(sorted(self.flags & _FAILING)), "ok")


def cluster_nodes(reply: str, encrypted: bool) -> list[ClusterNode] | str:
    """Parse a reply to CLUSTER NODES; return what is wrong with it instead if it is malformed.

    Certificates are for names, so that TLS prefers the announced host name to the address.
    """
    nodes = []
    for line in filter(None, reply.split("\n")):
        # id ip:port@bus[,hostname[,name=value…]] flags master ping pong epoch link slot…
        words = line.split()
        if len(words) < 8:
            return "CLUSTER NODES returned a line of fewer than 8 words"
        endpoint, *more = words[1].split(",")
        host, _, port = endpoint.split("@")[0].rpartition(":")
        if not port.isdecimal() or int(port) > 65_535:
            return "CLUSTER NODES returned an address without a port"
        named = more[0] if encrypted and more and more[0] not in ("", "?") else host
        nodes.append(
            ClusterNode(named.strip("[]"), int(port), frozenset(words[2].split(",")), sum(map(_slots, words[8:])))
        )
    return nodes


def described(reply: str, encrypted: bool) -> tuple[str, list[str]]:
    """Return what a reply to CLUSTER NODES shows in one line, and which nodes fail."""
    nodes = cluster_nodes(reply, encrypted)
    if isinstance(nodes, str):
        return "", [nodes]
    masters = sum(node.is_master and bool(node.slots) for node in nodes)
    replicas = sum(not node.is_master for node in nodes)
    failing = [f"{node.role} {node.name} is {node.state}" for node in nodes if node.state != "ok"]
    identity = f"cluster of {counted(masters, 'master')} and {counted(replicas, 'replica')}"
    return identity, failing


class MastersProbe(RedisProbe, ABC):
    """A probe that polls every master of a cluster, or the one server without a cluster."""

    async def ask_any(self, *words: str) -> str:
        """Return the text that any node of the cluster replies; that of the URL if it responds in time."""
        reply, elsewhere = await self.server.ask_any(*words, within=self.timeout * SHARE / 2)
        if elsewhere:
            self.remark = f"read from {elsewhere}: the node of the URL does not respond"
        return self.text(reply)

    async def nodes(self) -> list[ClusterNode]:
        """Return the nodes, as any node that responds sees them."""
        reply = await self.ask_any("CLUSTER", "NODES")
        if reply.count("\n") > MAX_LINES:
            raise ProbeError(FaultKind.TOO_LARGE, f"{self.server.host}: more than {MAX_LINES} nodes")
        nodes = cluster_nodes(reply, self.server.encrypted)
        if isinstance(nodes, str):
            raise self.malformed(nodes)
        named = [node for node in nodes if node.host and node.state == "ok"]
        masters = {(node.host, node.port) for node in named if node.is_master and node.slots}
        self.server.met({(node.host, node.port) for node in named}, masters)
        return nodes

    async def masters(self) -> list[ClusterNode]:
        """Return the masters with slots; ProbeError(partial) if one fails or slots have no master."""
        masters = [node for node in await self.nodes() if node.is_master and node.slots]
        for node in masters:
            if node.state != "ok" or not (node.host or "myself" in node.flags):
                what = f"is {node.state}" if node.state != "ok" else "has no address"
                raise self.partial(f"master {node.name} {what}")
        if not masters:
            raise ProbeError(FaultKind.NO_DATA, f"{self.server.host}: no master of the cluster owns a slot")
        slots = sum(node.slots for node in masters)
        if slots < SLOTS:
            raise self.partial(f"{SLOTS - slots} of {SLOTS} slots have no master")
        await self.server.forget({(node.host, node.port) for node in masters})
        return masters

    async def of_masters(self, poll: Callable[[Address | None], Awaitable[Part]]) -> list[tuple[str, Part]]:
        """Poll every master, a few at once; ProbeError(partial) names the one that does not respond."""
        masters = await self.masters()
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(node: ClusterNode) -> tuple[str, Part]:
            async with slots:
                return node.name, await self._master(node, len(masters) == 1, poll)

        return list(await asyncio.gather(*map(one, masters)))

    async def _master(self, node: ClusterNode, alone: bool, poll: Callable[[Address | None], Awaitable[Part]]) -> Part:
        # The announced address, for the URL may lead to another node each time; unless there is only one.
        own = not node.host or (alone and "myself" in node.flags)
        try:
            async with deadline(self.timeout * SHARE, f"redis {node.name}"):
                return await poll(None if own else (node.host, node.port))
        except ProbeError as error:
            if own or error.kind not in _GONE:
                raise
            why = f"master {node.name} does not respond: {error.message}; the cluster announces this address"
            raise self.partial(f"{why} (behind NAT: set cluster-announce-ip)") from None


def _slots(word: str) -> int:
    """Return the number of slots in `5461-10922` or `17` of CLUSTER NODES; 0 for a migrating one, `[17->-…]`."""
    first, _, last = word.partition("-")
    return int(last or first) - int(first) + 1 if first.isdecimal() and (last or first).isdecimal() else 0
