"""HTTP source: responses of a URL, open ports and certificates; the only module that imports httpx."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import import_module
from time import perf_counter
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Health, Kind, ProbeKind
from mmcockpit.sources.common.endpoint import Endpoint, EndpointOptions, off
from mmcockpit.sources.common.http_status import PROXY_LOGIN, error_message, proxy_login_words, status_words
from mmcockpit.sources.common.library_modules import http_library
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import Workers, in_thread
from mmcockpit.sources.http.packed_body import unpacked
from mmcockpit.sources.http.probes import Exchange, Get, GetProbe, Post, PostProbe
from mmcockpit.sources.http.silence import LastContact
from mmcockpit.sources.http.tls import Tcp, TcpProbe, Tls, TlsProbe
from mmcockpit.sources.http.values import CREDENTIAL_VALUES, ResponseValue, TcpValue, TlsValue

if TYPE_CHECKING:
    import ssl

    import httpx

CHECK_TIMEOUT_S = 5.0
MAX_BYTES = 1024 * 1024
MAX_CONNECTIONS = 8
MAX_REDIRECTS = 5
_KINDS = {
    "RemoteProtocolError": (FaultKind.MALFORMED, "malformed response"),
    "TooManyRedirects": (FaultKind.MALFORMED, f"more than {MAX_REDIRECTS} redirects"),
    "UnsupportedProtocol": (FaultKind.CONFIGURATION, "must begin with http:// or https://"),
    "LocalProtocolError": (FaultKind.CONFIGURATION, "invalid HTTP request"),
    "InvalidURL": (FaultKind.CONFIGURATION, "invalid URL"),
}
"""The meaning of httpx's own errors by class name; all others come from the network."""


class HttpOptions(EndpointOptions):
    """The base URL of `get` and `post`; `tls` and `tcp` have addresses of their own."""

    url: Annotated[str, Field(description="Base URL; a path in it is kept as a prefix.")] = ""
    follow: Annotated[bool, Field(description="Follow redirects; otherwise the 30x response is the value.")] = False


@dataclass(frozen=True, slots=True)
class Trust:
    """The TLS contexts of a source: one that verifies certificates, and one that accepts any certificate."""

    verifying: "ssl.SSLContext"
    unverified: "ssl.SSLContext"
    own: "ssl.SSLContext"
    """For the base URL, with the client certificate; the others are for any server."""


