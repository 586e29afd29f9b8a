"""Metrics of ModelMuxer's pods at /metrics/prometheus: real names, labels and bucket edges."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mmcockpit.simulator.conditions import PROVIDERS
from mmcockpit.simulator.noise import wave
from mmcockpit.simulator.production import CHAT_ROUTES, EDGES_MS, ProcessLife, World
from mmcockpit.simulator.prometheus.exposition import Family, Labels, Sample, histogram

SCRAPE_EVERY_S = 5.0
CHAT_STATUSES: Mapping[str, float] = {"200": 0.987, "400": 0.006, "401": 0.004, "402": 0.001, "403": 0.002}
CHAT_FAILURES: Mapping[str, float] = {"502": 0.80, "503": 0.15, "500": 0.05}
OTHER_ROUTES: Mapping[tuple[str, str], float] = {
    ("/health", "200"): 0.1,
    ("/health/ready", "200"): 0.2,
    ("/metrics/prometheus", "200"): 1.0 / SCRAPE_EVERY_S,
    ("/v1/models", "200"): 0.02,
    ("/v1/models", "401"): 0.001,
    ("/wp-login.php", "404"): 0.0005,
}
"""Requests per second and pod other than chats: probes, scrapes, clients and a scanner; all GET."""
QUICK = (0.21, 0.86, 0.97, 0.99, *(1.0,) * 7)
"""The share of those requests under each edge of EDGES_MS."""
PROVIDER_EDGES_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0)
DECISION_EDGES_MS = (1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)
DECISION_SHARES = (0.05, 0.62, 0.91, 0.98, 1.0, 1.0, 1.0, 1.0, 1.0)
ETA_EDGES_MS = (50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
ETA_SHARES = (0.0, 0.02, 0.12, 0.46, 0.88, 0.98, 1.0, 1.0)
INTENTS: Mapping[str, float] = {"general": 0.52, "code": 0.27, "analysis": 0.13, "translation": 0.08}
USD_PER_CALL: Mapping[str, float] = {"openai": 0.0004, "anthropic": 0.0006, "mistral": 0.0003, "groq": 0.0001}
TOKENS_PER_CALL: Mapping[str, float] = {"input": 310.0, "output": 140.0}
MIB = 1048576.0


class Moment(NamedTuple):
    """One process at one time, with all its counters."""

    world: World
    life: ProcessLife
    at: float
    counts: Mapping[str, float]

    @property
    def age_s(self) -> float:
        """Return the seconds since the process started."""
        return self.at - self.life.born


Samples = Iterable[Sample]


@dataclass(frozen=True, slots=True)
class FamilyOf:
    """A row of the tables below: a metric and the function for its samples."""

    name: str
    kind: str
    about: str
    samples: Callable[[Moment], Samples]

    def family(self, moment: Moment) -> Family:
        """Return the family with its samples at a time."""
        return Family(self.name, self.kind, self.about, tuple(self.samples(moment)))


def _counted(name: str, labels: Labels, amount: float) -> Iterator[Sample]:
    """Yield a counter's sample; one that never counted does not exist yet."""
    if amount >= 1.0:
        yield Sample(name, labels, math.floor(amount))


def _chat(moment: Moment, route: str) -> Iterator[tuple[str, int]]:
    share, counts = CHAT_ROUTES[route], moment.counts
    for statuses, total in ((CHAT_STATUSES, counts["ok"]), (CHAT_FAILURES, counts["errors"])):
        yield from ((status, math.floor(total * share * part)) for status, part in statuses.items())


def _requests(moment: Moment) -> Samples:
    name = "http_requests_total"
    for route in CHAT_ROUTES:
        for status, count in _chat(moment, route):
            yield from _counted(name, {"route": route, "method": "POST", "status": status}, count)
    for (route, status), rate in OTHER_ROUTES.items():
        yield from _counted(name, {"route": route, "method": "GET", "status": status}, rate * moment.age_s)


