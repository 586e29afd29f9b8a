"""Redis and Valkey source: INFO, CONFIG GET, replication, the cluster and the hit rate; it never writes."""

import asyncio
import re
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import ConfigDict, Field, field_validator

from mmcockpit.core.model.reading import FaultKind, Probe, ProbeError
from mmcockpit.sources.common.contract import (
    Args,
    Health,
    Kind,
    NoArgs,
    NoWitness,
    Options,
    ProbeKind,
    Question,
    Witness,
)
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.lease import Lease
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.redis.hit_rate import HitRate
from mmcockpit.sources.redis.member import RedisMember
from mmcockpit.sources.redis.probes import ClusterState, Info, Parameter, RedisReplication
from mmcockpit.sources.redis.snapshot import Snapshot
from mmcockpit.sources.redis.values import (
    CONFIG,
    HIT_RATE,
    ClusterValue,
    InfoValue,
    RedisReplicationValue,
    SnapshotValue,
)

if TYPE_CHECKING:
    from redis.asyncio import Redis

CHECK_WITHIN = 5.0
"""Seconds that `check` may take."""


class RedisOptions(Options):
    """The address of the server, and credentials."""

    model_config = ConfigDict(hide_input_in_errors=True)

    url: Annotated[
        str | Secret,
        Field(description="redis://[user@]host:port/db, rediss:// for TLS; with a password only by reference."),
    ]
    cluster: Annotated[
        bool, Field(description="Redis Cluster: hit_rate polls every master; other probes poll the node of the URL.")
    ] = False
    ca: Annotated[str | None, Field(description="File of the authorities that rediss:// trusts.")] = None

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str | Secret) -> str | Secret:
        if isinstance(url, str):
            if complaint := _complaint(url):
                raise ValueError(complaint)
            if urlsplit(url).password is not None:
                raise ValueError("the URL contains a password; use {env: NAME} or {file: PATH}")
        return url


class InfoArgs(Args):
    """A section of INFO; without one, the server's default sections."""

    shorthand: ClassVar[str] = "section"
    section: Annotated[str, Field(pattern=r"^[A-Za-z_]*$", description="e.g. memory, persistence, stats")] = ""
    fields: Annotated[tuple[str, ...], Field(description="Keep only these fields.")] = ()


