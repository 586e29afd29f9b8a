"""Redis and Valkey source: INFO, CONFIG GET, replication, the cluster and the hit rate; it never writes."""

import asyncio
import re
from typing import Any

from mmcockpit.core.model.reading import FaultKind, Probe, ProbeError
from mmcockpit.sources.common.contract import Health, Kind, NoArgs, NoWitness, ProbeKind, Question, Witness
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.redis.account import Account, Address, SentinelAccount
from mmcockpit.sources.redis.arguments import ConfigArgs, HitRateArgs, InfoArgs, SnapshotArgs
from mmcockpit.sources.redis.clients import RedisClients, RedisTrust
from mmcockpit.sources.redis.cluster_state import ClusterState
from mmcockpit.sources.redis.hit_rate import HitRate
from mmcockpit.sources.redis.info import Info
from mmcockpit.sources.redis.member import RedisMember
from mmcockpit.sources.redis.options import RedisOptions, host_name, sentinel_address, target, unverified
from mmcockpit.sources.redis.probes import Parameter, RedisReplication
from mmcockpit.sources.redis.sentinel import Sentinels
from mmcockpit.sources.redis.snapshot import Snapshot
from mmcockpit.sources.redis.topology import described
from mmcockpit.sources.redis.values import (
    CONFIG,
    HIT_RATE,
    ClusterValue,
    InfoValue,
    RedisReplicationValue,
    SnapshotValue,
)

CHECK_WITHIN = 5.0
"""Seconds that `check` may take."""
CHECKED = (("INFO", "server"), ("INFO", "replication"), ("CONFIG", "GET", "maxmemory"))
"""Commands whose permission `check` tests."""
GONE = frozenset({FaultKind.REFUSED, FaultKind.UNREACHABLE, FaultKind.TIMEOUT})
"""Failures to reach a node, after which another one is asked."""
MAX_OTHERS = 3
"""Most other nodes that are asked instead."""
OF_CLUSTERS = (("CLUSTER", "INFO"), ("CLUSTER", "NODES"))
_VERSION = re.compile(r"^(?:valkey|redis)_version:(\S+)", re.MULTILINE)


