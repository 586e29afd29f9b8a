"""Requests to an OCI registry, with the credential that it asks for: a password, or a token of its token server."""

from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.endpoint import MESSAGE_LIMIT, EndpointOptions
from mmcockpit.sources.common.http_status import error_message, not_json_words, refusal_words, status_kind, with_pause
from mmcockpit.sources.common.redaction import Needle
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.http.api import ApiClient
from mmcockpit.sources.http.probes import Exchange
from mmcockpit.sources.http.source import HttpOptions
from mmcockpit.sources.registry.challenge import Challenge, TokenServer, challenges

TOKEN_S = 60.0
"""Seconds for which a token is valid whose server does not tell it."""
MARGIN_S = 10.0
"""Seconds before its end at which a token is no longer used."""
MOST_TOKENS = 64
_OWN = {"user", "password", "token", "headers"}


class _Token(msgspec.Struct):
    token: str = ""
    access_token: str = ""
    expires_in: float = TOKEN_S


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] | None = None


class RegistryClient:
    """One registry: its requests follow redirects, but only the registry itself gets the credential.

    A token is for one scope and is used until it ends; it is struck out of every message.
    """

    def __init__(self, options: EndpointOptions, secrets: Secrets) -> None:
        self._options, self._secrets = options, secrets
        self._open = ApiClient(self._http(options.url, without=_OWN - {"headers"}), secrets)
        self._credential = ApiClient(self._http(options.url), secrets)
        self._servers: dict[str, ApiClient] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._basic = False
        self.endpoint = self._credential.endpoint

    async def response(self, method: str, path: str, scope: str, timeout: float, accept: str = "") -> Exchange:
        """Return the response to a request for a scope (`repository:NAME:pull`, or empty), whatever its status.

        ProbeError if there is none, or no token for it.
        """
        headers = {"Accept": accept} if accept else {}
        if self._basic or self._options.token is not None or self._named_authorization:
            return await self._credential.response(method, path, timeout, headers)
        token = self._token_of(scope)
        sent = {**headers, "Authorization": f"Bearer {token}"} if token else headers
        response = await self._open.response(method, path, timeout, sent)
        if response.status != 401:
            return response
        asked = {one.scheme: one for one in reversed(challenges(response.headers.get("www-authenticate", "")))}
        if "bearer" in asked:
            token = await self._signed_in(asked["bearer"], scope, timeout)
            sent = {**headers, "Authorization": f"Bearer {token}"}
            return await self._open.response(method, path, timeout, sent)
        if "basic" in asked and self._options.user:
            self._basic = True
            return await self._credential.response(method, path, timeout, headers)
        return response

    def fault(self, kind: FaultKind, why: str) -> ProbeError:
        """Return a fault that names the registry, secrets and tokens struck out."""
        for token, _ in self._tokens.values():
            why = Needle(token).strike(why)
        return self.endpoint.fault(kind, why)

    def refusal(self, response: Exchange, path: str) -> ProbeError:
        """Return the fault of a response that is no result."""
        words = refusal_words(response.status, path, self._message(response))
        fault = self.fault(status_kind(response.status), words)
        return with_pause(fault, response.status, response.headers)

    async def close(self) -> None:
        """Close every client."""
        for client in (self._open, self._credential, *self._servers.values()):
            await client.close()

    def _message(self, response: Exchange) -> str:
        named = next((plain(error.message or error.code, MESSAGE_LIMIT) for error in errors_of(response)), "")
        return named or error_message(response.status, response.body, self.endpoint.redact)

    @property
    def _named_authorization(self) -> bool:
        return any(name.lower() == "authorization" for name in self._options.headers)

    def _token_of(self, scope: str) -> str:
        token, until = self._tokens.get(scope, ("", 0.0))
        return token if monotonic() < until else ""

    async def _signed_in(self, challenge: Challenge, scope: str, timeout: float) -> str:
        """Get a token for a scope from the token server that the registry names."""
        try:
            server = TokenServer.of(challenge, scope, self._options.url)
        except ValueError as error:
            why = f"the token server {challenge.fields.get('realm', '')!r} {error}"
            raise self.fault(FaultKind.CONFIGURATION, why) from error
        response = await self._server(server.url).response("GET", server.path, timeout)
        host, path = urlsplit(server.url).netloc, server.path.partition("?")[0]
        if response.status != 200:
            words = refusal_words(response.status, path, self._message(response))
            fault = self.fault(status_kind(response.status), f"token server {host}: {words}")
            raise with_pause(fault, response.status, response.headers)
        try:
            given = msgspec.json.decode(response.body, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            why = f"token server {host}: {not_json_words(response.body, error)}"
            raise self.fault(FaultKind.MALFORMED, why) from error
        token = given.token or given.access_token
        if not token or not (token.isascii() and token.isprintable()):
            raise self.fault(FaultKind.MALFORMED, f"token server {host}: response without a token")
        if len(self._tokens) >= MOST_TOKENS:
            self._tokens.clear()
        self._tokens[scope] = token, monotonic() + max(given.expires_in, TOKEN_S) - MARGIN_S
        return token

    def _server(self, url: str) -> ApiClient:
        if url not in self._servers:
            if len(self._servers) >= MOST_TOKENS:
                raise self.fault(FaultKind.CONFIGURATION, f"more than {MOST_TOKENS} token servers")
            # Headers of the registry, such as those of a gateway, are not for another server.
            without = set() if urlsplit(url).netloc == self.endpoint.host else {"headers"}
            self._servers[url] = ApiClient(self._http(url, without=without | {"token"}), self._secrets)
        return self._servers[url]

    def _http(self, url: str, without: set[str] = frozenset()) -> HttpOptions:  # type: ignore[assignment]
        fields: dict[str, Any] = self._options.model_dump(include=EndpointOptions.model_fields.keys() - without)
        return HttpOptions(**{**fields, "url": url, "follow": True})


def errors_of(response: Exchange) -> list[_Error]:
    """Return the errors that a response names in the form of the OCI specification; none in any other form."""
    try:
        return msgspec.json.decode(response.body, type=_Errors).errors or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
