"""The alert rules of the fixed production: as a rule file for a real Prometheus, and evaluated on the world itself."""

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.exposition import Labels
from mmcockpit.simulator.prometheus.queries import ask
from mmcockpit.simulator.prometheus.series import ScrapeTarget

GROUP = "modelmuxer.rules"
EVERY_S = 5.0
LOOK_BACK_STEP_S = 10.0
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "==": operator.eq,
}
_CHAT = 'job="modelmuxer",route=~"/v1/chat/completions|/v1/messages|/messages"'
_REQUESTS = f"http_requests_total{{{_CHAT}}}"
_COST = "modelmuxer_router_selected_cost_estimate_usd_sum_total"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alert rule: it fires after `query compare limit` was true for `lasts` seconds."""

    name: str
    query: str
    compare: str
    limit: float
    lasts: float
    severity: str
    summary: str

    @property
    def expression(self) -> str:
        """Return the rule's PromQL."""
        return f"{self.query} {self.compare} {self.limit:g}"

    @property
    def labels(self) -> Labels:
        """Return the labels that the rule adds."""
        return {"severity": self.severity, "service": "modelmuxer"}


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is pending or firing, with the world time since which its condition has been true."""

    rule: AlertRule
    labels: Labels
    value: float
    since: float
    firing: bool


RULES: tuple[AlertRule, ...] = (
    AlertRule("ModelMuxerDown", 'up{job="modelmuxer"}', "==", 0, 60, "critical", "a pod cannot be scraped"),
    AlertRule(
        "ModelMuxerHighErrorRate",
        f'(sum(rate(http_requests_total{{{_CHAT},status=~"5.."}}[5m])) or vector(0))'
        f" / (sum(rate({_REQUESTS}[5m])) > 0)",
        ">",
        0.05,
        120,
        "critical",
        "more than 5% of the chat requests fail",
    ),
    AlertRule(
        "ModelMuxerHighLatency",
        f'1 - sum(rate(http_request_duration_milliseconds_bucket{{{_CHAT},le="2500.0"}}[5m]))'
        f" / sum(rate(http_request_duration_milliseconds_count{{{_CHAT}}}[5m]))",
        ">",
        0.05,
        180,
        "warning",
        "more than 5% of the chat requests take over 2.5 s",
    ),
    AlertRule(
        "ProviderDown",
        'sum by (provider) (rate(modelmuxer_provider_requests_total{outcome="success"}[5m]))',
        "==",
        0,
        120,
        "warning",
        "a provider has stopped answering",
    ),
    AlertRule(
        "ProviderHighErrorRate",
        'sum by (provider) (rate(modelmuxer_provider_requests_total{outcome!="success"}[5m]))'
        " / sum by (provider) (rate(modelmuxer_provider_requests_total[5m]))",
        ">",
        0.1,
        180,
        "warning",
        "more than 10% of the calls to a provider fail",
    ),
    AlertRule(
        "BudgetExceeded",
        "sum(increase(modelmuxer_router_budget_exceeded_total[5m]))",
        ">",
        0,
        0,
        "critical",
        "requests are refused because their budget is spent",
    ),
    AlertRule("BudgetWarning", f"sum(increase({_COST}[1h]))", ">", 500, 300, "warning", "over 500 USD in an hour"),
    AlertRule(
        "HighCostPerRequest",
        f"sum(rate({_COST}[10m])) / sum(rate(modelmuxer_router_requests_total[10m]))",
        ">",
        1,
        300,
        "warning",
        "a request costs more than 1 USD",
    ),
    AlertRule(
        "LowCacheHitRatio",
        "sum(rate(redis_keyspace_hits_total[10m]))"
        " / (sum(rate(redis_keyspace_hits_total[10m])) + sum(rate(redis_keyspace_misses_total[10m])))",
        "<",
        0.5,
        600,
        "warning",
        "fewer than half of the look-ups hit",
    ),
    AlertRule(
        "HighMemoryUsage",
        "container_memory_working_set_bytes / container_spec_memory_limit_bytes",
        ">",
        0.9,
        300,
        "warning",
        "a container is near its memory limit",
    ),
    AlertRule("HighCPUUsage", "rate(process_cpu_seconds_total[5m])", ">", 0.8, 300, "warning", "over 0.8 cores"),
    AlertRule(
        "HighAuthFailureRate",
        'sum(rate(http_requests_total{status="401"}[5m]))',
        ">",
        10,
        120,
        "warning",
        "many requests without a valid key",
    ),
    AlertRule(
        "PIIDetected",
        "sum(increase(modelmuxer_policy_redactions_total[5m]))",
        ">",
        500,
        0,
        "info",
        "unusually much personal data is redacted",
    ),
    AlertRule("PostgreSQLDown", "pg_up", "==", 0, 60, "critical", "the database does not answer its exporter"),
    AlertRule(
        "PostgreSQLHighConnections",
        "sum(pg_stat_database_numbackends) / max(pg_settings_max_connections)",
        ">",
        0.8,
        300,
        "warning",
        "over 80% of the connections are in use",
    ),
    AlertRule("RedisDown", "redis_up", "==", 0, 60, "critical", "the cache does not answer its exporter"),
    AlertRule(
        "RedisHighMemoryUsage",
        "redis_memory_used_bytes / redis_memory_max_bytes",
        ">",
        0.9,
        300,
        "warning",
        "the cache is near its memory limit",
    ),
)


def _true(rule: AlertRule, world: World, targets: Sequence[ScrapeTarget], at: float) -> Iterator[tuple[Labels, float]]:
    for labels, value in ask(world, targets, rule.query, at):
        if _COMPARE[rule.compare](value, rule.limit):
            yield {name: text for name, text in labels.items() if name != "__name__"}, value


def alerts(rule: AlertRule, world: World, targets: Sequence[ScrapeTarget], at: float) -> tuple[Alert, ...]:
    """Return the rule's alerts at a time; how long they have been true is searched in the past, up to an hour."""
    active = []
    for labels, value in _true(rule, world, targets, at):
        since = at
        while at - since < 3600.0 and any(
            labels == earlier for earlier, _ in _true(rule, world, targets, since - LOOK_BACK_STEP_S)
        ):
            since -= LOOK_BACK_STEP_S
        active.append(Alert(rule, labels, value, since, at - since >= rule.lasts))
    return tuple(active)


def rule_file() -> str:
    """Return the rules in the format of Prometheus (JSON is YAML)."""
    rules = [
        {
            "alert": rule.name,
            "expr": rule.expression,
            "for": f"{rule.lasts:g}s",
            "labels": dict(rule.labels),
            "annotations": {"summary": rule.summary},
        }
        for rule in RULES
    ]
    return json.dumps({"groups": [{"name": GROUP, "interval": f"{EVERY_S:g}s", "rules": rules}]}, indent=1)