class RedisSource:
    """One server, or a cluster by one of its nodes; connects with the first poll, and again after a break."""

    def __init__(self, options: RedisOptions, secrets: Secrets) -> None:
        self.cluster = options.cluster
        self.witness: Witness = NoWitness()
        trust = RedisTrust(options)
        self._account = Account(options, secrets)
        self._clients = RedisClients(self._account, trust, secrets)
        self._sentinels: Sentinels | None = None
        if options.sentinels:
            addresses = tuple(filter(None, map(sentinel_address, options.sentinels)))
            clients = RedisClients(SentinelAccount(options, secrets), trust, secrets, "sentinel")
            self._sentinels = Sentinels(addresses, options.service, clients, self._confirm)
        self._member = RedisMember(self._send)
        self._nodes: set[Address] = set()
        self._masters: set[Address] = set()

    @property
    def host(self) -> str:
        """The name of the system in messages."""
        if self._sentinels is not None:
            return self._sentinels.host
        address = self._account.login.address
        return self._clients.name(address) if address else "redis"

    @property
    def encrypted(self) -> bool:
        """Whether connections use TLS."""
        return self._account.login.encrypted

    async def ask(self, *words: str, address: Address | None = None) -> Any:
        """Return the reply to one command, from another node of the cluster if an address is given.

        Text, integers and lists as in RESP2; every expected failure is a ProbeError.
        """
        try:
            reply = await self._send(*words, address=address)
        except ProbeError:
            self._member.lost()
            if self._sentinels is not None:
                self._sentinels.expire()
            raise
        # The URL of a cluster may lead to another node each time.
        if address is None and not self.cluster and not isinstance(self.witness, NoWitness):
            self._member.look(self.witness, words, reply)
        return reply

    async def ask_any(self, *words: str, within: float) -> tuple[Any, str]:
        """Return the reply of the URL's node, or of another node of the cluster if it does not respond in time.

        The text names the other node.
        """
        others = sorted(self._nodes - {self._account.login.address})[:MAX_OTHERS]
        try:
            if not others:
                return await self.ask(*words), ""
            async with deadline(within, self.host):
                return await self.ask(*words), ""
        except ProbeError as error:
            if error.kind not in GONE:
                raise
            for address in others:
                try:
                    async with deadline(within / MAX_OTHERS, self.host):
                        return await self._send(*words, address=address), self._clients.name(address)
                except ProbeError:
                    continue
            raise

    def met(self, nodes: set[Address], masters: set[Address]) -> None:
        """Keep the nodes of the cluster that work; a master in place of another one is a failover.

        While a master is down, the former ones are kept to compare with.
        """
        self._nodes = nodes
        gone, new = sorted(self._masters - masters), sorted(masters - self._masters)
        if len(masters) < len(self._masters) and not new:
            return
        for was, now in zip(gone, new, strict=False):
            self.witness.failed_over("master", host_name(*was), host_name(*now))
        self._masters = masters

    async def _send(self, *words: str, address: Address | None = None) -> Any:
        return await self._clients.ask(address or await self._own(), *words)

    async def _own(self) -> Address:
        """Return the address of the URL, or of the current master."""
        if self._sentinels is not None:
            return await self._sentinels.master()
        address = self._account.login.address
        assert address is not None
        return address

    async def _confirm(self, address: Address) -> None:
        """Test that the server named by the sentinels is a master, and record a failover."""
        assert self._sentinels is not None
        try:
            role = _role(str(await self._clients.ask(address, "INFO", "replication")))
        except ProbeError as error:
            why = f"{error.message}; the sentinels name it as the master of {self._sentinels.service}"
            raise ProbeError(error.kind, why) from None
        if role != "master":
            why = f"{self._clients.name(address)} is a {role or 'server without a role'}, not yet the master"
            raise ProbeError(FaultKind.SERVER_ERROR, f"{self.host}: {why}")
        before = self._sentinels.known
        if before is not None and before != address:
            self._member.forget()
            await self._clients.forget({address})
            self.witness.failed_over("master", host_name(*before), host_name(*address))

    async def forget(self, keep: set[Address]) -> None:
        """Close the connections to nodes of the cluster that are no longer masters."""
        await self._clients.forget(keep | {await self._own()})

    async def check(self) -> Health:
        """Read version and role, and whether the commands of the probes are allowed."""
        loop = asyncio.get_running_loop()
        ms = 0.0
        replies: dict[str, str] = {}
        missing: list[str] = []
        identity = ""
        try:
            async with deadline(CHECK_WITHIN, self.host):
                if self._sentinels is not None:
                    identity, missing = await self._sentinels.check()
                for words in (*CHECKED, *(OF_CLUSTERS if self.cluster else ())):
                    started = loop.time()
                    try:
                        replies[words[-1]] = str(await self.ask(*words))
                        ms = (loop.time() - started) * 1000
                    except ProbeError as error:
                        if error.kind not in (FaultKind.FORBIDDEN, FaultKind.QUERY):
                            raise
                        missing.append(f"{' '.join(words[:2])}: {error.message}")
                        if error.kind is FaultKind.QUERY and words[0] == "CLUSTER":
                            break
        except ProbeError as error:
            reachable = error.kind in (FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN, FaultKind.SERVER_ERROR)
            return Health(reachable=reachable, authorised=False, message=error.message)
        # Valkey also reports the Redis version that it is compatible with.
        version = _VERSION.findall(replies.get("server", ""))[-1:]
        if "NODES" in replies:
            identity, failing = described(replies["NODES"], self.encrypted)
            missing += failing
        identity = identity or _role(replies.get("replication", ""))
        return Health(True, True, "".join(version), ms, tuple(missing), identity=identity)

    async def close(self) -> None:
        """Close every connection."""
        await self._member.close()
        await self._clients.close()
        if self._sentinels is not None:
            await self._sentinels.close()


def _role(section: str) -> str:
    """Return which part a server plays according to INFO replication."""
    fields = dict(line.split(":", 1) for line in section.splitlines() if ":" in line)
    if fields.get("role") in ("slave", "replica"):
        return f"replica of {fields.get('master_host')}:{fields.get('master_port')}"
    return fields.get("role", "")


def _probe(kind: type[Info | Parameter | RedisReplication | ClusterState | HitRate | Snapshot]) -> Any:
    def make(source: RedisSource, question: Question) -> Probe:
        return kind(source, question)

    return make


PROBES = {
    "info": ProbeKind(InfoArgs, _probe(Info), InfoValue),
    "config": ProbeKind(ConfigArgs, _probe(Parameter), CONFIG),
    "replication": ProbeKind(NoArgs, _probe(RedisReplication), RedisReplicationValue),
    "cluster": ProbeKind(NoArgs, _probe(ClusterState), ClusterValue),
    "hit_rate": ProbeKind(HitRateArgs, _probe(HitRate), HIT_RATE),
    "snapshot": ProbeKind(SnapshotArgs, _probe(Snapshot), SnapshotValue),
}
"""Name of a probe to its arguments and its class."""

KIND = Kind(options=RedisOptions, open=RedisSource, probes=PROBES, target=target, unverified=unverified)
