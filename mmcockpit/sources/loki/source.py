"""Loki source: numbers from logs by metric queries, and the last lines of a log."""

import re
from collections.abc import Mapping
from time import perf_counter
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from pydantic import Field, model_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.contract import Health, Kind, ProbeKind
from mmcockpit.sources.common.endpoint import EndpointOptions, off
from mmcockpit.sources.common.http_status import Document, error_message, refusal_words
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.http.api import ApiClient
from mmcockpit.sources.http.probes import Exchange
from mmcockpit.sources.http.source import HttpOptions
from mmcockpit.sources.loki.probes import LokiLines, LokiLinesProbe, LokiQuery, LokiQueryProbe
from mmcockpit.sources.loki.results import METRIC_HINT, QueryResult
from mmcockpit.sources.loki.streams import KnownStreams
from mmcockpit.sources.loki.values import QUERY, LogLinesValue

CHECK_TIMEOUT_S = 5.0
CHECK_QUERY = 'sum(count_over_time({mmcockpit="check"}[1m]))'
SEVERAL_HINT = "several tenants in a query need multi_tenant_queries_enabled in Loki"
TENANT = "X-Scope-OrgID"
LONGEST_QUERY = 2_000
"""Most characters of a query sent by GET; every gateway accepts that length."""
_NOT_LET_IN = {FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN}
_NOT_REACHED = {FaultKind.REFUSED, FaultKind.TIMEOUT, FaultKind.UNREACHABLE, FaultKind.TLS, FaultKind.CONFIGURATION}
_REFUSED = ("parse error", "syntax error", "unknown function", "invalid aggregation")
"""What Loki calls a query that it does not understand."""
_LOG_QUERY = "log queries are not supported"
_SEVERAL = "multiple org IDs"
_NO_TENANT = "no org id"
_TENANT_HINT = "set tenant, because this Loki has several"
_PIPELINE = re.compile(r"pipeline error: '(\w+)'(?:.*?__error_details__=\"((?:\\.|[^\"\\])*)\")?", re.DOTALL)
"""What Loki reports of a line that a stage of the query fails on, which ends the whole query."""
_NOTES = ("Query was executed using",)
"""Beginnings of warnings about a complete result; all others count as missing data."""


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
        self, path: str, fields: Mapping[str, str], kind: type[Document], timeout: float
    ) -> tuple[Document, float]:
        """Return a result of the API as a document of this type, and the server's Unix time of the response."""
        encoded = urlencode(fields)
        if len(fields.get("query", "")) <= LONGEST_QUERY:
            exchange = await self._api.response("GET", f"{path}?{encoded}" if encoded else path, timeout)
        else:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            exchange = await self._api.response("POST", path, timeout, form, encoded.encode())
        if exchange.status != 200:
            raise self._refusal(exchange, path)
        return self._api.decoded(exchange, kind)

    async def check(self) -> Health:
        """Read the version, then run a query without cost, which needs the credential and the tenant.

        A number without a stream would not show whether a tenant may be queried.
        """
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
            await self.query("query", {"query": CHECK_QUERY}, CHECK_TIMEOUT_S)
        except ProbeError as fault:
            missing.append("query")
            # Loki repeats a query for several tenants that it does not allow for longer than the timeout.
            hint = f"; {SEVERAL_HINT}" if "|" in self._tenant and fault.kind is FaultKind.TIMEOUT else ""
            message, authorised = f"{fault.message}{hint}", fault.kind not in _NOT_LET_IN
        ms = round((perf_counter() - began) * 1000, 1)
        identity = f"tenant {self._tenant}" if self._tenant else ""
        return Health(True, authorised, version, ms, tuple(missing), message, identity=identity)

    async def close(self) -> None:
        """Close the client."""
        await self._api.close()

    def _refusal(self, response: Exchange, path: str) -> ProbeError:
        message = error_message(response.status, response.body, self.endpoint.redact)
        if _SEVERAL in message:
            return self.endpoint.fault(FaultKind.CONFIGURATION, f"{message}; {SEVERAL_HINT}")
        if _NO_TENANT in message and not self._tenant:
            words = refusal_words(response.status, path, message, _TENANT_HINT)
            return self.endpoint.fault(FaultKind.UNAUTHORISED, words)
        if response.status == 400:
            if any(words in message for words in _REFUSED):
                return self.endpoint.fault(FaultKind.CONFIGURATION, f"the server refused the query: {message}")
            if _LOG_QUERY in message:
                why = f"the query selects log lines; {METRIC_HINT}"
                return self.endpoint.fault(FaultKind.QUERY, why)
            if (failed := _PIPELINE.match(response.body.decode(errors="replace"))) is not None:
                return self.endpoint.fault(FaultKind.QUERY, _line_failed(*failed.groups("")))
        return self._api.refusal(response, path)


def _line_failed(kind: str, details: str) -> str:
    """Return why a query failed on a line of the log, and what to do."""
    why = f"{kind}: {details}" if details else kind
    return f'a line does not fit the query: {plain(why, 160)}; leave such lines out with | __error__=""'


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
