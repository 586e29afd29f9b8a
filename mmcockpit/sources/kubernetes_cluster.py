"""One Kubernetes API as a source: signed in to when first asked, answers as bounded bytes, refusals as faults."""

import asyncio
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any

import msgspec

from mmcockpit.core.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.deadline import cause, deadline
from mmcockpit.sources.kubernetes_kinds import KINDS, Kind
from mmcockpit.sources.kubernetes_page import MAX_BYTES, MAX_PAGE_BYTES, PAGE, Item, Page, Query, Reply
from mmcockpit.sources.kubernetes_zones import Zones
from mmcockpit.sources.secrets import Secrets
from mmcockpit.sources.source import Health
from mmcockpit.sources.workers import Workers

SIGN_IN_WITHIN = 20.0
CHECK_WITHIN = 10.0
NEEDED = (("list", "pod"), ("get", "deployment"), ("list", "node"))
"""What `check` asks whether we may: without nodes the zones are unknown."""

_BY_STATUS = {
    401: FaultKind.UNAUTHORISED,
    403: FaultKind.FORBIDDEN,
    404: FaultKind.NOT_FOUND,
    410: FaultKind.PARTIAL,
    429: FaultKind.RATE_LIMITED,
}
"""Status to fault; other 4xx are wrong questions, 5xx server errors, and the rest no Kubernetes."""


class _Details(msgspec.Struct, frozen=True, gc=False):
    name: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="Status"):
    message: str = ""
    reason: str = ""
    details: _Details | None = None


class _Verdict(msgspec.Struct, frozen=True, gc=False):
    allowed: bool


class _Review(msgspec.Struct, frozen=True, gc=False):
    status: _Verdict


class _Version(msgspec.Struct, frozen=True, gc=False):
    git_version: str = msgspec.field(name="gitVersion")


class NotThere(ProbeError):
    """The API says, in its own words, that the object does not exist."""


class Refused(ProbeError):
    """The API answered with a status other than 2xx."""

    def __init__(self, kind: FaultKind, message: str, status: int) -> None:
        super().__init__(kind, message)
        self.status = status


