"""Checks whether an alert gets from Prometheus to a receiver: senders, routes, a test alert."""

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Protocol
from urllib.parse import urlencode

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.sources.alertmanager.matchers import UnreadableMatcher
from mmcockpit.sources.alertmanager.probes import AlertmanagerClient
from mmcockpit.sources.alertmanager.routes import Receiver, Routing, routing
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.common.endpoint import Endpoint

LOOK_AGAIN_S = 0.1
"""Seconds until a test alert that is not listed yet is looked up again."""


class Delivers(AlertmanagerClient, Protocol):
    """What a probe needs of its source."""

    endpoint: Endpoint

    async def post(self, path: str, body: Any, timeout: float) -> None:
        """Send a body to the API."""
        ...


class Senders(Args):
    """Whether Prometheus sends its alerts to this Alertmanager."""


class Routes(Args):
    """The alerts whose routing is polled."""

    shorthand: ClassVar[str] = "alerts"
    alerts: Annotated[tuple[dict[str, str], ...], Field(min_length=1, description="The labels of each alert to route.")]


class Send(Args):
    """A test alert."""

    labels: Annotated[dict[str, str], Field(min_length=1, description="Its labels; alertname is one of them.")]
    annotations: Annotated[dict[str, str], Field(description="Its annotations.", default_factory=dict)]

    @property
    def acts(self) -> str:
        return "an alert notifies people"


class _Config(msgspec.Struct):
    original: str


class _State(msgspec.Struct):
    config: _Config


class _Name(msgspec.Struct):
    name: str


class _Listed(msgspec.Struct):
    labels: dict[str, str]
    receivers: list[_Name]


class SendersProbe(Connectionless):
    """Whether a Prometheus of this session sends alerts to this Alertmanager, and to which others."""

    def __init__(self, source: Delivers, question: Question) -> None:
        self._source, self._timeout = source, question.timeout

    async def read(self) -> Reading:
        """Poll once; ProbeError if no Prometheus reports it."""
        completeness = self._source.completeness
        everywhere, here = await completeness.senders_of(self._source.get, self._timeout)
        why = "" if here else completeness.unsent([f"//{name}" for name in everywhere])
        return Reading({"sends": bool(here), "why": why, "alertmanagers": everywhere})


class RoutesProbe(Connectionless):
    """Where these alerts are routed by the running configuration. Mute time intervals of routes are ignored."""

    def __init__(self, source: Delivers, question: Question) -> None:
        self._source, self._question = source, question

    async def read(self) -> Reading:
        """Poll once; ProbeError if the configuration cannot be read."""
        tree = await _routing(self._source, self._question.timeout)
        try:
            ends = [(_named(labels), tree.of(labels)) for labels in self._question.args.alerts]
        except UnreadableMatcher as error:
            raise self._source.endpoint.fault(FaultKind.MALFORMED, f"its routes: {error}") from error
        return Reading(_delivery(ends))


class SendProbe(Connectionless):
    """Like RoutesProbe, for an alert that is sent: its receivers are those that Alertmanager itself reports for it."""

    def __init__(self, source: Delivers, question: Question) -> None:
        self._source, self._question = source, question

    async def read(self) -> Reading:
        """Send the alert once and look up its receivers; ProbeError if Alertmanager does not list it in time."""
        args, until = self._question.args, time.monotonic() + self._question.timeout
        tree = await _routing(self._source, self._question.timeout)
        alert = {"labels": args.labels, "annotations": args.annotations}
        await self._source.post("alerts", [alert], max(until - time.monotonic(), 0.1))
        filters = [("filter", f"{name}={json.dumps(value, ensure_ascii=False)}") for name, value in args.labels.items()]
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise self._source.endpoint.fault(FaultKind.NO_DATA, "the alert was accepted but is not listed")
            listed, _ = await self._source.get(f"alerts?{urlencode(filters)}", list[_Listed], left)
            names = dict.fromkeys(
                receiver.name for row in listed if row.labels == args.labels for receiver in row.receivers
            )
            if names:
                return Reading(_delivery([(_named(args.labels), [tree.named(name) for name in names])]))
            await asyncio.sleep(LOOK_AGAIN_S)


async def _routing(source: Delivers, timeout: float) -> Routing:
    state, _ = await source.get("status", _State, timeout)
    try:
        return routing(state.config.original)
    except UnreadableMatcher as error:
        raise source.endpoint.fault(FaultKind.MALFORMED, f"its status: {error}") from error


def _named(labels: dict[str, str]) -> str:
    return labels.get("alertname") or ", ".join(f"{name}={value}" for name, value in labels.items())


def _delivery(ends: Iterable[tuple[str, list[Receiver]]]) -> dict[str, Any]:
    receivers, lost, delivered = dict[str, None](), list[str](), list[str]()
    for alert, ending in ends:
        receivers |= dict.fromkeys(receiver.name for receiver in ending)
        texts = ", ".join(receiver.text for receiver in ending)
        (delivered if any(receiver.integrations for receiver in ending) else lost).append(f"{alert} → {texts}")
    return {"receivers": list(receivers), "lost": lost, "delivered": delivered}