def _durations(moment: Moment) -> Samples:
    name = "http_request_duration_milliseconds"
    for route, share in CHAT_ROUTES.items():
        count = sum(count for _, count in _chat(moment, route))
        under = [min(count, math.floor(moment.counts[f"le:{edge}"] * share)) for edge in EDGES_MS]
        labels = {"route": route, "method": "POST"}
        yield from histogram(name, labels, EDGES_MS, under, count, round(moment.counts["ms"] * share, 3))
    for route in dict.fromkeys(route for route, _ in OTHER_ROUTES):
        rates = [rate for (name_of, _), rate in OTHER_ROUTES.items() if name_of == route]
        count = sum(math.floor(rate * moment.age_s) for rate in rates)
        if count:
            under = [math.floor(count * part) for part in QUICK]
            yield from histogram(name, {"route": route, "method": "GET"}, EDGES_MS, under, count, count * 2.5)


def _provider_requests(moment: Moment) -> Samples:
    for name, provider in PROVIDERS.items():
        succeeded, failed = moment.counts[f"{name}:succeeded"], moment.counts[f"{name}:failed"]
        for outcome, amount in (("success", succeeded), ("error", failed * 0.9), ("circuit_open", failed * 0.1)):
            labels = {"provider": name, "model": provider.model, "outcome": outcome}
            yield from _counted("modelmuxer_provider_requests_total", labels, amount)


def _provider_latency(moment: Moment) -> Samples:
    """Milliseconds observed in buckets of seconds: all observations are in +Inf."""
    for name, provider in PROVIDERS.items():
        labels = {"provider": name, "model": provider.model}
        count = math.floor(moment.counts[f"{name}:succeeded"] + moment.counts[f"{name}:failed"])
        total = round(moment.counts[f"{name}:ms"], 3)
        under = (0,) * len(PROVIDER_EDGES_S)
        yield from histogram("modelmuxer_provider_latency_seconds", labels, PROVIDER_EDGES_S, under, count, total)


def _routed(moment: Moment) -> float:
    """Return the number of requests for which the router chose the model (the others named one)."""
    return 0.7 * (moment.counts["ok"] + moment.counts["errors"])


def _decisions(moment: Moment) -> Samples:
    count = math.floor(_routed(moment))
    under = [math.floor(count * part) for part in DECISION_SHARES]
    name = "modelmuxer_router_decision_latency_ms"
    yield from histogram(name, {"route": "chat"}, DECISION_EDGES_MS, under, count, count * 4.8)


def _etas(moment: Moment) -> Samples:
    for name, provider in PROVIDERS.items():
        count = math.floor(_routed(moment) * provider.share)
        under = [math.floor(count * part) for part in ETA_SHARES]
        labels = {"route": "chat", "model": f"{name}:{provider.model}"}
        total = count * provider.mean_ms
        yield from histogram("modelmuxer_router_eta_ms_bucket", labels, ETA_EDGES_MS, under, count, total)


def _costs(name: str, extra: Labels) -> Callable[[Moment], Samples]:
    def samples(moment: Moment) -> Samples:
        for provider, each in PROVIDERS.items():
            labels = {"route": "chat", "model": f"{provider}:{each.model}", **extra}
            yield Sample(name, labels, round(_routed(moment) * each.share * USD_PER_CALL[provider], 6))

    return samples


def _tokens(moment: Moment) -> Samples:
    for name, provider in PROVIDERS.items():
        for kind, each in TOKENS_PER_CALL.items():
            labels = {"provider": name, "model": provider.model, "type": kind}
            yield from _counted("modelmuxer_tokens_total", labels, moment.counts[f"{name}:succeeded"] * each)


def _constant(name: str, value: float, **labels: str) -> Callable[[Moment], Samples]:
    return lambda moment: (Sample(name, labels, value),)


def _process(name: str, value: Callable[[Moment], float]) -> Callable[[Moment], Samples]:
    return lambda moment: (Sample(name, {}, value(moment)),)


def _cpu_s(moment: Moment) -> float:
    return round(1.5 + 0.004 * (moment.counts["ok"] + moment.counts["errors"]), 2)


def _resident(moment: Moment) -> float:
    swing = wave(moment.world.seed, f"memory{moment.life.slot}", moment.at, 600.0)
    return math.floor((310.0 + 60.0 * (1.0 - math.exp(-moment.age_s / 1800.0)) + 12.0 * swing) * 256) * MIB / 256


def _intents(moment: Moment) -> Samples:
    for label, share in INTENTS.items():
        yield from _counted("modelmuxer_router_intent_total", {"label": label}, _routed(moment) * share)


def _fallbacks(moment: Moment) -> Samples:
    labels = {"route": "chat", "reason": "no_preferred_provider_available"}
    yield from _counted("modelmuxer_router_fallbacks_total", labels, moment.counts["errors"] * 0.4)


