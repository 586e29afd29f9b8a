"""Alertmanager source: firing alerts, status, routing, and silences made since the session was opened."""

from time import perf_counter
from typing import Annotated, Any

import msgspec
from pydantic import Field, field_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.alertmanager.completeness import Completeness
from mmcockpit.sources.alertmanager.delivery import Routes, RoutesProbe, Send, Senders, SendersProbe, SendProbe
from mmcockpit.sources.alertmanager.probes import (
    Alerts,
    AlertsProbe,
    Build,
    Silences,
    SilencesProbe,
    StatusArgs,
    StatusProbe,
)
from mmcockpit.sources.alertmanager.values import AlertValue, RoutesValue, SendersValue, SilenceValue, StatusValue
from mmcockpit.sources.common.contract import Health, Kind, ProbeKind
from mmcockpit.sources.common.endpoint import EndpointOptions, off
from mmcockpit.sources.common.http_status import Document
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.http.api import ApiClient
from mmcockpit.sources.http.probes import Exchange
from mmcockpit.sources.http.source import HttpOptions

CHECK_TIMEOUT_S = 5.0
_NOT_LET_IN = {FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN}
_ANSWERED = {*_NOT_LET_IN, FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.NOT_FOUND}


class AlertmanagerOptions(EndpointOptions):
    """Where Alertmanager, or a system with its API, is polled."""

    resend_every: Annotated[
        str, Field(description="How often Prometheus sends an alert again (its --rules.alert.resend-delay).")
    ] = "1m"
    known_as: Annotated[
        tuple[str, ...], Field(description="HOST or HOST:PORT that Prometheus uses, if it differs from url.")
    ] = ()
    peers: Annotated[
        int, Field(ge=0, description="Number of Alertmanagers in its cluster; 0: as many as were seen.")
    ] = 0

    @field_validator("resend_every")
    @classmethod
    def _duration(cls, text: str) -> str:
        seconds(text)
        return text


class AlertmanagerSource:
    """One Alertmanager, polled over HTTP; without a complete, valid response, a ProbeError names the host."""

    def __init__(self, options: AlertmanagerOptions, secrets: Secrets) -> None:
        shared = options.model_dump(exclude={"resend_every", "known_as", "peers"})
        self._api = ApiClient(HttpOptions(**shared), secrets)
        self.endpoint = self._api.endpoint
        self.completeness = Completeness(self.endpoint, seconds(options.resend_every), options.known_as, options.peers)

    async def get(self, path: str, kind: type[Document], timeout: float) -> tuple[Document, float]:
        """Return a result of the API as a document of this type, and the server's Unix time of the response."""
        return self._api.decoded(await self._exchanged("GET", path, timeout), kind)

    async def post(self, path: str, body: Any, timeout: float) -> None:
        """Send a body to the API; ProbeError if it is not accepted."""
        await self._exchanged("POST", path, timeout, msgspec.json.encode(body))

    async def _exchanged(self, method: str, path: str, timeout: float, content: bytes | None = None) -> Exchange:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        exchange = await self._api.response(method, f"/api/v2/{path}", timeout, headers, content)
        if exchange.status != 200:
            raise self._api.refusal(exchange, f"/api/v2/{path.partition('?')[0]}")
        return exchange

    async def check(self) -> Health:
        """Read the version."""
        began = perf_counter()
        try:
            build, _ = await self.get("status", Build, CHECK_TIMEOUT_S)
        except ProbeError as fault:
            return Health(fault.kind in _ANSWERED, False, missing=("status",), message=fault.message)
        return Health(True, True, build.version_info.version, round((perf_counter() - began) * 1000, 1))

    async def close(self) -> None:
        """Close the client."""
        await self._api.close()


PROBES = {
    "alerts": ProbeKind(Alerts, AlertsProbe, list[AlertValue]),
    "status": ProbeKind(StatusArgs, StatusProbe, StatusValue),
    "silences": ProbeKind(Silences, SilencesProbe, list[SilenceValue]),
    "senders": ProbeKind(Senders, SendersProbe, SendersValue),
    "routes": ProbeKind(Routes, RoutesProbe, RoutesValue),
    "send": ProbeKind(Send, SendProbe, RoutesValue),
}

KIND = Kind(
    options=AlertmanagerOptions,
    open=AlertmanagerSource,
    probes=PROBES,
    unverified=off,
    target=lambda options: options.url,
)
