"""Prometheus source: a number or a list by query, ranges for charts, targets, and rules."""

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Health, Kind, NoWitness, ProbeKind, Witness
from mmcockpit.sources.common.endpoint import Endpoint, EndpointOptions, off
from mmcockpit.sources.common.library_modules import requests_library
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import Workers, in_thread
from mmcockpit.sources.prometheus import slo
from mmcockpit.sources.prometheus.alerts import FiringAlert, firing
from mmcockpit.sources.prometheus.compare import probe
from mmcockpit.sources.prometheus.compare.arguments import Compare
from mmcockpit.sources.prometheus.compare.probe import CompareProbe
from mmcockpit.sources.prometheus.freshness import Freshness
from mmcockpit.sources.prometheus.member import PrometheusMember
from mmcockpit.sources.prometheus.probes import Query, QueryProbe, Range, RangeProbe
from mmcockpit.sources.prometheus.rules import AlertRules, AlertRulesProbe
from mmcockpit.sources.prometheus.series import KnownSeries
from mmcockpit.sources.prometheus.slo import Slo, SloProbe
from mmcockpit.sources.prometheus.status import Rules, RulesProbe, Targets, TargetsProbe
from mmcockpit.sources.prometheus.systems import BUILD_INFO, described
from mmcockpit.sources.prometheus.values import (
    QUERY,
    RANGE,
    TARGETS,
    AlertRulesValue,
    CompareValue,
    RuleValue,
    SloValue,
)

if TYPE_CHECKING:
    import ssl

    from mmcockpit.sources.prometheus.line import PrometheusLine

CHECK_TIMEOUT_S = 5.0
_NOT_REACHED = {FaultKind.REFUSED, FaultKind.TIMEOUT, FaultKind.UNREACHABLE, FaultKind.TLS, FaultKind.CONFIGURATION}
_NOT_LET_IN = {FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN}
_GONE = {FaultKind.REFUSED, FaultKind.UNREACHABLE}
Result = TypeVar("Result")


class PrometheusOptions(EndpointOptions):
    """Where Prometheus, or a system with its API, is polled."""


class _Alertmanager(msgspec.Struct):
    url: str


class _Alertmanagers(msgspec.Struct):
    activeAlertmanagers: list[_Alertmanager]