def _never(moment: Moment) -> Samples:
    """Metrics that ModelMuxer defines and never updates: no series."""
    return ()


_COST = "modelmuxer_router_cost_estimate_usd_sum_total"
_CHOSEN_COST = "modelmuxer_router_selected_cost_estimate_usd_sum_total"
_BUDGET = "modelmuxer_router_budget_exceeded_total"

APPLICATION: tuple[FamilyOf, ...] = (
    FamilyOf("http_requests_total", "counter", "Requests by path, method and status", _requests),
    FamilyOf("http_request_duration_milliseconds", "histogram", "Request duration", _durations),
    FamilyOf("modelmuxer_requests_total", "counter", "Requests by endpoint", _never),
    FamilyOf("modelmuxer_request_duration_seconds", "histogram", "Duration by endpoint", _never),
    FamilyOf(
        "modelmuxer_router_requests_total",
        "counter",
        "Requests routed",
        lambda moment: _counted("modelmuxer_router_requests_total", {"route": "chat"}, _routed(moment)),
    ),
    FamilyOf("modelmuxer_router_decision_latency_ms", "histogram", "Time to choose", _decisions),
    FamilyOf("modelmuxer_router_fallbacks_total", "counter", "Fallbacks by reason", _fallbacks),
    FamilyOf("modelmuxer_router_intent_total", "counter", "Requests by intent", _intents),
    FamilyOf(_COST, "counter", "Estimated cost", _costs(_COST, {"within_budget": "true"})),
    FamilyOf("modelmuxer_router_eta_ms_bucket", "histogram", "Estimated time to answer", _etas),
    FamilyOf(_BUDGET, "counter", "Budget refusals", _constant(_BUDGET, 0.0, route="chat", reason="budget")),
    FamilyOf(_CHOSEN_COST, "counter", "Estimated cost of the choice", _costs(_CHOSEN_COST, {})),
    FamilyOf("modelmuxer_provider_requests_total", "counter", "Provider calls by outcome", _provider_requests),
    FamilyOf("modelmuxer_provider_latency_seconds", "histogram", "Provider latency", _provider_latency),
    FamilyOf("modelmuxer_provider_errors_total", "counter", "Provider errors", _never),
    FamilyOf("modelmuxer_cache_hits_total", "counter", "Cache hits", _never),
    FamilyOf("modelmuxer_cache_misses_total", "counter", "Cache misses", _never),
    FamilyOf(
        "modelmuxer_active_connections",
        "gauge",
        "Open connections",
        _constant("modelmuxer_active_connections", 0.0),
    ),
    FamilyOf(
        "modelmuxer_memory_usage_bytes", "gauge", "Memory in use", _constant("modelmuxer_memory_usage_bytes", 0.0)
    ),
    FamilyOf("modelmuxer_health_check_status", "gauge", "Health by component", _never),
    FamilyOf("modelmuxer_cost_total_usd_total", "counter", "Cost", _never),
    FamilyOf("modelmuxer_tokens_total", "counter", "Tokens", _tokens),
    FamilyOf("modelmuxer_policy_violations_total", "counter", "Policy violations", _never),
    FamilyOf(
        "modelmuxer_policy_redactions_total",
        "counter",
        "Redactions by kind",
        lambda moment: _counted(
            "modelmuxer_policy_redactions_total", {"pii_type": "email"}, moment.counts["ok"] * 0.01
        ),
    ),
    FamilyOf(
        "process_start_time_seconds",
        "gauge",
        "Start of the process, epoch seconds",
        _process("process_start_time_seconds", lambda moment: moment.world.clock.wall(moment.life.born)),
    ),
    FamilyOf(
        "process_resident_memory_bytes",
        "gauge",
        "Resident memory",
        _process("process_resident_memory_bytes", _resident),
    ),
    FamilyOf("process_cpu_seconds_total", "counter", "CPU time", _process("process_cpu_seconds_total", _cpu_s)),
)


def application(
    world: World, slot: int, at: float, rows: Iterable[FamilyOf] = APPLICATION
) -> tuple[Family, ...] | None:
    """Return the page of the pod in a slot, by default ModelMuxer's; None while its process is down."""
    life = world.live(slot, at)
    if life is None:
        return None
    moment = Moment(world, life, at, world.counters(life, at))
    return tuple(row.family(moment) for row in rows)
