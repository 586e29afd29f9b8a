"""Checks whether an Alertmanager can have all alerts: it starts with none and receives them only from Prometheus."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Protocol, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.prometheus.alerts import FiringAlert

NOT_VERIFIED = "sender not verified"
FOUND_FOR_S = 30.0
"""Seconds for which a Prometheus found to send alerts here is taken to do so."""
_NOT_TOLD = {FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.UNAUTHORISED, FaultKind.MALFORMED, FaultKind.QUERY}
_PORTS = {"http": 80, "https": 443}
Get = Callable[[str, Any, float], Awaitable[tuple[Any, float]]]
Result = TypeVar("Result")


class Sender(Protocol):
    """A Prometheus, which reports the Alertmanagers that it sends alerts to, and the firing alerts."""

    async def alertmanagers(self, timeout: float) -> list[str]:
        """Return the URLs of its Alertmanagers."""
        ...

    async def firing(self, timeout: float) -> list[FiringAlert]:
        """Return the firing alerts."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What the Prometheus servers report: `firing`, and in `fault` why the Alertmanager receives none of them."""

    remark: str = ""
    firing: list[FiringAlert] = field(default_factory=list)
    fault: ProbeError | None = None


@dataclass(frozen=True, slots=True)
class _Report:
    sender: Sender
    urls: list[str] | ProbeError
    firing: list[FiringAlert] | ProbeError


class _Cluster(msgspec.Struct):
    status: str = ""
    name: str = ""
    peers: list[dict[str, str]] | None = None


class _State(msgspec.Struct):
    uptime: str = ""
    cluster: _Cluster | None = None


