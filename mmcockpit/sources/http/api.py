"""A client of an HTTP API: what is not a complete response is a fault, never a result."""

import email.utils
from collections.abc import Mapping
from types import MappingProxyType

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.http_status import (
    Document,
    decoded,
    error_message,
    redirect_words,
    refusal_words,
    status_kind,
    with_pause,
)
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.http.probes import Exchange
from mmcockpit.sources.http.source import HttpOptions, HttpSource

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ApiClient(Connectionless):
    """Requests to one API, each on a new connection; the credential of its options is sent with each."""

    def __init__(self, options: HttpOptions, secrets: Secrets) -> None:
        self._http = HttpSource(options, secrets)
        self.endpoint = self._http.endpoint

    async def response(
        self,
        method: str,
        path: str,
        timeout: float,
        headers: Mapping[str, str] = NO_HEADERS,
        content: bytes | None = None,
    ) -> Exchange:
        """Return the complete response, of any status; ProbeError if the API does not give one within `timeout`."""
        exchange = await self._http.exchange(method, path, timeout, headers, content)
        if exchange.status:
            return exchange
        if exchange.hung:
            raise self.endpoint.fault(FaultKind.TIMEOUT, f"no complete response within {timeout:g}s")
        refused = exchange.error == "refused"
        kind, why = (FaultKind.REFUSED, "connection refused") if refused else (FaultKind.TLS, exchange.error)
        raise self.endpoint.fault(kind, why)

    def decoded(self, exchange: Exchange, kind: type[Document]) -> tuple[Document, float]:
        """Return a response as a document of this type, and the server's Unix time; ProbeError(malformed) without."""
        document = decoded(exchange.body, kind, exchange.body, self.endpoint.fault)
        try:
            return document, email.utils.parsedate_to_datetime(exchange.headers.get("date", "")).timestamp()
        except ValueError as error:
            raise self.endpoint.fault(FaultKind.MALFORMED, "response has no Date header") from error

    def refusal(self, exchange: Exchange, path: str) -> ProbeError:
        """Return the fault of a response that is no result, by its status and the server's own message."""
        kind = status_kind(exchange.status)
        if 300 <= exchange.status < 400:
            return self.endpoint.fault(kind, redirect_words(exchange.status, exchange.headers.get("location", "")))
        message = error_message(exchange.status, exchange.body, self.endpoint.redact)
        fault = self.endpoint.fault(kind, refusal_words(exchange.status, path, message))
        return with_pause(fault, exchange.status, exchange.headers)

    async def close(self) -> None:
        """Close the last connection without a response."""
        await self._http.close()
