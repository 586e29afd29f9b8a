"""One connection to Prometheus: its client library on an adapter that bounds bytes and time and keeps warnings.

The library alone would silently retry 429 and 5xx, read responses of any size for any time, and drop the warnings.
Imported with the first poll.
"""

import io
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from prometheus_api_client import PrometheusConnect
from requests.adapters import HTTPAdapter

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.common.http_status import (
    not_json_words,
    redirect_words,
    refusal_words,
    status_kind,
    status_words,
)
from mmcockpit.sources.common.network import cause
from mmcockpit.sources.prometheus.cord import Cord, pools
from mmcockpit.sources.prometheus.notes import missing_data, sorted_notes
from mmcockpit.sources.prometheus.session import TOO_LONG, AddressTooLong, QuerySession

MAX_BYTES = 8 * 1024 * 1024
_CHUNK = 65_536
_PLAIN = "/-/ready"
"""The only path with a plain text response."""
_PARSING = re.compile(r"parse|syntax|unknown function|unsupported|unexpected|invalid parameter", re.IGNORECASE)
"""Error texts for an invalid query from servers other than Prometheus, which also respond 422 to it."""
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
Shape = TypeVar("Shape")


class Envelope(msgspec.Struct):
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


class ResultSeries(msgspec.Struct):
    """One element of a result: an instant has `value`, a range `values`; each is (Unix seconds, number as text)."""

    metric: dict[str, str] = {}
    value: tuple[float, str] | None = None
    values: list[tuple[float, str]] = []


class PrometheusLine:
    """Handles one poll at a time, in a thread; `cut` ends it from any other thread, whatever the server is doing."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext) -> None:
        self._endpoint = endpoint
        self._timeout = 0.0
        self.headers: dict[str, str] = {}
        self._session = QuerySession()
        # Ignore proxies, netrc and certificate authorities of the environment.
        self._session.trust_env = False
        self._session.verify = context.verify_mode is ssl.CERT_REQUIRED
        self._client = PrometheusConnect(endpoint.url, retry=urllib3.Retry(0), session=self._session)
        self._adapter = _Adapter(endpoint, context)
        self._session.mount(endpoint.url, self._adapter)
        if endpoint.proxy:
            self._session.proxies = dict.fromkeys(("http", "https"), endpoint.proxy)

    def begin(self, timeout: float) -> None:
        """Limit the next requests together to `timeout` seconds."""
        self._timeout = timeout
        self.headers = self._endpoint.headers()
        self._endpoint.identify(self._adapter.context)
        self._session.headers.update(self.headers)
        self._adapter.deadline = time.monotonic() + timeout
        self._adapter.notes.clear()

    @property
    def notes(self) -> tuple[str, ...]:
        """The server's notes about complete results since `begin`, each once."""
        return tuple(dict.fromkeys(self._adapter.notes))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make auxiliary requests: with half of the time that is left, and without keeping their notes."""
        deadline, notes = self._adapter.deadline, list(self._adapter.notes)
        now = time.monotonic()
        self._adapter.deadline = now + max(deadline - now, 0.0) / 2
        try:
            yield
        finally:
            self._adapter.deadline, self._adapter.notes[:] = deadline, notes

    @property
    def is_cut(self) -> bool:
        """Whether the connection was closed on purpose; such a line is not used again."""
        return self._adapter.cord.pulled

    def cut(self) -> None:
        """Close the connection, so that the thread that uses it returns at once."""
        self._adapter.cord.pull()

    def close(self) -> None:
        """Close the connection; no thread may use it."""
        self._client.close()
        self._adapter.cord.drop()

    def fault(self, kind: FaultKind, why: str) -> ProbeError:
        """Return a fault that names this server and the cause."""
        return self._endpoint.fault(kind, why)

    def query(self, promql: str) -> tuple[str, list[ResultSeries]]:
        """Evaluate at the server's current time; return the type of the result and its series (a scalar is one)."""
        result = self._client.custom_query(promql, params=self._limits())
        kind = self._adapter.result_type
        if kind in ("scalar", "string"):
            result = [{"value": result}]
        return kind, self._shaped(result, list[ResultSeries])

    def query_range(self, promql: str, start: float, end: float, step: float) -> list[ResultSeries]:
        """Evaluate from start to end (Unix seconds), every `step` seconds."""
        first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        result = self._client.custom_query_range(promql, first, last, f"{step:g}", params=self._limits())
        return self._shaped(result, list[ResultSeries])

    def targets(self, shape: type[Shape]) -> Shape:
        """Return the active targets in the given shape."""
        return self._shaped(self._client.get_targets(state="active"), shape)

    def get(self, path: str, shape: type[Shape]) -> Shape:
        """Return the `data` of an API endpoint that the client library does not support."""
        self._session.get(f"{self._endpoint.url}{path}")
        return self._shaped(msgspec.json.decode(self._adapter.envelope.data), shape)

    def ready(self) -> None:
        """Check whether the server is ready for queries; ProbeError if it is not."""
        self._session.get(f"{self._endpoint.url}{_PLAIN}")

    def now(self) -> float:
        """Return the server's own Unix time, which is the reference for the age of its timestamps."""
        _, series = self.query("time()")
        if not series or series[0].value is None:
            raise self.fault(FaultKind.MALFORMED, "time() has no value")
        return series[0].value[0]

    def _limits(self) -> dict[str, str]:
        # The server cancels a query after our timeout.
        return {"timeout": f"{self._timeout:g}"}

    def _shaped(self, value: Any, shape: type[Shape]) -> Shape:
        try:
            return msgspec.convert(value, shape)
        except msgspec.ValidationError as error:
            raise self.fault(FaultKind.MALFORMED, f"unexpected response: {error}") from error