class Completeness:
    """Checks whether an Alertmanager's lists are complete.

    `senders` returns the Prometheus sources of the session; without any, only the uptime is checked.
    """

    def __init__(self, endpoint: Endpoint, resend_s: float, known_as: tuple[str, ...], peers: int) -> None:
        self.senders: Callable[[], Sequence[Sender]] = tuple
        self._endpoint = endpoint
        self._resend_s = resend_s
        self._known_as = {name.removeprefix("http://").removeprefix("https://").rstrip("/") for name in known_as}
        self._peers = peers
        self._most_peers = 0
        self._found = dict[int, float]()
        self._unresolved = dict[str, str]()
        """Host names that do not resolve, and why."""

    async def of_alerts(self, get: Get, timeout: float) -> Sent:
        """Return what a list of alerts may lack; ProbeError if that cannot be determined."""
        until = monotonic() + timeout
        state, remark = await self._state(get, timeout, strict=False)
        sent = await self._sent(state, max(until - monotonic(), 0.1))
        return Sent("; ".join(filter(None, (remark, sent.remark))), sent.firing, sent.fault)

    async def senders_of(self, get: Get, timeout: float) -> tuple[list[str], list[str]]:
        """Return the names of the Alertmanagers that Prometheus sends to, and those among them that are this one.

        ProbeError if no Prometheus of the session reports them.
        """
        senders = self.senders()
        if not senders:
            raise self._endpoint.fault(FaultKind.CONFIGURATION, "no Prometheus source that could report it")
        until = monotonic() + timeout
        try:
            state, _ = await get("status", _State, timeout)
        except ProbeError as fault:
            if fault.kind not in _NOT_TOLD:
                raise
            state = _State()
        left = max(until - monotonic(), 0.1)
        reports = await asyncio.gather(*(_reported(sender.alertmanagers(left)) for sender in senders))
        urls = [url for urls in reports if not isinstance(urls, ProbeError) for url in urls]
        faults = [fault for fault in reports if isinstance(fault, ProbeError)]
        here = [url for url in urls if await self._is_among([url], state)]
        if faults and not here:
            raise self._endpoint.fault(FaultKind.NO_DATA, f"{NOT_VERIFIED}: {faults[0]}")
        return sorted({urlsplit(url).netloc for url in urls}), sorted({urlsplit(url).netloc for url in here})

    async def of_silences(self, get: Get, timeout: float) -> str:
        """Return a remark on a list of silences; ProbeError if it may be incomplete."""
        _, remark = await self._state(get, timeout, strict=True)
        return remark

    async def _state(self, get: Get, timeout: float, strict: bool) -> tuple[_State, str]:
        try:
            state, now = await get("status", _State, timeout)
        except ProbeError as fault:
            if fault.kind not in _NOT_TOLD:
                raise
            return _State(), f"uptime not verified: {fault}"
        remark = self._of_cluster(state.cluster or _Cluster(), strict)
        try:
            # The Date header has whole seconds.
            age = max(now - datetime.fromisoformat(state.uptime).timestamp(), 0.0)
        except ValueError:
            return state, "; ".join(filter(None, (remark, "uptime not verified")))
        if age < 2 * self._resend_s:
            why = f"started {duration(age)} ago: complete {duration(2 * self._resend_s)} after its start"
            raise self._endpoint.fault(FaultKind.NO_DATA, f"Alertmanager {why}")
        return state, remark

    def _of_cluster(self, cluster: _Cluster, strict: bool) -> str:
        if cluster.status == "settling":
            raise self._endpoint.fault(FaultKind.PARTIAL, "the Alertmanager cluster is settling")
        count = len(cluster.peers or ())
        self._most_peers = max(self._most_peers, count)
        expected = self._peers or self._most_peers
        if count >= expected:
            return ""
        why = f"{count} of {expected} Alertmanagers of the cluster are connected"
        if strict or self._peers:
            raise self._endpoint.fault(FaultKind.PARTIAL, why)
        return why

    async def _sent(self, state: _State, timeout: float) -> Sent:
        senders = self.senders()
        if not senders:
            return Sent(NOT_VERIFIED)
        # All at once, and in half of the time: one that hangs must not use up the time for the result.
        reports = await asyncio.gather(*(self._report(sender, timeout / 2) for sender in senders))
        firing = [alert for report in reports if not isinstance(report.firing, ProbeError) for alert in report.firing]
        silent = list[ProbeError]()
        for report in reports:
            if not await self._sends_here(report, state):
                continue
            if not isinstance(report.firing, ProbeError):
                return Sent("", firing)
            silent.append(report.firing)
        faults = [*silent, *(report.urls for report in reports if isinstance(report.urls, ProbeError))]
        if any(fault.kind in _NOT_TOLD for fault in faults):
            return Sent(f"{NOT_VERIFIED}: {faults[0]}", firing)
        if faults:
            raise self._endpoint.fault(FaultKind.NO_DATA, f"{NOT_VERIFIED}: {faults[0]}")
        elsewhere = [url for report in reports if not isinstance(report.urls, ProbeError) for url in report.urls]
        return Sent("", firing, self._endpoint.fault(FaultKind.NO_DATA, self.unsent(elsewhere)))

    async def _report(self, sender: Sender, timeout: float) -> _Report:
        firing = _reported(sender.firing(timeout))
        if monotonic() - self._found.get(id(sender), -FOUND_FOR_S) < FOUND_FOR_S:
            return _Report(sender, [self._endpoint.url], await firing)
        urls, alerts = await asyncio.gather(_reported(sender.alertmanagers(timeout)), firing)
        return _Report(sender, urls, alerts)

    async def _sends_here(self, report: _Report, state: _State) -> bool:
        known = monotonic() - self._found.get(id(report.sender), -FOUND_FOR_S) < FOUND_FOR_S
        if not known and not isinstance(report.urls, ProbeError) and await self._is_among(report.urls, state):
            self._found[id(report.sender)] = monotonic()
            return True
        return known

    async def _is_among(self, urls: Iterable[str], state: _State) -> bool:
        own = urlsplit(self._endpoint.url)
        cluster = state.cluster or _Cluster()
        peers = {
            peer.get("address", "").rpartition(":")[0]
            for peer in cluster.peers or ()
            if peer.get("name") == cluster.name
        }
        addresses: set[str] | None = None
        for url in map(urlsplit, urls):
            if url.netloc in self._known_as or (url.hostname or "") in {*self._known_as, *peers}:
                return True
            if _port(url) != _port(own):
                continue
            if url.hostname == own.hostname:
                return True
            addresses = await self._addresses(own) if addresses is None else addresses
            if addresses & await self._addresses(url):
                return True
        return False

    async def _addresses(self, url: SplitResult) -> set[str]:
        host = url.hostname or ""
        try:
            addresses = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            self._unresolved[host] = error.strerror or str(error)
            return set()
        self._unresolved.pop(host, None)
        return {str(address[0]) for *_, address in addresses}

    def unsent(self, elsewhere: Sequence[str]) -> str:
        """Return why an Alertmanager receives nothing, from the URLs of those that do."""
        if not elsewhere:
            return "Prometheus sends alerts to no Alertmanager: its configuration needs alerting.alertmanagers"
        names = ", ".join(sorted({urlsplit(url).netloc or url for url in elsewhere}))
        hosts = [urlsplit(url).hostname or "" for url in elsewhere]
        unresolved = next((host for host in hosts if host in self._unresolved), "")
        way_out = "if this is one of them, list that under known_as"
        if unresolved:
            why = f"host name {unresolved} does not resolve: {self._unresolved[unresolved]}"
            return f"{NOT_VERIFIED}: Prometheus sends alerts to {names}; {why}; {way_out}"
        return f"Prometheus sends alerts only to {names}, not here: {way_out}"


async def _reported(asking: Awaitable[Result]) -> Result | ProbeError:
    try:
        return await asking
    except ProbeError as fault:
        return fault


def _port(url: SplitResult) -> int | None:
    return url.port or _PORTS.get(url.scheme)
