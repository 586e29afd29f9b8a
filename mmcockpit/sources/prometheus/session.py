"""HTTP session of the client library: one connection that bounds bytes and time, and long queries by POST.

A POST has no limit of a request line. Without a complete, valid response the session raises a ProbeError.
"""

import re
import ssl
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.common.http_status import (
    Document,
    decoded,
    error_message,
    redirect_words,
    refusal_words,
    status_kind,
    status_words,
    with_pause,
)
from mmcockpit.sources.common.network import cause
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.prometheus.cord import Cord, pools
from mmcockpit.sources.prometheus.notes import missing_data, sorted_notes

MAX_BYTES = 8 * 1024 * 1024
_CHUNK = 65_536
PLAIN = "/-/ready"
"""The only path with a plain text response."""
_PARSING = re.compile(r"parse|syntax|unknown function|unsupported|unexpected|invalid parameter", re.IGNORECASE)
"""Error texts for an invalid query from servers other than Prometheus, which also respond 422 to it."""
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
LONGEST_QUERY = 2_000
"""Most characters of a query sent by GET; every gateway accepts that length."""
TOO_LONG = (414, 431)
"""HTTP statuses that refuse a URL for its length."""


class AddressTooLong(ProbeError):
    """The server refused a URL for its length."""


class QuerySession(requests.Session):
    """A session that sends long queries as a form; the library would put even a POST's fields into the URL.

    It has no cookies and follows no redirects. What `requests` makes anew for each request is made once.
    """

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one request; its `params` go into the URL, or by POST into a form if they are too long."""
        fields = options.pop("params", None) or {}
        if len(str(fields.get("query", ""))) <= LONGEST_QUERY:
            try:
                return self._sent(method, url, urlencode(fields))
            except AddressTooLong:
                pass
        return self._sent("POST", url, "", urlencode(fields))

    def _sent(self, method: str, url: str, query: str, form: str | None = None) -> requests.Response:
        """Count and send one request."""
        take_request()
        request = requests.PreparedRequest()
        request.method, request.body, request.headers = method, form, self.headers  # type: ignore[assignment]
        request.url = f"{_written(url)}?{query}" if query else _written(url)
        if form is not None:
            length = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(form))}
            request.headers = CaseInsensitiveDict[str]({**self.headers, **length})  # type: ignore[arg-type]
        return self.get_adapter(url).send(request, verify=bool(self.verify), proxies=self.proxies)


@lru_cache(maxsize=64)
def _written(url: str) -> str:
    """Return a URL as it is sent: the host in ASCII, the path encoded."""
    request = requests.PreparedRequest()
    request.prepare_url(url, None)
    return str(request.url)


class _Envelope(msgspec.Struct):
    """The envelope of every API response of Prometheus."""

    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: str | None = None
    errorType: str | None = None
    warnings: list[str] | None = None
    infos: list[str] | None = None
    isPartial: Any = None


class _Found(msgspec.Struct):
    resultType: str
    result: list[Any]


class _Marked(msgspec.Struct):
    isPartial: Any = None


class _Response(requests.Response):
    """A complete response, whose `data` is decoded once."""

    data: Any = None

    def json(self, **options: Any) -> Any:
        return {"data": self.data}


class QueryAdapter(HTTPAdapter):
    """Sends the library's requests over one connection; without a complete, valid response it raises a ProbeError."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext) -> None:
        self.cord = Cord()
        self.deadline = 0.0
        self.result_type = ""
        self.notes: list[str] = []
        self._pool: Any = None
        self._endpoint = endpoint
        self.context = context
        if context.verify_mode is ssl.CERT_NONE:
            # The cockpit file turns verification off; the warning would be printed over the screen.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self.context)
        self.poolmanager.pool_classes_by_scheme = pools(self.cord)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options, ssl_context=self.context)
        manager.pool_classes_by_scheme = pools(self.cord)
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        # The context already has its authorities; requests would add certifi's to those of `ca`.
        conn.cert_reqs = self.context.verify_mode

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self._endpoint.fault(FaultKind.TIMEOUT, "no time left for the remaining requests")
        try:
            answer = self._opened(request, left, **options)
            try:
                body = self._read(answer)
            finally:
                answer.close()
                answer.release_conn()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._broken(error) from error
        response = _Response()
        response.status_code, response.headers = answer.status, answer.headers  # type: ignore[assignment]
        self._accept(request, response, body)
        return response

    def _opened(self, request: requests.PreparedRequest, timeout: float, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request and return its response, of which only the head is read."""
        if self._pool is None:
            self._pool = self.get_connection_with_tls_context(request, options["verify"], options["proxies"])
            self.cert_verify(self._pool, "", None, None)
        answer: urllib3.BaseHTTPResponse = self._pool.urlopen(
            request.method,
            self.request_url(request, options["proxies"]),
            request.body,
            request.headers,
            retries=self.max_retries,
            timeout=timeout,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        return answer

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        body = bytearray()
        for chunk in answer.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise self._endpoint.fault(
                    FaultKind.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB: query fewer series or use a longer step"
                )
        return bytes(body)

    def _broken(self, error: Exception) -> ProbeError:
        if self.cord.pulled:
            return self._endpoint.fault(FaultKind.TIMEOUT, "no complete response in time")
        if isinstance(error, urllib3.exceptions.DecodeError):
            return self._endpoint.fault(FaultKind.MALFORMED, "invalid compressed response")
        return self._endpoint.fault(*cause(error))

    def _accept(self, request: requests.PreparedRequest, response: "_Response", body: bytes) -> None:
        """Keep the envelope of a complete, valid response; anything else is a fault."""
        path = urlsplit(request.url or "").path
        if response.status_code == 206:
            raise self._endpoint.fault(FaultKind.PARTIAL, f"partial response: {status_words(206)}")
        if response.status_code != 200:
            fault = self._refused(request, response, body)
            raise with_pause(fault, response.status_code, response.headers)
        if path.endswith(PLAIN):
            return
        envelope = self._decoded(body, _Envelope, body)
        if envelope.status != "success":
            raise self._endpoint.fault(
                FaultKind.QUERY, envelope.error or "the server reported a failure without a reason"
            )
        inside = (
            self._decoded(envelope.data, _Marked, body) if bytes(memoryview(envelope.data)[:1]) == b"{" else _Marked()
        )
        warnings, notes = sorted_notes(envelope.warnings or (), envelope.infos or ())
        lacking = missing_data(warnings, (envelope.isPartial, inside.isPartial), response.headers)
        if lacking:
            raise self._endpoint.fault(FaultKind.PARTIAL, lacking)
        self.notes += notes
        if path.endswith(("/query", "/query_range")):
            found = self._decoded(envelope.data, _Found, body)
            self.result_type, response.data = found.resultType, {"result": found.result}
        else:
            response.data = self._decoded(envelope.data, Any, body)

    def _refused(self, request: requests.PreparedRequest, response: requests.Response, body: bytes) -> ProbeError:
        status, kind = response.status_code, status_kind(response.status_code)
        if status in TOO_LONG and request.method == "GET":
            return AddressTooLong(
                FaultKind.QUERY, f"{self._endpoint.host}: {status_words(status)}: the query is too long"
            )
        if 300 <= status < 400:
            target = urlsplit(response.headers.get("Location", ""))
            where = f"{target.scheme}://{target.netloc}{target.path}" if target.netloc else target.path
            return self._endpoint.fault(kind, redirect_words(status, where))
        path, message = urlsplit(request.url or "").path, error_message(status, body, self._endpoint.redact)
        try:
            envelope = msgspec.json.decode(body, type=_Envelope)
        except _NOT_JSON:
            # The response of a gateway.
            return self._endpoint.fault(kind, refusal_words(status, path, message))
        why = envelope.error or message
        if envelope.errorType in ("timeout", "canceled"):
            kind = FaultKind.TIMEOUT
        elif (status == 400 and envelope.errorType == "bad_data") or (
            status in (400, 422) and envelope.errorType != "execution" and _PARSING.search(why)
        ):
            return self._endpoint.fault(FaultKind.CONFIGURATION, f"the server refused the query: {why}")
        return self._endpoint.fault(kind, refusal_words(status, path, why))

    def _decoded(self, text: bytes | msgspec.Raw, kind: type[Document], body: bytes) -> Document:
        return decoded(text, kind, body, self._endpoint.fault)
