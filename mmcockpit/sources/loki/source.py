"""Loki source: numbers from logs by metric queries, and the last lines of a log."""

import email.utils
from collections.abc import Mapping
from time import perf_counter
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import msgspec
from pydantic import Field, model_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Health, Kind, ProbeKind
from mmcockpit.sources.common.endpoint import EndpointOptions, off
from mmcockpit.sources.common.http_status import not_json_words, redirect_words, refusal_words, status_kind
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.http.api import ApiClient
from mmcockpit.sources.http.probes import Exchange
from mmcockpit.sources.http.source import HttpOptions
from mmcockpit.sources.loki.probes import LokiLines, LokiLinesProbe, LokiQuery, LokiQueryProbe
from mmcockpit.sources.loki.results import QueryResult
from mmcockpit.sources.loki.streams import KnownStreams
from mmcockpit.sources.loki.values import QUERY, LogLinesValue

CHECK_TIMEOUT_S = 5.0
TENANT = "X-Scope-OrgID"
LONGEST_QUERY = 2_000
"""Most characters of a query sent by GET; every gateway accepts that length."""
MESSAGE_BYTES = 2_048
_NOT_LET_IN = {FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN}
_NOT_REACHED = {FaultKind.REFUSED, FaultKind.TIMEOUT, FaultKind.UNREACHABLE, FaultKind.TLS, FaultKind.CONFIGURATION}
_REFUSED = ("parse error", "syntax error", "unknown function", "invalid aggregation")
"""What Loki calls a query that it does not understand."""
_NOTES = ("Query was executed using",)
"""Beginnings of warnings about a complete result; all others count as missing data."""
Shape = TypeVar("Shape")


class LokiOptions(EndpointOptions):
    """Where Loki, or a system with its API, is polled."""

    tenant: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9!._*'()|-]{0,600}$", description=f"Sent as `{TENANT}`; several joined by `|`."),
    ] = ""

    @model_validator(mode="after")
    def _one_tenant(self) -> "LokiOptions":
        if self.tenant and any(name.lower() == TENANT.lower() for name in self.headers):
            raise ValueError(f"tenant and the header {TENANT} exclude each other")
        return self


class _Answered(msgspec.Struct):
    data: QueryResult
    warnings: list[str] | None = None


class LokiSource:
    """One Loki, polled over HTTP; without a complete, valid response, a ProbeError names the host."""

    def __init__(self, options: LokiOptions, secrets: Secrets) -> None:
        shared = options.model_dump(exclude={"tenant"})
        if options.tenant:
            shared["headers"] = {**options.headers, TENANT: options.tenant}
        self._api = ApiClient(HttpOptions(**shared), secrets)
        self._tenant = options.tenant
        self.endpoint = self._api.endpoint
        self.streams = KnownStreams()

    async def query(self, kind: str, fields: Mapping[str, str], timeout: float) -> tuple[QueryResult, float]:
        """Return the result of `query` or `query_range`, and the server's Unix time; ProbeError for a partial one."""
        answer, now = await self.get(f"/loki/api/v1/{kind}", fields, _Answered, timeout)
        missing = [text for text in answer.warnings or () if not text.startswith(_NOTES)]
        if missing:
            others = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise self.endpoint.fault(FaultKind.PARTIAL, f"partial result: {missing[0]}{others}")
        return answer.data, now

    async def get(
        self, path: str, fields: Mapping[str, str], shape: type[Shape], timeout: float
    ) -> tuple[Shape, float]:
        """Return a result of the API in the given shape, and the server's Unix time of the response."""
        encoded = urlencode(fields)
        if len(fields.get("query", "")) <= LONGEST_QUERY:
            exchange = await self._api.response("GET", f"{path}?{encoded}" if encoded else path, timeout)
        else:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            exchange = await self._api.response("POST", path, timeout, form, encoded.encode())
        if exchange.status != 200:
            raise self._refusal(exchange, path)
        try:
            answer = msgspec.json.decode(exchange.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.endpoint.fault(FaultKind.MALFORMED, not_json_words(exchange.body, error)) from error
        try:
            return answer, email.utils.parsedate_to_datetime(exchange.headers.get("date", "")).timestamp()
        except ValueError as error:
            raise self.endpoint.fault(FaultKind.MALFORMED, "response has no Date header") from error

    async def check(self) -> Health:
        """Read the version, then run a query without cost, which needs the credential and the tenant."""
        version, missing, message = "", list[str](), ""
        try:
            build, _ = await self.get("/loki/api/v1/status/buildinfo", {}, dict[str, object], CHECK_TIMEOUT_S)
            version = f"Loki {build.get('version', '')}".strip()
        except ProbeError as fault:
            if fault.kind in _NOT_REACHED:
                return Health(False, False, missing=("version", "query"), message=fault.message)
            missing, message = ["version"], fault.message
        began, authorised = perf_counter(), True
        try:
            await self.query("query", {"query": "vector(1)"}, CHECK_TIMEOUT_S)
        except ProbeError as fault:
            missing.append("query")
            message, authorised = fault.message, fault.kind not in _NOT_LET_IN
        ms = round((perf_counter() - began) * 1000, 1)
        identity = f"tenant {self._tenant}" if self._tenant else ""
        return Health(True, authorised, version, ms, tuple(missing), message, identity=identity)

    async def close(self) -> None:
        """Close the client."""
        await self._api.close()

    def _refusal(self, response: Exchange, path: str) -> ProbeError:
        kind = status_kind(response.status)
        if 300 <= response.status < 400:
            return self.endpoint.fault(kind, redirect_words(response.status, response.headers.get("location", "")))
        message = _message(response)
        if response.status == 400 and any(words in message for words in _REFUSED):
            return self.endpoint.fault(FaultKind.CONFIGURATION, f"the server refused the query: {message}")
        return self.endpoint.fault(kind, refusal_words(response.status, path, message))


def _message(response: Exchange) -> str:
    """Return the server's own words: the text of Loki, or the message of a gateway's JSON; empty for a web page."""
    text = response.body[:MESSAGE_BYTES].decode(errors="replace").strip()
    if text.startswith("{"):
        try:
            fields = msgspec.json.decode(response.body, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return text
        return next((str(fields[name]) for name in ("error", "message") if fields.get(name)), text)
    return "" if text.startswith("<") else text


PROBES = {
    "query": ProbeKind(LokiQuery, LokiQueryProbe, QUERY),
    "lines": ProbeKind(LokiLines, LokiLinesProbe, LogLinesValue),
}

KIND = Kind(
    options=LokiOptions,
    open=LokiSource,
    probes=PROBES,
    unverified=off,
    target=lambda options: options.url,
)
