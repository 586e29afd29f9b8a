"""The signals of a service's requests: rate, share of errors, latency."""

from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import NamedTuple

import msgspec

from mmcockpit.discovery.findings import VERIFY, FoundItem, FoundSignal, NotFound
from mmcockpit.discovery.names import slug
from mmcockpit.discovery.prometheus.inventory import ServiceMetrics, selector
from mmcockpit.discovery.prometheus.limits import Limits
from mmcockpit.discovery.prometheus.measures import ErrorShare, Measure, Quantile, quantile, request_rate
from mmcockpit.discovery.prometheus.rule_limits import RuleLimits

QUANTILES = (0.95, 0.99)


class RequestMeasure(NamedTuple):
    """One measure of a service, and the parts of its signal that do not depend on limits."""

    measure: Measure
    name: str
    title: str
    unit: str
    tags: tuple[str, ...]


class ServiceRequests:
    """The requests of one service as signals of a source.

    `alone` is whether no other service has its metrics; `more` are further keys of its signals; `taken` are the names
    that other services have.
    """

    def __init__(
        self,
        source: str,
        metrics: ServiceMetrics,
        rules: RuleLimits,
        alone: bool,
        more: dict[str, str],
        taken: set[str],
    ) -> None:
        self._source, self._metrics, self._alone, self._more = source, metrics, alone, more
        family = metrics.family
        self.title = metrics.service or family.title
        # HTTP is what most services speak; other protocols are named.
        known = "" if family.id.partition("_")[0] in ("http", "otel", "spring") else f" {family.id.partition('_')[0]}"
        self._name = _unused(slug(f"{self.title}{known}"), family.id, taken)
        self._label = f"{self.title}{known}"
        self.section = f"{family.title} of {self.title}" if metrics.service else family.title
        if metrics.namespace:
            self.section += f" in {metrics.namespace}"
        self.measures = list(self._measures(rules))

    def _measures(self, rules: RuleLimits) -> Iterator[RequestMeasure]:
        metrics = self._metrics
        if metrics.counted and metrics.code:
            share = ErrorShare(metrics.family, metrics.matchers, metrics.code)
            yield RequestMeasure(
                share, f"{self._name}_errors", f"{self._label} errors", "ratio", ("headline", "errors")
            )
        if metrics.histogram is None:
            return
        ruled = rules.quantiles(quantile(metrics, 0.5), self._alone)
        for value in sorted({*QUANTILES, *ruled}):
            digits = f"p{value * 100:g}"
            name = f"{self._name}_{digits.replace('.', '_')}"
            tags = ("headline", "latency") if value == QUANTILES[0] else ("latency",)
            yield RequestMeasure(
                quantile(metrics, value), name, f"{self._label} {digits}", metrics.histogram.unit, tags
            )

    def unruled(self, rules: RuleLimits) -> list[str]:
        """Return the queries of the measures for which no alert rule has a limit."""
        return [each.measure.query for each in self.measures if not rules.of(each.measure, self._alone)]

    def signals(self, limits: Limits, off: str = "") -> list[FoundSignal]:
        """Return the signals, all of them unanswered for the reason `off`, if it is given."""
        found = [self._judged(each, limits) for each in self.measures]
        if self._metrics.counted:
            found.append(self._rate())
        return [_off(signal, off) if off else signal for signal in found]

    def _judged(self, each: RequestMeasure, limits: Limits) -> FoundSignal:
        limit = limits.of(each.measure, each.unit, self._alone)
        signal = FoundSignal(
            *(each.name, each.title, self._source, "query", each.measure.query),
            unit=each.unit,
            tags=each.tags,
            fresh=self._fresh(each.measure),
            section=self.section,
            abort_for=limit.abort_for,
            more=self._more,
            baseline=True,
        )
        return limit.on(signal)

    def _rate(self) -> FoundSignal:
        return FoundSignal(
            f"{self._name}_rate",
            f"{self._label} requests",
            self._source,
            "query",
            request_rate(self._metrics),
            unit="req/s",
            tags=("headline", "traffic"),
            informational=True,
            comment="no limit: what is too little or too much depends on the time of day",
            fresh=selector(self._metrics.family.counter, self._metrics.matchers),
            section=self.section,
            more=self._more,
        )

    def _fresh(self, measure: Measure) -> str:
        metric = measure.metric if isinstance(measure, Quantile) else self._metrics.family.counter
        return selector(metric, self._metrics.matchers)

    def missing(self) -> Iterator[NotFound]:
        """Yield what the family has not of this service."""
        metrics = self._metrics
        if not metrics.counted:
            yield NotFound(self.section, "request rate and errors", f"no series {metrics.family.counter}")
        elif not metrics.code:
            labels = ", ".join(metrics.family.codes)
            yield NotFound(self.section, "share of errors", f"{metrics.family.counter} has none of the labels {labels}")
        if metrics.histogram is None:
            names = ", ".join(f"{each.name}_bucket" for each in metrics.family.histograms)
            yield NotFound(self.section, "latency", f"none of the histograms {names}")


def _off(signal: FoundSignal, reason: str) -> FoundSignal:
    return msgspec.structs.replace(signal, unanswered=reason)


def _unused(name: str, family: str, taken: set[str]) -> str:
    """Return the name, else with the family, else with a number too, if it is taken; and take it."""
    names = chain((name, f"{name}_{family}"), (f"{name}_{number}" for number in count(2)))
    unused = next(each for each in names if each not in taken)
    taken.add(unused)
    return unused


def request_items(signals: Sequence[FoundSignal]) -> Iterator[FoundItem]:
    """Yield an item for each signal with a limit."""
    for signal in signals:
        if signal.passing:
            what = "Few errors" if "errors" in signal.tags else "Fast responses"
            yield FoundItem(f"{what}: {signal.title}", "Requests", VERIFY, signal.name, signal.unanswered, "5m")