class HttpSource:
    """One base URL, polled on a new connection every time, so that no result depends on an earlier one."""

    def __init__(self, options: HttpOptions, secrets: Secrets) -> None:
        self.endpoint = Endpoint(options, secrets)
        self._options = options
        self._workers = Workers("http", 1)
        self._opening = asyncio.Lock()
        self._trust: Trust | None = None
        self._library: ModuleType | None = None
        self._room = asyncio.Semaphore(MAX_CONNECTIONS)
        self._silent: LastContact | None = None

    async def trust(self) -> Trust:
        """Return the TLS contexts, made in a thread the first time; ProbeError(configuration) for an invalid `ca`."""
        async with self._opening:
            if self._trust is None:
                self._trust = await self._workers.run(self._make_trust)
        return self._trust

    async def exchange(
        self, method: str, path: str, timeout: float, headers: Mapping[str, str], content: bytes | None = None
    ) -> Exchange:
        """Send one request and read the whole response, at most MAX_BYTES; a refusal is an exchange with status 0.

        So is a hung service: it accepts the connection and does not begin to respond. ProbeError for what is not a
        response of the target: no connection in time, an incomplete, malformed or oversized response, no route. After a
        401 for a token that has changed, the request is sent again with the current token.
        """
        if not self.endpoint.url:
            raise ProbeError(FaultKind.CONFIGURATION, "this http source has no url; set url")
        began, ours = perf_counter(), self.endpoint.headers()
        exchange = await self._sent(method, path, timeout, {**ours, **headers}, content)
        if exchange.status == 401 and exchange.ours and await in_thread(partial(self.endpoint.renewed, ours)):
            left = timeout - (perf_counter() - began)
            if left > 0:
                exchange = await self._sent(method, path, left, {**self.endpoint.headers(), **headers}, content)
        return exchange

    async def _sent(
        self, method: str, path: str, timeout: float, headers: Mapping[str, str], content: bytes | None
    ) -> Exchange:
        take_request()
        began, contact = perf_counter(), LastContact(timeout)
        try:
            async with asyncio.timeout(timeout):
                context = await self._prepared()
                began = perf_counter()
                async with self._room, self._client(context) as client:
                    exchange = await self._exchanged(client, method, path, headers, content, contact)
        except TimeoutError:
            exchange = self._unanswered(contact, timeout)
        else:
            self._keep(None)
        finally:
            await contact.give_up()
            if contact is not self._silent:
                contact.close()
        exchange.ms = round((perf_counter() - began) * 1000, 1)
        return exchange

    async def check(self) -> Health:
        """Get the base URL; without one there is nothing to check."""
        if not self.endpoint.url:
            return Health(True, True, message="no url; only tls and tcp can be polled")
        try:
            # This takes long on a busy machine, and is not latency of the server.
            await self._prepared()
            exchange = await self.exchange("GET", "/", CHECK_TIMEOUT_S, {})
        except ProbeError as fault:
            return Health(False, False, message=fault.message)
        status = exchange.status
        told = error_message(status, exchange.body, self.endpoint.redact) if status >= 400 else ""
        message = f"{self.endpoint.host}: {exchange.error}" if exchange.error else status_words(status, told)
        authorised = status not in (0, 401, 403)
        return Health(exchange.status > 0, authorised, exchange.headers.get("server", ""), exchange.ms, message=message)

    async def close(self) -> None:
        """Close the last connection without a response; no other stays open between polls."""
        self._keep(None)

    async def _exchanged(
        self,
        client: "httpx.AsyncClient",
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None,
        contact: LastContact,
    ) -> Exchange:
        import ssl

        import httpx

        # A request for another host name is sent as that host's clients send it, including SNI.
        extensions: dict[str, Any] = {"trace": contact.trace}
        if "Host" in headers:
            extensions["sni_hostname"] = urlsplit(f"//{headers['Host']}").hostname
        url = f"{self.endpoint.url}{path}"
        try:
            async with client.stream(method, url, headers=headers, content=content, extensions=extensions) as response:
                ours = any(name in response.request.headers for name in self.endpoint.credentials)
                if response.status_code == PROXY_LOGIN and self.endpoint.proxy:
                    # It comes from the proxy: nothing is known of the target.
                    raise self.endpoint.fault(FaultKind.QUERY, proxy_login_words(path))
                body = await self._body(response)
                return Exchange(response.status_code, dict(response.headers), body, ours=ours)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            # With TLS 1.3 a server may refuse our certificate after the handshake; httpx lets that error through.
            return self._refusal(error)

    def _unanswered(self, contact: LastContact, timeout: float) -> Exchange:
        """Return the result of a hung service; ProbeError(timeout) after a partial response or without a connection."""
        if contact.hung and contact.wait.fair and not self.endpoint.proxy:
            self._keep(contact)
            return Exchange(error=f"accepted the connection, no response within {timeout:g}s", hung=True)
        # A hung service's accept queue fills up; its last connection, still open, shows that it is not the network.
        if not contact.accepted and self._silent is not None and self._silent.still_hung():
            return Exchange(error=f"no connection within {timeout:g}s; the last one still has no response", hung=True)
        what = "complete response" if contact.accepted else "connection"
        raise self.endpoint.fault(FaultKind.TIMEOUT, f"no {what} within {timeout:g}s")

    def _keep(self, contact: LastContact | None) -> None:
        """Keep only the last connection that was accepted and got no response."""
        if self._silent is not None and self._silent is not contact:
            self._silent.close()
        self._silent = contact

    async def _body(self, response: "httpx.Response") -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                break
        whole = unpacked(bytes(body), response.headers.get("content-encoding", ""), MAX_BYTES)
        if len(whole) > MAX_BYTES or len(body) > MAX_BYTES:
            raise self.endpoint.fault(FaultKind.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB")
        return whole

    def _refusal(self, error: Exception) -> Exchange:
        """Return an exchange for a refusal of the target; raise ProbeError for any other error."""
        known = _KINDS.get(type(error).__name__)
        if known is not None:
            raise self.endpoint.fault(known[0], f"{known[1]}: {error}") from error
        network = import_module("mmcockpit.sources.common.network")
        kind, why = network.cause(error)
        if self.endpoint.proxy:
            # Only the proxy was reached: nothing is known of the target.
            why = network.refused_by_proxy(error) or f"through the proxy: {why}"
            raise self.endpoint.fault(kind, why) from error
        if type(error).__name__ == "ConnectError" and kind in (FaultKind.REFUSED, FaultKind.TLS):
            return Exchange(error="refused" if kind is FaultKind.REFUSED else why)
        raise self.endpoint.fault(kind, why) from error

    async def _prepared(self) -> "ssl.SSLContext":
        """Import the client and read the authorities, in a thread the first time; return the context for the URL."""
        if self._library is None:
            self._library = await self._workers.run(http_library)
        if self.endpoint.plain and not self._options.follow and not self._options.ca:
            context: ssl.SSLContext = import_module("mmcockpit.sources.common.network").no_trust()
            return context
        return (await self.trust()).own

    def _client(self, context: "ssl.SSLContext") -> "httpx.AsyncClient":
        """Return a client for one request.

        A shared client's pool loses a place for ever when a request is cancelled just as its turn comes.
        """
        import httpx

        self.endpoint.identify(context)
        return httpx.AsyncClient(
            verify=context,
            proxy=self.endpoint.proxy or None,
            event_hooks={"request": [self._withhold]},
            headers={"Accept-Encoding": "identity"},
            # One response must not affect the next request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=self._options.follow,
            max_redirects=MAX_REDIRECTS,
            timeout=None,
            trust_env=False,
        )

    async def _withhold(self, request: "httpx.Request") -> None:
        """Take our headers out of a request that a redirect sends to another server."""
        url = urlsplit(self.endpoint.url)
        if (request.url.scheme, request.url.host, request.url.port) != (url.scheme, url.hostname, _port(url)):
            for name in self.endpoint.private & {header.lower() for header in request.headers}:
                del request.headers[name]

    def _make_trust(self) -> Trust:
        options = self._options
        trust = _trust(options.ca) if options.ca else _usual_trust()
        if self.endpoint.has_certificate:
            own = import_module("mmcockpit.sources.common.network").trust(options.ca, options.verify)
            return Trust(trust.verifying, trust.unverified, own)
        return trust if options.verify else Trust(trust.verifying, trust.unverified, trust.unverified)


def _port(url: SplitResult) -> int | None:
    """Return the port of a URL as httpx does: None for the usual one of its scheme."""
    return None if url.port == {"http": 80, "https": 443}.get(url.scheme) else url.port


def _trust(ca: str = "") -> Trust:
    network = import_module("mmcockpit.sources.common.network")
    verifying = network.trust(ca) if ca else network.usual_trust()
    return Trust(verifying, network.trust(verify=False), verifying)


@cache
def _usual_trust() -> Trust:
    """Return the shared contexts of all sources without a `ca`: reading the machine's authorities takes long."""
    return _trust()


PROBES = {
    "get": ProbeKind(Get, GetProbe, ResponseValue, CREDENTIAL_VALUES),
    "post": ProbeKind(Post, PostProbe, ResponseValue, CREDENTIAL_VALUES),
    "tls": ProbeKind(Tls, TlsProbe, TlsValue),
    "tcp": ProbeKind(Tcp, TcpProbe, TcpValue),
}

KIND = Kind(
    options=HttpOptions,
    open=HttpSource,
    probes=PROBES,
    unverified=off,
    target=lambda options: options.url or "the addresses of its signals",
)
