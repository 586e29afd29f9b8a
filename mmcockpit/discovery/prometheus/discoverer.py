"""The discoverer of Prometheus."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.findings import Findings, FoundSignal, FoundSource, NotFound
from mmcockpit.discovery.prometheus import monitoring, saturation
from mmcockpit.discovery.prometheus.families import FAMILIES
from mmcockpit.discovery.prometheus.history import AT_ONCE, PastValues, past
from mmcockpit.discovery.prometheus.inventory import MetricRow, ServiceMetrics, metric_rows, services
from mmcockpit.discovery.prometheus.limits import Limits
from mmcockpit.discovery.prometheus.loaded_rules import LoadedRule, loaded_rules
from mmcockpit.discovery.prometheus.monitoring import alert_links, alert_signals, relevant_rules, targets_signal
from mmcockpit.discovery.prometheus.requests import ServiceRequests, request_items
from mmcockpit.discovery.prometheus.rule_limits import RuleLimits
from mmcockpit.discovery.prometheus.saturation import UseMeasure, container_uses, process_uses, use_signal
from mmcockpit.discovery.prometheus.scraped_jobs import scraped_jobs, stale_after

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
        self._everything = not (connection.namespace or connection.jobs)
        self._refused: ProbeError | None = None
        self.missing: list[NotFound] = []

    async def run(self) -> Findings:
        began, spec = self._budget.used, self._connection.spec
        version = await self._version()
        loaded = await self._or_missing("Monitoring", "alert rules", loaded_rules, None)
        scraped = await self._or_missing("Monitoring", "scrape targets", scraped_jobs, None)
        rows = await self._or_missing("Request metrics", "metrics", metric_rows, list[MetricRow]())
        if self._refused and loaded is None and scraped is None and not rows:
            raise self._refused
        rules = RuleLimits(loaded or [])
        chosen = self._chosen(services(rows)) if rows else []
        jobs = self._jobs(chosen, scraped or {})
        requests = self._requests(chosen, rules, scraped or {})
        uses = self._uses(rows, jobs)
        limits = await self._limits(
            [query for service in requests[:MOST_SERVICES] for query in service.unruled(rules)]
            + [each.measure.query for each in uses if not rules.of(each.measure, False)],
            rules,
        )
        served = [signal for number, each in enumerate(requests) for signal in each.signals(limits, _off(number))]
        used = [use_signal(spec.name, each, limits, stale_after(scraped or {}, each.job)) for each in uses]
        alerts = self._alerts(loaded, jobs)
        watching = self._targets(scraped, jobs)
        watching += alert_signals(spec.name, alerts, self._everything) if alerts else ()
        self.missing += [missing for each in requests for missing in each.missing()]
        return Findings(
            (FoundSource(spec.name, spec.kind, spec.options, f"Prometheus {version}".strip()),),
            (*served, *used, *watching),
            (*request_items(served), *saturation.items(used), *monitoring.items(watching)),
            tuple(self.missing),
            self._budget.used - began,
            tuple(alert_links(str(spec.options.get("url", "")), alerts)),
        )

    def _jobs(self, chosen: Sequence[ServiceMetrics], scraped: Mapping[str, float]) -> list[str]:
        """Return the jobs of the service: those of its metrics and of --job; without a choice, all that are scraped."""
        found = {each.service for each in chosen if each.unit == "job"} | set(self._connection.jobs)
        return sorted(found or (scraped if self._everything else ()))

    def _uses(self, rows: Sequence[MetricRow], jobs: Sequence[str]) -> list[UseMeasure]:
        found = [*process_uses(rows, jobs[:MOST_SERVICES]), *container_uses(rows, self._connection.namespace)]
        self.missing += [each for each in found if isinstance(each, NotFound)]
        return [each for each in found if isinstance(each, UseMeasure)]

    def _targets(self, scraped: Mapping[str, float] | None, jobs: Sequence[str]) -> list[FoundSignal]:
        # The metrics of a job without a target are pushed.
        of_service = [job for job in jobs if job in (scraped or {})]
        if of_service:
            return [targets_signal(self._connection.name, of_service)]
        if scraped is not None:
            what = "no target is scraped" if not scraped else f"none of the service; jobs: {', '.join(scraped)}"
            self.missing.append(NotFound("Monitoring", "scrape targets", what))
        return []

    def _alerts(self, loaded: list[LoadedRule] | None, jobs: Sequence[str]) -> list[LoadedRule]:
        if loaded is None:
            return []
        found = relevant_rules(loaded, jobs, self._connection.namespace, self._everything)
        if not found:
            alerts = sum(rule.is_alert for rule in loaded)
            reason = f"none of {alerts} rules names the service" if alerts else "no alert rule is loaded"
            self.missing.append(NotFound("Monitoring", "alert rules", reason))
        return found

    def _chosen(self, found: list[ServiceMetrics]) -> list[ServiceMetrics]:
        """Return the services of the namespace and the jobs that were given, and report families without any."""
        chosen = list[ServiceMetrics]()
        for family in FAMILIES:
            mine = [each for each in found if each.family is family]
            if not mine:
                if not family.variant:
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

    def _requests(
        self, chosen: Sequence[ServiceMetrics], rules: RuleLimits, scraped: dict[str, float]
    ) -> list[ServiceRequests]:
        found, taken = list[ServiceRequests](), set[str]()
        for each in chosen:
            alone = sum(other.family is each.family for other in chosen) == 1
            more = stale_after(scraped, each.service if each.unit == "job" else next(iter(scraped), ""))
            found.append(ServiceRequests(self._connection.name, each, rules, alone, more, taken))
        return found

    async def _limits(self, queries: Sequence[str], rules: RuleLimits) -> Limits:
        """Query the past of the measures without a limit of an alert rule."""
        pasts, no_past = dict[str, PastValues](), ""
        for first in range(0, len(queries), AT_ONCE):
            part = queries[first : first + AT_ONCE]
            try:
                pasts |= await self._ask(partial(past, queries=part))
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
            self._refused = fault
            self.missing.append(NotFound(section, what, fault.message))
            return otherwise

    async def _ask(self, job: Callable[["PrometheusLine"], Result]) -> Result:
        return await self._budget.ask(self._source.ask(TIMEOUT_S, job))


def _off(number: int) -> str:
    """Return why the signals of a service are not polled; empty if they are."""
    return "" if number < MOST_SERVICES else f"only {MOST_SERVICES} services are polled; choose them by --job"


def _version(line: "PrometheusLine") -> dict[str, object]:
    return line.get("/api/v1/status/buildinfo", dict[str, object])