class _Adapter(HTTPAdapter):
    """Sends the library's requests over one connection; without a complete, valid response it raises a ProbeError."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext) -> None:
        self.cord = Cord()
        self.deadline = 0.0
        self.envelope = Envelope("")
        self.result_type = ""
        self.notes: list[str] = []
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
        options |= {"stream": True, "timeout": left}
        try:
            response = super().send(request, *args, **options)
            try:
                body = self._read(response)
            finally:
                response.close()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._broken(error) from error
        self._accept(request, response, body)
        response.raw = io.BytesIO(body)
        return response

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
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

    def _accept(self, request: requests.PreparedRequest, response: requests.Response, body: bytes) -> None:
        """Keep the envelope of a complete, valid response; anything else is a fault."""
        path = urlsplit(request.url or "").path
        if response.status_code == 206:
            raise self._endpoint.fault(FaultKind.PARTIAL, f"partial response: {status_words(206)}")
        if response.status_code != 200:
            raise self._refused(request, response, body)
        if path.endswith(_PLAIN):
            return
        envelope = self._decoded(body, Envelope, body)
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
        self.envelope = envelope
        if path.endswith(("/query", "/query_range")):
            self.result_type = self._decoded(envelope.data, _Found, body).resultType

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
        path = urlsplit(request.url or "").path
        try:
            envelope = msgspec.json.decode(body, type=Envelope)
        except _NOT_JSON:
            return self._endpoint.fault(kind, refusal_words(status, path))
        why = envelope.error or ""
        if envelope.errorType in ("timeout", "canceled"):
            kind = FaultKind.TIMEOUT
        elif (status == 400 and envelope.errorType == "bad_data") or (
            status in (400, 422) and envelope.errorType != "execution" and _PARSING.search(why)
        ):
            return self._endpoint.fault(FaultKind.CONFIGURATION, f"the server refused the query: {why}")
        return self._endpoint.fault(kind, refusal_words(status, path, why))

    def _decoded(self, text: bytes | msgspec.Raw, shape: type[Shape], body: bytes) -> Shape:
        try:
            return msgspec.json.decode(text, type=shape)
        except _NOT_JSON as error:
            raise self._endpoint.fault(FaultKind.MALFORMED, not_json_words(body, error)) from error
