"""The discoverer of Prometheus."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.findings import Findings, FoundItem, FoundSignal, FoundSource, NotFound
from mmcockpit.discovery.prometheus.families import FAMILIES
from mmcockpit.discovery.prometheus.history import AT_ONCE, PastValues, past
from mmcockpit.discovery.prometheus.inventory import MetricRow, ServiceMetrics, metric_rows, services
from mmcockpit.discovery.prometheus.limits import Limits
from mmcockpit.discovery.prometheus.loaded_rules import LoadedRule, loaded_rules
from mmcockpit.discovery.prometheus.requests import ServiceRequests
from mmcockpit.discovery.prometheus.rule_limits import RuleLimits

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine
    from mmcockpit.sources.prometheus.source import PrometheusSource

TIMEOUT_S = 15.0
_NOT_REACHED = {
    FaultKind.REFUSED,
    FaultKind.TIMEOUT,
    FaultKind.UNREACHABLE,
    FaultKind.TLS,
    FaultKind.CONFIGURATION,
    FaultKind.UNAUTHORISED,
}
MOST_SERVICES = 4
"""Services whose signals are written; those of further ones are commented out."""
Result = TypeVar("Result")


async def discover(connection: Connection, budget: Budget) -> Findings:
    """Find request metrics, saturation, targets and alert rules; ProbeError if the server does not respond."""
    return await _Discovery(connection, budget).run()


class _Discovery:
    def __init__(self, connection: Connection, budget: Budget) -> None:
        self._connection, self._budget = connection, budget
        self._source: PrometheusSource = connection.source  # type: ignore[assignment]
        self.missing: list[NotFound] = []

    async def run(self) -> Findings:
        began = self._budget.used
        version = await self._version()
        rules = await self._or_missing("Alert rules", "alert rules", loaded_rules, list[LoadedRule]())
        rows = await self._or_missing("Metrics", "metrics", metric_rows, list[MetricRow]())
        requests = self._requests(self._chosen(services(rows)), RuleLimits(rules))
        limits = await self._limits(requests, RuleLimits(rules))
        signals, items = list[FoundSignal](), list[FoundItem]()
        for number, service in enumerate(requests):
            off = (
                "" if number < MOST_SERVICES else f"only the first {MOST_SERVICES} services are polled; choose by --job"
            )
            found = service.signals(limits, off)
            signals += found
            items += service.items(found)
            self.missing += service.missing()
        return Findings(
            (
                FoundSource(
                    self._connection.name, "prometheus", self._connection.spec.options, f"Prometheus {version}".strip()
                ),
            ),
            tuple(signals),
            tuple(items),
            tuple(self.missing),
            self._budget.used - began,
        )

    def _chosen(self, found: list[ServiceMetrics]) -> list[ServiceMetrics]:
        """Return the services of the namespace and the jobs that were given, and report families without any."""
        chosen = list[ServiceMetrics]()
        for family in FAMILIES:
            mine = [each for each in found if each.family is family]
            if not mine:
                self.missing.append(NotFound("Other request metrics", family.counter, "no such series"))
                continue
            own, reason = self._own(mine)
            chosen += own
            if reason:
                self.missing.append(NotFound(family.title, family.counter, reason))
        return chosen

    def _own(self, found: list[ServiceMetrics]) -> tuple[list[ServiceMetrics], str]:
        namespace, jobs = self._connection.namespace, self._connection.jobs
        if namespace:
            others = sorted({each.namespace for each in found if each.namespace})
            labelled = [each for each in found if each.namespace == namespace]
            found = labelled or [each for each in found if not each.namespace]
            if not found:
                return [], f"none in namespace {namespace}, only in {', '.join(others)}"
        if jobs:
            others = sorted({each.service for each in found})
            found = [each for each in found if each.service in jobs]
            if not found:
                return [], f"none of {', '.join(jobs)}, only of {', '.join(others)}"
        return found, ""

    def _requests(self, chosen: Sequence[ServiceMetrics], rules: RuleLimits) -> list[ServiceRequests]:
        return [
            ServiceRequests(
                self._connection.name,
                each,
                rules,
                alone=sum(other.family is each.family for other in chosen) == 1,
            )
            for each in chosen
        ]

    async def _limits(self, requests: Sequence[ServiceRequests], rules: RuleLimits) -> Limits:
        """Query the past of the measures without a limit of an alert rule."""
        queries = [query for service in requests[:MOST_SERVICES] for query in service.unruled(rules)]
        pasts, no_past = dict[str, PastValues](), ""
        for first in range(0, len(queries), AT_ONCE):
            part = queries[first : first + AT_ONCE]
            try:
                pasts |= await self._ask(lambda line, part=part: past(line, part))  # type: ignore[misc]
            except ProbeError as fault:
                no_past = fault.message
        return Limits(rules, pasts, no_past)

    async def _version(self) -> str:
        """Return the version if the server tells it; ProbeError if it does not respond."""
        try:
            return str((await self._ask(_version)).get("version", ""))
        except ProbeError as fault:
            if fault.kind in _NOT_REACHED:
                raise
            return ""

    async def _or_missing(
        self, section: str, what: str, job: Callable[["PrometheusLine"], Result], otherwise: Result
    ) -> Result:
        try:
            return await self._ask(job)
        except ProbeError as fault:
            self.missing.append(NotFound(section, what, fault.message))
            return otherwise

    async def _ask(self, job: Callable[["PrometheusLine"], Result]) -> Result:
        return await self._budget.ask(self._source.ask(TIMEOUT_S, job))


def _version(line: "PrometheusLine") -> dict[str, object]:
    return line.get("/api/v1/status/buildinfo", dict[str, object])
