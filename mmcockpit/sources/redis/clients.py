"""Connections to the servers of one Redis system with one login: opened on demand, replaced when the login changes."""

import asyncio
import ssl
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.client_certificate import ClientCertificate
from mmcockpit.sources.common.lease import Lease
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import in_thread
from mmcockpit.sources.redis.account import Address, RedisLogin
from mmcockpit.sources.redis.options import RedisOptions, host_name

if TYPE_CHECKING:
    from mmcockpit.sources.redis.connection import RedisClient


class HasLogin(Protocol):
    """An account at a server."""

    @property
    def login(self) -> RedisLogin: ...

    def renewed(self, refused: RedisLogin) -> bool:
        """Return whether the login now differs from this one, which was refused."""
        ...


class RedisTrust:
    """Which certificates are trusted, and the client certificate; one TLS context for all connections of a source."""

    def __init__(self, options: RedisOptions) -> None:
        self._ca, self._verify = options.ca, options.verify
        self.server_name = options.server_name
        self._certificate = (
            ClientCertificate(options.client_certificate, options.client_key) if options.client_certificate else None
        )
        self._context: ssl.SSLContext | None = None

    @property
    def identified(self) -> bool:
        """Whether we have a client certificate."""
        return self._certificate is not None

    async def context(self) -> ssl.SSLContext:
        """Return the TLS context; ProbeError(configuration) for files that are missing or invalid."""
        context = self._context
        if context is None:
            network = await asyncio.to_thread(import_module, "mmcockpit.sources.common.network")
            made: ssl.SSLContext = await asyncio.to_thread(network.trust, self._ca, self._verify)
            context = self._context = made
        if self._certificate is not None:
            self._certificate.load(context)
        return context


class RedisClients:
    """The servers of one system; `noun` names them in messages."""

    def __init__(self, account: HasLogin, trust: RedisTrust, secrets: Secrets, noun: str = "redis") -> None:
        self._account, self._trust, self._secrets, self._noun = account, trust, secrets, noun
        self._login: RedisLogin | None = None
        self._library: Any = None
        self._clients: dict[Address, Lease[RedisClient]] = {}
        self._answered: set[Address] = set()

    async def ask(self, address: Address, *words: str) -> Any:
        """Return the reply to one command: text, integers and lists as in RESP2.

        Every expected failure is a ProbeError. The password is read again after the server refused it.
        """
        try:
            return await self._send(address, *words)
        except ProbeError as fault:
            if fault.kind is not FaultKind.UNAUTHORISED or self._login is None:
                raise
            if not await in_thread(partial(self._account.renewed, self._login)):
                raise
        return await self._send(address, *words)

    def name(self, address: Address) -> str:
        """Return how messages name a server."""
        return f"{self._noun} {host_name(*address)}"

    async def forget(self, keep: set[Address]) -> None:
        """Close the connections to all other servers."""
        await self._retire([known for known in self._clients if known not in keep])

    async def close(self) -> None:
        """Close every connection."""
        leases, self._clients = list(self._clients.values()), {}
        for lease in leases:
            await lease.client.aclose()

    async def _send(self, address: Address, *words: str) -> Any:
        library = self._library or await asyncio.to_thread(import_module, "mmcockpit.sources.redis.connection")
        self._library = library
        former, login = self._login, self._account.login
        if former is not None and former != login:
            # Connections with the former login are closed after their last command.
            await self._retire(list(self._clients))
        self._login = login
        # Every time: the files of a client certificate may have changed.
        context = await self._trust.context() if login.encrypted else None
        if address not in self._clients:
            client: Any = library.connect(address, login, context, self._trust.server_name)
            self._clients[address] = Lease(client, client.aclose)
        name = self.name(address)
        try:
            async with self._clients[address].used() as client:
                take_request()
                reply = await client.execute_command(*words)
                self._answered.add(address)
                return reply
        except (library.exceptions.RedisError, OSError) as error:
            raised: ProbeError = library.fault(error, name, words)
            hint = self._hint(error) if login.encrypted and address not in self._answered else ""
            raise ProbeError(raised.kind, self._secrets.redact(raised.message) + hint) from None
        except (ValueError, RecursionError):
            # The client's parser fails on endless lines, sizes that are not numbers, and deeply nested lists.
            raise ProbeError(FaultKind.MALFORMED, f"{name}: response is not the Redis protocol") from None

    def _hint(self, error: Exception) -> str:
        """Return what to check if a server closed the connection after we had accepted its certificate."""
        reason = error.__cause__ or error.__context__
        if self._trust.identified or not (reason is None or isinstance(reason, ConnectionResetError)):
            return ""
        return "; if the server requires a client certificate, set client_certificate"

    async def _retire(self, addresses: Iterable[Address]) -> None:
        for lease in [self._clients.pop(address) for address in addresses if address in self._clients]:
            await lease.retire()