class ConfigArgs(Args):
    """The name of the parameter."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", description="e.g. maxmemory-policy")]

    @field_validator("name")
    @classmethod
    def _no_secret(cls, name: str) -> str:
        if "pass" in name or name.endswith("auth"):
            raise ValueError(f"{name} is a password; secrets are never read")
        return name


class HitRateArgs(Args):
    """The least number of lookups between two polls for a rate."""

    min_lookups: Annotated[int, Field(ge=1, description="With fewer lookups than this there is no data.")] = 50

    @property
    def numeric(self) -> bool:
        return True


class SnapshotArgs(Args):
    """The largest age of the last snapshot."""

    max_age_s: Annotated[int, Field(ge=1, description="Maximum age of a snapshot in seconds.")] = 86_400


class RedisSource:
    """One server, or a cluster by one of its nodes; connects with the first poll, and again after a break."""

    def __init__(self, options: RedisOptions, secrets: Secrets) -> None:
        self.cluster = options.cluster
        self.witness: Witness = NoWitness()
        self._written = Credential(options.url, secrets) if isinstance(options.url, Secret) else options.url
        self._ca = options.ca
        self._secrets = secrets
        self._url = ""
        if complaint := self._read():
            raise ProbeError(FaultKind.CONFIGURATION, complaint)
        self._library: Any = None
        self._clients: dict[tuple[str, int] | None, Lease[Redis]] = {}
        self._member = RedisMember(self._send)

    async def ask(self, *words: str, address: tuple[str, int] | None = None) -> Any:
        """Return the reply to one command, from another node of the cluster if an address is given.

        Text, integers and lists as in RESP2; every expected failure is a ProbeError. The URL is read again if its file
        has changed, and after the server refused our credentials.
        """
        before = self._url
        try:
            reply = await self._send(*words, address=address)
        except ProbeError as fault:
            self._member.lost()
            if fault.kind is not FaultKind.UNAUTHORISED or not isinstance(self._written, Credential):
                raise
            if not self._written.renewed(before):
                raise
            reply = await self._send(*words, address=address)
        if address is None and not isinstance(self.witness, NoWitness):
            self._member.look(self.witness, words, reply)
        return reply

    async def _send(self, *words: str, address: tuple[str, int] | None = None) -> Any:
        library = self._library or await asyncio.to_thread(import_module, "mmcockpit.sources.redis.connection")
        self._library = library
        former = self._url
        self._read()
        if self._url != former:
            # Connections for the former URL are closed after their last command.
            await self._retire(list(self._clients))
        if address not in self._clients:
            client: Any = library.connect(self._url, self._ca, address)
            self._clients[address] = Lease(client, client.aclose)
        host = self.host if address is None else f"redis {address[0]}:{address[1]}"
        try:
            async with self._clients[address].used() as client:
                take_request()
                return await client.execute_command(*words)
        except (library.exceptions.RedisError, OSError) as error:
            raised: ProbeError = library.fault(error, host)
            raise ProbeError(raised.kind, self._secrets.redact(raised.message)) from None
        except (ValueError, RecursionError):
            # The client's parser fails on endless lines, sizes that are not numbers, and deeply nested lists.
            raise ProbeError(FaultKind.MALFORMED, f"{host}: response is not the Redis protocol") from None

    async def forget(self, keep: set[tuple[str, int]]) -> None:
        """Close the connections to nodes of the cluster that are no longer masters."""
        await self._retire([known for known in self._clients if known is not None and known not in keep])

    async def check(self) -> Health:
        """Read the version, and check whether INFO and CONFIG GET are allowed."""
        loop = asyncio.get_running_loop()
        started, version, missing = loop.time(), "", []
        try:
            async with deadline(CHECK_WITHIN, self.host):
                for words in (("INFO", "server"), ("CONFIG", "GET", "maxmemory")):
                    try:
                        reply = str(await self.ask(*words))
                    except ProbeError as error:
                        if error.kind is not FaultKind.FORBIDDEN:
                            raise
                        missing.append(f"{' '.join(words[:-1])}: {error.message}")
                    else:
                        versions = re.findall(r"^(?:valkey|redis)_version:(\S+)", reply, re.MULTILINE)
                        # Valkey also reports the Redis version that it is compatible with.
                        version = versions[-1] if versions else version
        except ProbeError as error:
            reachable = error.kind in (FaultKind.UNAUTHORISED, FaultKind.SERVER_ERROR)
            return Health(reachable=reachable, authorised=False, message=error.message)
        return Health(True, True, version, (loop.time() - started) * 1000, tuple(missing))

    async def close(self) -> None:
        """Close every connection."""
        await self._member.close()
        leases, self._clients = list(self._clients.values()), {}
        for lease in leases:
            await lease.client.aclose()

    async def _retire(self, addresses: Iterable[tuple[str, int] | None]) -> None:
        for lease in [self._clients.pop(address) for address in addresses if address in self._clients]:
            await lease.retire()

    def _read(self) -> str:
        """Read the URL; return what is wrong with it, in which case the former one stays."""
        url = self._written.value if isinstance(self._written, Credential) else self._written
        if complaint := _complaint(url):
            return complaint
        if password := urlsplit(url).password:
            self._secrets.protect(password)
            self._secrets.protect(unquote(password))
        self._url, self.host = url, _host(url)
        return ""


def _complaint(url: str) -> str:
    """Return what is wrong with a URL, without the URL; empty if it is valid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "url: invalid port or address"
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or port == 0:
        return "url: must be redis://host:port or rediss://host:port"
    if parts.query or parts.fragment:
        return "url: must not contain ? or #; use the options of the source"
    if not re.fullmatch(r"/?\d*", parts.path):
        return "url: the path must be the number of a database, as in redis://host:port/0"
    return ""


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"redis {parts.hostname}:{parts.port or 6379}"


def _target(options: RedisOptions) -> str:
    if isinstance(options.url, str):
        return _host(options.url)
    return f"redis at {{env: {options.url.env}}}" if options.url.env else f"redis at {{file: {options.url.file}}}"


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

KIND = Kind(options=RedisOptions, open=RedisSource, probes=PROBES, target=_target)
