"""One Kubernetes API server: signs in with the first poll, bounds responses, turns error responses into faults."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.contract import Health, NoWitness, Witness
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.discovery import Discovery
from mmcockpit.sources.kubernetes.api.exchange import JSON, ApiRequest, Response, responding
from mmcockpit.sources.kubernetes.api.identity import INSECURE
from mmcockpit.sources.kubernetes.api.kinds import ObjectKind
from mmcockpit.sources.kubernetes.api.lists import Lists
from mmcockpit.sources.kubernetes.api.logins import Logins
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES, Item, ListPage, Query, Reply
from mmcockpit.sources.kubernetes.api.permissions import Permission
from mmcockpit.sources.kubernetes.api.refusals import NotThere as NotThere
from mmcockpit.sources.kubernetes.api.refusals import RequestRefused as RequestRefused
from mmcockpit.sources.kubernetes.api.watch.watches import Watches
from mmcockpit.sources.kubernetes.api.zones import Zones

if TYPE_CHECKING:
    from mmcockpit.sources.common.lease import Lease
    from mmcockpit.sources.kubernetes.api.login import Login

CHECK_WITHIN = 10.0
REVIEWS_AT_ONCE = 4
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


class _Verdict(msgspec.Struct, frozen=True, gc=False):
    allowed: bool


class _Review(msgspec.Struct, frozen=True, gc=False):
    status: _Verdict


class _Meta(msgspec.Struct, frozen=True, gc=False):
    uid: str


class _Namespace(msgspec.Struct, frozen=True, gc=False):
    metadata: _Meta


class _Version(msgspec.Struct, frozen=True, gc=False):
    git_version: str = msgspec.field(name="gitVersion")


class ClusterClient:
    """One API server as one user; expected failures are ProbeError and name the host, never the token.

    No response is returned before the server behind its connection has been identified as the one that the witness
    knows.
    """

    def __init__(self, kubeconfig: str, context: str, namespace: str, secrets: Secrets) -> None:
        self.witness: Witness = NoWitness()
        self.zones = Zones()
        self._namespace = namespace
        self._met: Identity | None = None
        self._secrets = secrets
        self._logins = Logins(kubeconfig, context, secrets)
        self._lists = Lists(self)
        self._discovery = Discovery(self)
        self._watches = Watches(self, self._lists)

    @property
    def host(self) -> str:
        """The server's name in messages."""
        return f"kubernetes {self.server}".strip()

    @property
    def namespace(self) -> str:
        """The namespace that is polled if a probe names none; known after `ready()`."""
        return self._namespace or (self._logins.known.namespace if self._logins.known else "default")

    @property
    def server(self) -> str:
        """The host and port of the server; empty before `ready()`."""
        return self._logins.known.host if self._logins.known else ""

    async def ready(self) -> None:
        """Sign in, once for all polls; the cancellation of one poll does not stop it."""
        await self._logins.current()

    async def get(self, path: str, query: Query = (), limit: int = MAX_PAGE_BYTES) -> Reply:
        """Return the response to one GET, or an object of a watched list; NotThere if it does not exist."""
        if not query and (held := await self._watches.object(path)) is not None:
            return held
        return await self.ask("GET", path, query, None, limit)

    async def kind(self, text: str) -> ObjectKind:
        """Return the kind that a file names: a short name of KINDS without a request, else by API discovery.

        ProbeError(not found), with similar names, if the cluster has no such kind.
        """
        return await self._discovery.kind(text)

    def gone(self, kind: ObjectKind) -> None:
        """Discover kinds again: the server responded that it has no path of this kind."""
        self._discovery.gone(kind)

    async def ask(self, method: str, path: str, query: Query, body: Any, limit: int, accept: str = JSON) -> Reply:
        """Return the response to one request.

        Credentials may have expired: after a 401, sign in again and send the request once more.
        """
        request = ApiRequest(method, path, query, body, limit, accept)
        since = asyncio.get_running_loop().time()
        lease = await self._logins.current()
        try:
            return await self._proven(lease, request)
        except RequestRefused as error:
            lease = await self._renewed(lease, since, error)
        return await self._proven(lease, request)

    @asynccontextmanager
    async def stream(self, path: str, query: Query) -> AsyncIterator[Response]:
        """Open a response that lasts, such as a watch; after a 401, sign in again and open it once more."""
        since = asyncio.get_running_loop().time()
        lease = await self._logins.current()
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(self._streaming(lease, path, query))
            except RequestRefused as error:
                lease = await self._renewed(lease, since, error)
                response = await stack.enter_async_context(self._streaming(lease, path, query))
            yield response

    def pages(
        self, path: str, query: Query, page: type[ListPage[Item]], most: int
    ) -> AsyncGenerator[tuple[list[Item], Reply], None]:
        """Yield a list in parts, each with the response it is from; ProbeError(too large) beyond `most` items.

        ProbeError(partial) if the list is incomplete, or changed between two pages.
        """
        return self._watches.pages(path, query, page, most)

    async def items(self, path: str, query: Query, page: type[ListPage[Item]], most: int) -> list[Item]:
        """Return all items of a list; ProbeError(too large) beyond `most`."""
        return [item async for items, _ in self.pages(path, query, page, most) for item in items]

    def decode(self, decoder: "msgspec.json.Decoder[Item]", reply: Reply) -> Item:
        """Return the typed response; ProbeError(malformed) for anything else, such as a proxy's HTML page."""
        try:
            return decoder.decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProbeError(FaultKind.MALFORMED, f"{self.host}: {plain(str(error), 200)}") from None

    async def check(self) -> Health:
        """Read the version; missing permissions are returned by `lacking`."""
        loop = asyncio.get_running_loop()
        try:
            await self.ready()
            started = loop.time()
            async with deadline(CHECK_WITHIN, self.host):
                version = self.decode(msgspec.json.Decoder(_Version), await self.get("/version")).git_version
                ms = (loop.time() - started) * 1000
        except ProbeError as error:
            reachable = isinstance(error, RequestRefused)
            return Health(reachable=reachable, authorised=False, message=error.message)
        login = self._logins.known
        missing = ("TLS is not verified",) if login is not None and not login.verified else ()
        return Health(True, True, version, ms, missing, identity=str(login.identity) if login else "")

    async def lacking(self, permissions: Sequence[Permission]) -> list[Permission]:
        """Return those of the permissions that we do not have, by the decision of the API server's authorisers."""
        slots = asyncio.Semaphore(REVIEWS_AT_ONCE)

        async def have(permission: Permission) -> bool:
            async with slots:
                return await self._may(permission)

        async with deadline(CHECK_WITHIN, self.host):
            granted = await asyncio.gather(*map(have, permissions))
        return [permission for permission, yes in zip(permissions, granted, strict=True) if not yes]

    async def close(self) -> None:
        """Close every connection."""
        self._lists.forget()
        await self._watches.close()
        await self._logins.close()

    async def _may(self, permission: Permission) -> bool:
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        spec = {"resourceAttributes": permission.attributes}
        reply = await self.ask("POST", path, (), {**body, "spec": spec}, MAX_PAGE_BYTES)
        return self.decode(msgspec.json.Decoder(_Review), reply).status.allowed

    async def _proven(self, lease: "Lease[Login]", request: ApiRequest) -> Reply:
        """Send a request with one login; ProbeError(configuration) if another cluster sends the response."""
        async with lease.used() as login:
            try:
                reply = await self._send(login, request)
            except (RequestRefused, NotThere) as error:
                if not isinstance(error, RequestRefused) or error.status != 401:
                    await self._prove(login, error)
                raise
            await self._prove(login, None)
            return reply

    @asynccontextmanager
    async def _streaming(self, lease: "Lease[Login]", path: str, query: Query) -> AsyncIterator[Response]:
        async with lease.used() as login:
            before = login.connections
            async with responding(
                login.client, self.host, ApiRequest("GET", path, query), self._secrets.redact
            ) as response:
                new = login.connections != before
                await self._prove(login, None)
                yield msgspec.structs.replace(response, new_connection=new)

    async def _renewed(self, lease: "Lease[Login]", since: float, error: RequestRefused) -> "Lease[Login]":
        """Return a login that replaces one refused with 401; raise any other error, and this one without another."""
        renewed = await self._logins.renewed(lease, since) if error.status == 401 else lease
        if renewed is lease:
            raise error
        return renewed

    async def _prove(self, login: "Login", refusal: ProbeError | None) -> None:
        """Identify the cluster behind the login's connections, again for each new connection."""
        async with login.proving:
            if login.identity is None or login.proven != login.connections:
                connections = login.connections
                try:
                    login.identity = await self._identity(login)
                except RequestRefused as error:
                    # If the server refuses every request, the refusal of the request itself has the reason.
                    raise refusal or error from None
                login.proven = connections
        if self._met is not None and not self._met.same(login.identity):
            self.zones = Zones()
            self._lists.forget()
            self._discovery.forget()
            self._watches.forget()
        self._met = login.identity
        self.witness.unverified("" if login.verified else INSECURE)
        self.witness.identified(login.identity)

    async def _identity(self, login: "Login") -> Identity:
        """Read the UID of the namespace kube-system; if it is not readable, only the server's address identifies it."""
        try:
            reply = await self._send(login, ApiRequest("GET", KUBE_SYSTEM))
            uid, limits = msgspec.json.decode(reply.body, type=_Namespace).metadata.uid, ""
        except (RequestRefused, NotThere) as error:
            if error.kind not in (FaultKind.FORBIDDEN, FaultKind.NOT_FOUND):
                raise
            uid, limits = "", f"UID of namespace kube-system: {error.kind}"
        except (msgspec.DecodeError, UnicodeDecodeError):
            uid, limits = "", "UID of namespace kube-system: not a namespace"
        return Identity(login.server, plain(uid, 64), login.authorities, limits)

    async def _send(self, login: "Login", request: ApiRequest) -> Reply:
        async with responding(login.client, self.host, request, self._secrets.redact) as response:
            return Reply(await response.read(self.host, request.limit), response.date)
