"""Whether an Alertmanager can know all alerts: it starts with none, and hears of them only from a Prometheus."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

import msgspec

from mmcockpit.core.reading import FaultKind, ProbeError
from mmcockpit.sources.endpoint import Endpoint
from mmcockpit.sources.prometheus_series import brief

NOT_VERIFIED = "sender not verified"
FOUND_FOR_S = 30.0
"""How long a Prometheus that was seen to send alerts here is not asked again."""
_NOT_TOLD = {FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.UNAUTHORISED, FaultKind.MALFORMED, FaultKind.QUERY}
_PORTS = {"http": 80, "https": 443}
Get = Callable[[str, Any, float], Awaitable[tuple[Any, float]]]


class Sender(Protocol):
    """A Prometheus, which knows the Alertmanagers that it sends alerts to."""

    async def alertmanagers(self, timeout: float) -> list[str]:
        """Return their URLs."""
        ...


class _Cluster(msgspec.Struct):
    status: str = ""
    name: str = ""
    peers: list[dict[str, str]] | None = None


class _State(msgspec.Struct):
    uptime: str = ""
    cluster: _Cluster | None = None


class Completeness:
    """What must be true before an Alertmanager's lists prove anything.

    `senders` returns the Prometheus sources of the session; without any, uptime alone decides.
    """

    def __init__(self, endpoint: Endpoint, resend_s: float, known_as: tuple[str, ...], peers: int) -> None:
        self.senders: Callable[[], Sequence[Sender]] = tuple
        self._endpoint = endpoint
        self._resend_s = resend_s
        self._known_as = {name.removeprefix("http://").removeprefix("https://").rstrip("/") for name in known_as}
        self._peers = peers
        self._most_peers = 0
        self._found = -FOUND_FOR_S

    async def of_alerts(self, get: Get, timeout: float) -> str:
        """Return a remark on a list of alerts; ProbeError where it may lack some."""
        until = monotonic() + timeout
        state, remark = await self._state(get, timeout, strict=False)
        sent = await self._sent(state, max(until - monotonic(), 0.1))
        return "; ".join(filter(None, (remark, sent)))

    async def of_silences(self, get: Get, timeout: float) -> str:
        """Return a remark on a list of silences; ProbeError where it may lack some."""
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
            why = f"started {brief(age)} ago: complete {brief(2 * self._resend_s)} after its start"
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

    async def _sent(self, state: _State, timeout: float) -> str:
        senders = self.senders()
        if not senders:
            return NOT_VERIFIED
        if monotonic() - self._found < FOUND_FOR_S:
            return ""
        faults, elsewhere = list[ProbeError](), list[str]()
        # All at once, and in half of the time: one that hangs must not take the question with it.
        told = await asyncio.gather(*(_told(sender, timeout / 2) for sender in senders))
        for urls in told:
            if isinstance(urls, ProbeError):
                faults.append(urls)
            elif await self._is_among(urls, state):
                self._found = monotonic()
                return ""
            else:
                elsewhere += urls
        if any(fault.kind in _NOT_TOLD for fault in faults):
            return f"{NOT_VERIFIED}: {faults[0]}"
        if faults:
            raise self._endpoint.fault(FaultKind.NO_DATA, f"{NOT_VERIFIED}: {faults[0]}")
        names = ", ".join(sorted({urlsplit(url).netloc for url in elsewhere})) or "no Alertmanager"
        why = f"no Prometheus sends alerts to it, only to {names}: if it is one of them, list that under known_as"
        raise self._endpoint.fault(
            FaultKind.NO_DATA, why if elsewhere else "Prometheus sends alerts to no Alertmanager"
        )

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
            addresses = await _addresses(own) if addresses is None else addresses
            if addresses & await _addresses(url):
                return True
        return False


async def _told(sender: Sender, timeout: float) -> list[str] | ProbeError:
    try:
        return await sender.alertmanagers(timeout)
    except ProbeError as fault:
        return fault


def _port(url: SplitResult) -> int | None:
    return url.port or _PORTS.get(url.scheme)


async def _addresses(url: SplitResult) -> set[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(address[0]) for *_, address in found}
