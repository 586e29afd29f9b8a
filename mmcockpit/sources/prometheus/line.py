"""One connection to Prometheus: its client library on an adapter that bounds bytes and time and keeps warnings.

The library alone would silently retry 429 and 5xx, read responses of any size for any time, and drop the warnings.
Imported with the first poll.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import urllib3
from prometheus_api_client import PrometheusConnect

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.prometheus.session import PLAIN, QueryAdapter, QuerySession

Document = TypeVar("Document")


class ResultSeries(msgspec.Struct):
    """One element of a result: an instant has `value`, a range `values`; each is (Unix seconds, number as text)."""

    metric: dict[str, str] = {}
    value: tuple[float, str] | None = None
    values: list[tuple[float, str]] = []
    histograms: list[Any] = []


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
        self._adapter = QueryAdapter(endpoint, context)
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
        return kind, self._converted(result, list[ResultSeries])

    def query_range(self, promql: str, start: float, end: float, step: float) -> list[ResultSeries]:
        """Evaluate from start to end (Unix seconds), every `step` seconds."""
        first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        result = self._client.custom_query_range(promql, first, last, f"{step:g}", params=self._limits())
        return self._converted(result, list[ResultSeries])

    def targets(self, kind: type[Document]) -> Document:
        """Return the active targets as a document of this type."""
        return self._converted(self._client.get_targets(state="active"), kind)

    def get(self, path: str, kind: type[Document]) -> Document:
        """Return the `data` of an API endpoint that the client library does not support."""
        response = self._session.get(f"{self._endpoint.url}{path}")
        return self._converted(response.json()["data"], kind)

    def ready(self) -> None:
        """Check whether the server is ready for queries; ProbeError if it is not."""
        self._session.get(f"{self._endpoint.url}{PLAIN}")

    def now(self) -> float:
        """Return the server's own Unix time, which is the reference for the age of its timestamps."""
        _, series = self.query("time()")
        if not series or series[0].value is None:
            raise self.fault(FaultKind.MALFORMED, "time() has no value")
        return series[0].value[0]

    def _limits(self) -> dict[str, str]:
        # The server cancels a query after our timeout.
        return {"timeout": f"{self._timeout:g}"}

    def _converted(self, value: Any, kind: type[Document]) -> Document:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise self.fault(FaultKind.MALFORMED, f"unexpected response: {error}") from error