class PrometheusSource:
    """One Prometheus: at most eight polls at once, each on a connection of its own that is kept for the next."""

    def __init__(self, options: PrometheusOptions, secrets: Secrets) -> None:
        self.endpoint = Endpoint(options, secrets)
        self.witness: Witness = NoWitness()
        self.freshness = Freshness()
        self.series = KnownSeries()
        self._member = PrometheusMember(self._answered, self.series.forget)
        self._options = options
        self._workers = Workers("prometheus")
        self._importing = asyncio.Lock()
        self._context: ssl.SSLContext | None = None
        self._idle: list[PrometheusLine] = []
        self._busy: set[PrometheusLine] = set()

    async def ask(self, timeout: float, job: Callable[["PrometheusLine"], Result]) -> Result:
        """Run the job with a line to the server; all its requests together have `timeout` seconds, or ProbeError."""
        try:
            result = await self._answered(timeout, job)
        except ProbeError:
            self._member.lost()
            raise
        if not isinstance(self.witness, NoWitness):
            self._member.look(self.witness)
        return result

    async def _answered(self, timeout: float, job: Callable[["PrometheusLine"], Result]) -> Result:
        context = await self._ready()
        try:
            async with asyncio.timeout(timeout):
                await self._workers.slot()
                line = self._line(context, timeout)
                try:
                    return await self._asked(line, job)
                except ProbeError as fault:
                    if fault.kind is not FaultKind.UNAUTHORISED:
                        raise
                    if not await in_thread(partial(self.endpoint.renewed, line.headers)):
                        raise
                await self._workers.slot()
                return await self._asked(self._line(context, timeout), job)
        except ProbeError as fault:
            if fault.kind in _GONE:
                self.series.forget()
            raise
        except TimeoutError as error:
            raise self.endpoint.fault(FaultKind.TIMEOUT, f"no complete response within {timeout:g}s") from error

    async def alertmanagers(self, timeout: float) -> list[str]:
        """Return the URLs of the Alertmanagers that alerts are sent to."""
        answer = await self.ask(timeout, lambda line: line.get("/api/v1/alertmanagers", _Alertmanagers))
        return [manager.url for manager in answer.activeAlertmanagers]

    async def firing(self, timeout: float) -> list[FiringAlert]:
        """Return the firing alerts, whether or not they were sent."""
        return await self.ask(timeout, firing)

    async def check(self) -> Health:
        """Check version, readiness, a query, targets and rules."""
        version, ms = "", 0.0
        faults: dict[str, ProbeError] = {}
        for name, job in _CHECKS.items():
            started = perf_counter()
            try:
                answer = await self.ask(CHECK_TIMEOUT_S, job)
            except ProbeError as fault:
                faults[name] = fault
                if fault.kind in _NOT_REACHED:
                    return Health(False, False, version, missing=tuple(_CHECKS), message=fault.message)
                continue
            ms = (perf_counter() - started) * 1000
            if name == "version" and answer:
                version = described(answer)
        refused = [fault for fault in faults.values() if fault.kind in _NOT_LET_IN]
        message = next((fault.message for fault in faults.values()), "")
        authorised = not ("query" in faults and refused)
        return Health(True, authorised, version, round(ms, 1), tuple(faults), message)

    async def close(self) -> None:
        """Close the connections of running polls and idle ones."""
        await self._member.close()
        for line in self._busy:
            line.cut()
        while self._idle:
            self._idle.pop().close()

    async def _ready(self) -> "ssl.SSLContext":
        """Import the client in a thread, the first time only; this does not count as time of the poll."""
        async with self._importing:
            if self._context is None:
                self._context = await self._workers.run(self._prepared)
        return self._context

    def _prepared(self) -> "ssl.SSLContext":
        requests_library()
        import_module("mmcockpit.sources.prometheus.line")
        network = import_module("mmcockpit.sources.common.network")
        options = self._options
        context: ssl.SSLContext
        if options.ca or not options.verify or self.endpoint.has_certificate:
            context = network.trust(options.ca, options.verify)
        else:
            context = network.no_trust() if self.endpoint.plain else network.usual_trust()
        return context

    def _line(self, context: "ssl.SSLContext", timeout: float) -> "PrometheusLine":
        from mmcockpit.sources.prometheus.line import PrometheusLine

        line = self._idle.pop() if self._idle else PrometheusLine(self.endpoint, context)
        line.begin(timeout)
        return line

    async def _asked(self, line: "PrometheusLine", job: Callable[["PrometheusLine"], Result]) -> Result:
        def work() -> Result:
            whole = False
            try:
                result = job(line)
                whole = not line.is_cut
                return result
            finally:
                # Only the thread knows when the connection is no longer in use.
                if not whole:
                    line.close()

        self._busy.add(line)
        try:
            result = await self._workers.start(work)
        except asyncio.CancelledError:
            line.cut()
            raise
        finally:
            self._busy.discard(line)
        if not line.is_cut:
            self._idle.append(line)
        return result


_CHECKS: dict[str, Callable[["PrometheusLine"], dict[str, object] | None]] = {
    "version": lambda line: line.get(BUILD_INFO, dict[str, object]),
    "ready": lambda line: line.ready(),
    "targets": lambda line: line.targets(dict[str, object]),
    "rules": lambda line: line.get("/api/v1/rules", dict[str, object]),
    "query": lambda line: {"now": line.now()},
}
"""The requests of `check`; the last one, a query without cost, is the one whose latency is reported."""

PROBES = {
    "query": ProbeKind(Query, QueryProbe, QUERY),
    "range": ProbeKind(Range, RangeProbe, RANGE),
    "slo": ProbeKind(Slo, SloProbe, SloValue, default_rule=slo.DEFAULT_RULE),
    "compare": ProbeKind(Compare, CompareProbe, CompareValue, default_rule=probe.DEFAULT_RULE, statistical=True),
    "targets": ProbeKind(Targets, TargetsProbe, TARGETS),
    "rules": ProbeKind(Rules, RulesProbe, list[RuleValue]),
    "alert_rules": ProbeKind(AlertRules, AlertRulesProbe, AlertRulesValue),
}

KIND = Kind(
    options=PrometheusOptions,
    open=PrometheusSource,
    probes=PROBES,
    unverified=off,
    target=lambda options: options.url,
)