class Cluster:
    """One API server as one user; expected failures are ProbeError and name the host, never the token."""

    def __init__(self, kubeconfig: str, context: str, namespace: str, secrets: Secrets) -> None:
        self.host = "kubernetes"
        self._kubeconfig, self._context, self._namespace = kubeconfig, context, namespace
        self.zones = Zones()
        self._secrets = secrets
        self._workers = Workers("kubernetes", 1)
        self._signing_in: asyncio.Task[Any] | None = None
        self._login: Any = None
        self._former: Any = None

    @property
    def namespace(self) -> str:
        """The namespace that is asked where a question names none; known after `ready()`."""
        return self._namespace or (self._login.namespace if self._login else "default")

    @property
    def server(self) -> str:
        """The host and port that answers; nothing before `ready()`."""
        return str(self._login.host) if self._login else ""

    async def ready(self) -> None:
        """Sign in, once for all questions; a question that is cancelled meanwhile does not stop it."""
        if self._login is not None:
            return
        if self._signing_in is None or self._signing_in.done():
            self._signing_in = asyncio.create_task(self._sign_in())
        async with deadline(SIGN_IN_WITHIN, "kubernetes: signing in"):
            await asyncio.shield(self._signing_in)

    async def get(self, path: str, query: Query = (), limit: int = MAX_PAGE_BYTES) -> Reply:
        """Return the answer to one GET; NotThere for an object that does not exist.

        Credentials may have run out: after a 401 we sign in again and ask once more.
        """
        return await self._again("GET", path, query, None, limit)

    async def pages(
        self, path: str, query: Query, page: type[Page[Item]], most: int
    ) -> AsyncIterator[tuple[list[Item], Reply]]:
        """Give a list page by page, each with its answer; ProbeError(too large) beyond `most` items."""
        decoder = msgspec.json.Decoder(page)
        found, left, token = 0, MAX_BYTES, ""
        while True:
            paging = (("limit", str(PAGE)), *((("continue", token),) if token else ()))
            reply = await self.get(path, query + paging, min(left, MAX_PAGE_BYTES))
            left -= len(reply.body)
            answer = self.decode(decoder, reply)
            items, token = answer.items or [], answer.following
            found += len(items)
            if found > most:
                raise ProbeError(FaultKind.TOO_LARGE, f"{self.host}: {path} has more than {most} items")
            yield items, reply
            if not token:
                return

    async def items(self, path: str, query: Query, page: type[Page[Item]], most: int) -> list[Item]:
        """Return all items of a list; ProbeError(too large) beyond `most`."""
        return [item async for items, _ in self.pages(path, query, page, most) for item in items]

    def decode(self, decoder: "msgspec.json.Decoder[Item]", reply: Reply) -> Item:
        """Return the typed answer; ProbeError(malformed) for anything else, such as a proxy's page of HTML."""
        try:
            return decoder.decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProbeError(FaultKind.MALFORMED, f"{self.host}: {plain(str(error), 200)}") from None

    async def check(self) -> Health:
        """Ask for the version, and whether we may read what the probes need."""
        loop = asyncio.get_running_loop()
        try:
            await self.ready()
            started = loop.time()
            async with deadline(CHECK_WITHIN, self.host):
                version = self.decode(msgspec.json.Decoder(_Version), await self.get("/version")).git_version
                ms = (loop.time() - started) * 1000
                missing = [f"{verb} {KINDS[name].plural}" for verb, name in NEEDED if not await self._may(verb, name)]
        except ProbeError as error:
            reachable = isinstance(error, Refused)
            return Health(reachable=reachable, authorised=False, message=error.message)
        missing = [f"{what} in {self.namespace}" if what != "list nodes" else f"{what}: zones" for what in missing]
        return Health(True, True, version, ms, (*missing, *(() if self._login.verified else ("TLS is not verified",))))

    async def close(self) -> None:
        """Close every connection."""
        if self._signing_in is not None:
            self._signing_in.cancel()
        for login in filter(None, (self._login, self._former)):
            await login.client.close()
        self._login = self._former = None

    async def _sign_in(self) -> None:
        def work() -> Any:
            library = import_module("mmcockpit.sources.kubernetes_login")
            return library.sign_in(self._kubeconfig, self._context, self._secrets)

        self._login = await self._workers.run(work)
        self.host = f"kubernetes {self._login.host}"

    async def _may(self, verb: str, name: str) -> bool:
        kind: Kind = KINDS[name]
        wanted = {"verb": verb, "group": kind.group, "resource": kind.plural}
        if kind.namespaced:
            wanted["namespace"] = self.namespace
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        reply = await self._again("POST", path, (), {**body, "spec": {"resourceAttributes": wanted}}, MAX_PAGE_BYTES)
        return self.decode(msgspec.json.Decoder(_Review), reply).status.allowed

    async def _again(self, method: str, path: str, query: Query, body: Any, limit: int) -> Reply:
        await self.ready()
        login = self._login
        try:
            return await self._ask(login.client, method, path, query, body, limit)
        except Refused as error:
            if error.status != 401:
                raise
        if self._login is login:
            # Others may still be reading by it: it is closed when its successor has run out, too.
            former, self._former, self._login = self._former, login, None
            if former is not None:
                await former.client.close()
        await self.ready()
        return await self._ask(self._login.client, method, path, query, body, limit)

    async def _ask(self, client: Any, method: str, path: str, query: Query, body: Any, limit: int) -> Reply:
        aiohttp = import_module("aiohttp")
        answer = None
        try:
            _, url, headers, body, _ = await client.param_serialize(
                method, path, query_params=list(query), body=body, auth_settings=["BearerToken"]
            )
            headers["Accept"] = "application/json"
            # Without a limit of its own: the question's deadline covers connecting and reading together.
            unlimited = aiohttp.ClientTimeout(total=None)
            answer = (await client.call_api(method, url, headers, body, _request_timeout=unlimited)).response
            raw = await self._body(answer.content, limit)
        except (aiohttp.ClientError, OSError) as error:
            raise self._fault(aiohttp, error) from None
        finally:
            if answer is not None:
                # A connection that was not read to the answer's end cannot be used again.
                answer.close()
        if not 200 <= answer.status < 300:
            raise self._refusal(answer.status, raw, path)
        return Reply(raw, _seconds(answer.headers.get("Date", "")))

    async def _body(self, stream: Any, limit: int) -> bytes:
        parts, left = [], limit
        async for part in stream.iter_any():
            left -= len(part)
            if left < 0:
                raise ProbeError(FaultKind.TOO_LARGE, f"{self.host}: the answer is longer than {limit} bytes")
            parts.append(part)
        return b"".join(parts)

    def _fault(self, aiohttp: Any, error: Exception) -> ProbeError:
        match error:
            case aiohttp.ClientPayloadError():
                kind, why = FaultKind.PARTIAL, "the answer broke off"
            case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
                kind, why = FaultKind.MALFORMED, "the answer is not HTTP"
            case aiohttp.ServerDisconnectedError():
                kind, why = FaultKind.UNREACHABLE, "it closed the connection without an answer"
            case _:
                # Its own errors look like the system's without being filled in.
                kind, why = cause(getattr(error, "certificate_error", getattr(error, "os_error", error)))
        return ProbeError(kind, f"{self.host}: {why}")

    def _refusal(self, status: int, raw: bytes, path: str) -> ProbeError:
        try:
            told = msgspec.json.decode(raw, type=_Status)
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = _Status()
        why = self._secrets.redact(plain(told.message, 300)) or "without a word of Kubernetes"
        name = path.rsplit("/", 1)[-1]
        if status == 404 and told.reason == "NotFound" and told.details and told.details.name == name:
            return NotThere(FaultKind.NOT_FOUND, f"{self.host}: {why}")
        otherwise = (
            FaultKind.SERVER_ERROR if status >= 500 else FaultKind.QUERY if status >= 400 else FaultKind.MALFORMED
        )
        return Refused(_BY_STATUS.get(status, otherwise), f"{self.host}: {status} {why}", status)


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
