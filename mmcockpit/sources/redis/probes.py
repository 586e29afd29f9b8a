"""Redis probes and their results."""

import asyncio
import re
from typing import Any, Protocol

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.base import ValueProbe
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.redis.account import Address

_TEXT = re.compile(r"version$|_id$|sha1$|replid2?$")
"""Fields that are text even if they look like numbers."""
_PAIRS = re.compile(r"[\w.-]+=[^,=]*(?:,[\w.-]+=[^,=]*)*")
_INTEGER = re.compile(r"-?\d{1,18}")
LONG = 16 * 1024
"""Characters from which a reply is parsed in a thread; INFO has about 8 KiB."""
_ALSO_IN_INFO = {"maxmemory": "maxmemory", "maxmemory-policy": "maxmemory_policy"}
"""Parameters to their fields in INFO memory."""
ROLES = {"master": "master", "slave": "replica", "replica": "replica", "active-replica": "active-replica"}
"""Roles in INFO to those of the reading; Dragonfly may say replica."""
_ONLINE = ("online", "stable_sync")
"""States of a replica that follows: of Redis, and of Dragonfly."""
MAX_LINES = 4_000
MAX_PAIRS = 8_000
_DECIMAL = re.compile(r"-?\d{1,18}\.\d+(?:e[+-]?\d{1,3})?")


class Server(Protocol):
    """What a probe needs of its source."""

    cluster: bool

    @property
    def host(self) -> str:
        """The name of the server in messages."""
        ...

    async def ask(self, *words: str, address: Address | None = None) -> Any:
        """Return the reply to one command."""
        ...

    @property
    def encrypted(self) -> bool:
        """Whether connections use TLS."""
        ...

    async def ask_any(self, *words: str, within: float) -> tuple[Any, str]:
        """Return the reply to one command of any node of the cluster, and which one if it is not that of the URL."""
        ...

    def met(self, nodes: set[Address], masters: set[Address]) -> None:
        """Keep the nodes of the cluster that work, and compare its masters with slots with those before."""
        ...

    async def forget(self, keep: set[Address]) -> None:
        """Close the connections to nodes that are no longer masters."""
        ...


class RedisProbe(ValueProbe):
    """A probe of one server."""

    def __init__(self, server: Server, question: Question) -> None:
        super().__init__(server, question)
        self.server = server

    async def info(self, *section: str, address: Address | None = None) -> dict[str, Any]:
        """Return INFO as a mapping: numbers are numbers, `a=1,b=2` is a mapping of its own."""
        return await self.fields(await self.server.ask("INFO", *section, address=address))

    async def fields(self, reply: Any) -> dict[str, Any]:
        """Return the `name:value` lines of a reply; a long one is parsed in a thread."""
        text = self.text(reply)
        if text.count("\n") > MAX_LINES or text.count(",") > MAX_PAIRS:
            raise ProbeError(FaultKind.TOO_LARGE, f"{self.server.host}: more than {MAX_LINES} lines")
        return await asyncio.to_thread(_fields, text) if len(text) > LONG else _fields(text)

    def loaded(self, section: dict[str, Any]) -> None:
        """Raise ProbeError(partial) if INFO persistence reports that the data set is still being loaded."""
        if section.get("loading") == 1:
            raise self.partial("the server is still loading its data set")

    def partial(self, why: str) -> ProbeError:
        """Return the fault for a result that lacks a part."""
        return ProbeError(FaultKind.PARTIAL, f"{self.server.host}: {why}")

    def text(self, reply: Any) -> str:
        """Return a reply that must be text."""
        if isinstance(reply, str):
            return reply
        raise self.malformed(f"a {type(reply).__name__} where text was expected")

    def number(self, section: dict[str, Any], name: str) -> int:
        """Return a field that must be a whole number."""
        if isinstance(value := section.get(name), int):
            return value
        raise self.malformed(f"{name} is not an integer")

    def malformed(self, what: str) -> ProbeError:
        """Return the fault for a malformed reply."""
        return ProbeError(FaultKind.MALFORMED, f"{self.server.host}: {what}")


class Parameter(RedisProbe):
    """One parameter of CONFIG GET as text; a missing permission is a fault, never an empty text.

    Where CONFIG is forbidden, as on managed servers, the parameters that INFO also has are read there.
    """

    async def value(self) -> Any:
        name = self.args.name
        try:
            reply = await self.server.ask("CONFIG", "GET", name)
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN or name not in _ALSO_IN_INFO:
                raise
            parameters = await self.info("memory")
            if _ALSO_IN_INFO[name] not in parameters:
                raise
            return str(parameters[_ALSO_IN_INFO[name]])
        if not isinstance(reply, list) or len(reply) % 2:
            raise self.malformed("CONFIG GET returned no pairs")
        parameters = dict(zip(reply[::2], reply[1::2], strict=True))
        if name not in parameters:
            raise ProbeError(FaultKind.NOT_FOUND, f"{self.server.host}: unknown parameter {name}")
        return self.text(parameters[name])


class RedisReplication(RedisProbe):
    """The server's role and its replicas.

    An active replica of KeyDB accepts writes and replicates another server. Dragonfly counts the lag of a replica in
    records, not in seconds: only that there is none is the same.
    """

    async def value(self) -> Any:
        section = await self.info("replication")
        role = ROLES.get(str(section.get("role")))
        if role is None:
            raise self.malformed("INFO replication has no role")
        rows = [row for name, row in section.items() if re.fullmatch(r"slave\d+", name) and isinstance(row, dict)]
        replicas = [self._replica(row, section) for row in rows]
        online = [replica for replica in replicas if replica["state"] in _ONLINE]
        value: dict[str, Any] = {
            "role": role,
            "connected_replicas": self.number(section, "connected_slaves"),
            "online": len(online),
            "replicas": replicas,
        }
        if online and all("lag_s" in replica for replica in online):
            value["max_lag_s"] = max(replica["lag_s"] for replica in online)
        # KeyDB may replicate several masters: the global status is that of all of them.
        link = section.get("master_global_link_status", section.get("master_link_status"))
        if role == "replica" or (role != "master" and link is not None):
            value["master_link_up"] = link == "up"
        return value

    def _replica(self, row: dict[str, Any], section: dict[str, Any]) -> dict[str, Any]:
        replica: dict[str, Any] = {
            "address": f"{row.get('ip', '?')}:{row.get('port', '?')}",
            "state": str(row.get("state", "?")),
        }
        lag = self.number(row, "lag")
        if "offset" in row or "master_repl_offset" in section:
            behind = self.number(section, "master_repl_offset") - self.number(row, "offset")
            replica["offset_lag"] = max(0, behind)
            # Redis counts no seconds for a replica that is not online yet: its lag is 0, and one without an
            # acknowledgement has none either.
            return {**replica, "lag_s": lag} if replica["state"] in _ONLINE and lag >= 0 else replica
        return replica if lag or replica["state"] not in _ONLINE else {**replica, "lag_s": 0}


def _fields(text: str) -> dict[str, Any]:
    return dict(_line(line) for line in text.split("\n") if ":" in line and not line.startswith("#"))


def _line(line: str) -> tuple[str, Any]:
    name, _, text = line.partition(":")
    text = text.strip()
    if _TEXT.search(name):
        return name, text
    if _PAIRS.fullmatch(text):
        return name, {key: _scalar(part) for key, _, part in (pair.partition("=") for pair in text.split(","))}
    return name, _scalar(text)


def _scalar(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
