"""The queries that the simulated Prometheus supports: a table from a query's text to a function of the world.

Keys are PromQL with placeholders (promql.pattern); they are compared in canonical form, so spaces, the order of
matchers and job="modelmuxer" do not matter. Queries of the fleet are computed from the world's own totals; the rows
with $S accept any selector and read the series as a scraper would store them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from re import Pattern

from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.answers import (
    Answer,
    QueryAt,
    ages,
    bucket_quantile,
    by_provider,
    chats,
    circuit_open,
    divided,
    edge,
    equal,
    error_peak,
    error_share,
    failures,
    folded,
    grown,
    growth,
    increases,
    last_seen,
    less,
    lowest,
    of_providers,
    quantile,
    quota,
    ratio,
    refused_share,
    room,
    single,
    stamps,
)
from mmcockpit.simulator.prometheus.promql import canonical, pattern
from mmcockpit.simulator.prometheus.series import ScrapeTarget, Vector

_HTTP, _PROVIDER = "http_request_duration_milliseconds", "modelmuxer_provider"
_R, _B, _C, _D = "http_requests_total", f"{_HTTP}_bucket", f"{_HTTP}_count", f"{_HTTP}_sum"
_P, _L = f"{_PROVIDER}_requests_total", f"{_PROVIDER}_latency_seconds"
_H, _M = "redis_keyspace_hits_total", "redis_keyspace_misses_total"
# Rates that many queries use: failed chats, all chats, calls to each provider.
_E = f'sum(rate({_R}{{RT,status=~"5.."}}[$W]))'
_N = f"sum(rate({_R}{{RT}}[$W]))"
_V = f"sum by (provider) (rate({_P}[$W]))"
_SHARE = f"({_E} or vector(0)) / ({_N} > 0)"
_BAD = f'(sum(rate({_P}{{outcome!="success"}}[$W])) or vector(0)) / (sum(rate({_P}[$W])) > 0)'
_SPACE = 'namespace="modelmuxer"'
_OF_PODS = f'{_SPACE},pod=~"modelmuxer-.*"'
_LIMITS = 'resource=~"limits.cpu|limits.memory"'


def _bare(kind: str) -> str:
    """Return the quota's limits, named like those of containers."""
    selector = f'kube_resourcequota{{{_SPACE},type="{kind}",{_LIMITS}}}'
    return f'sum by (resource) (label_replace({selector}, "resource", "$1", "resource", "limits.(.*)"))'


def _autoscaler(what: str) -> str:
    return f'max(kube_horizontalpodautoscaler_{what}_replicas{{{_SPACE},horizontalpodautoscaler="modelmuxer-hpa"}})'


def _each_pod(what: str, more: str = "") -> str:
    """Return the maximum that one pod of the application has."""
    selector = f"kube_pod_container_resource_{what}{{{_OF_PODS}{more}}}"
    return f"max by (resource) (sum by (pod, resource) ({selector}))"


_TWO = 'resource=~"cpu|memory"'
_GROWTH = (
    f"({_bare('hard')} - {_bare('used')}) / {_each_pod('limits')}"
    f" - on () group_left () ({_autoscaler('spec_max')} - {_autoscaler('status_current')})"
)
_ROOM = (
    f"(sum by (resource) (kube_node_status_allocatable{{{_TWO}}})"
    f" - sum by (resource) (kube_pod_container_resource_requests{{{_TWO}}})) / {_each_pod('requests', ',' + _TWO)}"
)

SHIPPED: Mapping[str, Answer] = {
    _N: single(lambda q: chats(q) / q.window),
    _E: single(lambda q: q.grew("errors") / q.window),
    f"{_E} or vector(0)": single(lambda q: q.grew("errors") / q.window),
    f"({_E} or vector(0)) / ({_N} > 0)": error_share,
    f"({_E} or vector(0)) / {_N}": error_share,
    f"{_E} / {_N}": error_share,
    f'(sum(rate({_R}{{RT,status=~"401|429"}}[$W])) or vector(0)) / ({_N} > 0)': refused_share,
    f"1 - ({_E} or vector(0)) / ({_N} > 0)": lambda q: [({}, 1.0 - value) for _, value in error_share(q)],
    f"histogram_quantile($Q, sum by (le) (rate({_B}{{RT}}[$W])))": single(quantile),
    f"histogram_quantile($Q, sum(rate({_B}{{RT}}[$W])) by (le))": single(quantile),
    f'1 - sum(rate({_B}{{RT,le="2500.0"}}[$W])) / sum(rate({_C}{{RT}}[$W]))': single(
        lambda q: 1.0 - ratio(q.grew("le:2500.0"), chats(q))
    ),
    f'1 - (sum(rate({_B}{{RT,le="2500.0"}}[$W])) / sum(rate({_C}{{RT}}[$W])))': single(
        lambda q: 1.0 - ratio(q.grew("le:2500.0"), chats(q))
    ),
    f"sum(rate({_D}{{RT}}[$W])) / sum(rate({_C}{{RT}}[$W]))": single(lambda q: ratio(q.grew("ms"), chats(q))),
    f'sum by (provider) (rate({_P}{{outcome!="success"}}[$W])) / sum by (provider) (rate({_P}[$W]))': by_provider(
        ("failed",), ("succeeded", "failed")
    ),
    f'(sum by (provider) (rate({_P}{{outcome!="success"}}[$W])) or 0 * {_V}) / ({_V} > 0)': by_provider(
        ("failed",), ("succeeded", "failed")
    ),
    f'sum by (provider) (rate({_P}{{outcome="success"}}[$W])) / sum by (provider) (rate({_P}[$W]))': by_provider(
        ("succeeded",), ("succeeded", "failed")
    ),
    f"sum by (provider) (rate({_P}[$W]))": by_provider(("succeeded", "failed"), (), per_second=True),
    f'sum(rate({_P}{{outcome!="success"}}[$W])) / sum(rate({_P}[$W]))': of_providers(("failed",)),
    f'(sum(rate({_P}{{outcome!="success"}}[$W])) or vector(0)) / sum(rate({_P}[$W]))': of_providers(("failed",)),
    f'(sum(rate({_P}{{outcome!="success"}}[$W])) or vector(0)) / (sum(rate({_P}[$W])) > 0)': of_providers(("failed",)),
    f"sum by (provider) (rate({_L}_sum[$W])) / sum by (provider) (rate({_L}_count[$W]))": by_provider(
        ("ms",), ("succeeded", "failed")
    ),
    f"sum(rate({_H}[$W])) / (sum(rate({_H}[$W])) + sum(rate({_M}[$W])))": single(
        lambda q: ratio(q.grew("cache_hits"), q.grew("cache_hits", "cache_misses"))
    ),
    'max(kube_resourcequota{type="used"} / ignoring(type) (kube_resourcequota{type="hard"} > 0))': quota,
    'max(kube_resourcequota{type="used"} / ignoring(type) kube_resourcequota{type="hard"})': quota,
    f'max(kube_resourcequota{{{_SPACE},type="used"}}'
    f' / ignoring(type) (kube_resourcequota{{{_SPACE},type="hard"}} > 0))': quota,
    f'label_replace({_SHARE}, "of", "chats", "", "") or label_replace({_BAD}, "of", "providers", "", "")': failures,
    f'(sum(rate({_P}{{outcome="circuit_open"}}[$W])) or vector(0)) / (sum(rate({_P}[$W])) > 0)': circuit_open,
    f"max_over_time(({_SHARE})[$V:$X])": error_peak,
    _GROWTH: growth,
    _ROOM: room,
}

SELECTED: Mapping[str, Answer] = {
    "$S": lambda q: q.series(),
    "$S == 0": lambda q: equal(q, 0.0),
    "$S == 1": lambda q: equal(q, 1.0),
    "$S / $T": lambda q: divided(q.series(), q.series("T")),
    "absent($S)": lambda q: [] if q.series() else [({}, 1.0)],
    "rate($S[$W])": grown,
    "increase($S[$W])": increases,
    "$F($S)": lambda q: folded(q, q.series()),
    "$F($S) or vector(0)": lambda q: folded(q, q.series()) or [({}, 0.0)],
    "$F($S == 0)": lambda q: folded(q, equal(q, 0.0)),
    "$F($S == 1)": lambda q: folded(q, equal(q, 1.0)),
    "$F($S == 1) or vector(0)": lambda q: folded(q, equal(q, 1.0)) or [({}, 0.0)],
    "$F($S) - $G($T)": lambda q: less(folded(q, q.series()), folded(q, q.series("T"), "G")),
    "$F(min_over_time($S[$W]))": lambda q: folded(q, lowest(q)),
    "$F($S) / $G($T)": lambda q: divided(folded(q, q.series()), folded(q, q.series("T"), "G")),
    "$F by ($L) ($S)": lambda q: folded(q, q.series()),
    "$F by ($L) ($S == 1)": lambda q: folded(q, equal(q, 1.0)),
    "$F(rate($S[$W]))": lambda q: folded(q, grown(q)),
    "$F(increase($S[$W]))": lambda q: folded(q, increases(q)),
    "$F(increase($S[$W])) or vector(0)": lambda q: folded(q, increases(q)) or [({}, 0.0)],
    "$F by ($L) (rate($S[$W]))": lambda q: folded(q, grown(q)),
    "$F by ($L) (increase($S[$W]))": lambda q: folded(q, increases(q)),
    "$F(rate($S[$W])) / $G(rate($T[$W]))": lambda q: divided(folded(q, grown(q)), folded(q, grown(q, "T"), "G")),
    "histogram_quantile($Q, sum by (le) (rate($S[$W])))": bucket_quantile,
    "timestamp($S)": stamps,
    "max(timestamp($S))": lambda q: edge(max, stamps(q)),
    "$F by ($L) (last_over_time($S[$W]))": lambda q: folded(q, q.series()),
    "$F(last_over_time($S[$W]))": lambda q: folded(q, q.series()),
    "$F by ($L) (max_over_time(timestamp($S)[$W:$V]))": lambda q: folded(q, last_seen(q)),
    "max(max_over_time(timestamp($S)[$W:$V]))": lambda q: edge(max, stamps(q)),
    "min(timestamp($S))": lambda q: edge(min, stamps(q)),
    "time() - timestamp($S)": ages,
    "time() - max(timestamp($S))": lambda q: edge(min, ages(q)),
    "time() - min(timestamp($S))": lambda q: edge(max, ages(q)),
    "min(time() - timestamp($S))": lambda q: edge(min, ages(q)),
    "max(time() - timestamp($S))": lambda q: edge(max, ages(q)),
    "vector(1)": single(lambda q: 1.0),
}

SCALARS: Mapping[str, Answer] = {
    "time()": single(QueryAt.wall),
    "1": single(lambda q: 1.0),
}
"""Queries whose result is one number without labels."""

_PATTERNS: tuple[tuple[Pattern[str], Answer], ...] = tuple(
    (pattern(template), answer) for table in (SHIPPED, SELECTED, SCALARS) for template, answer in table.items()
)


@lru_cache(maxsize=512)
def _found(query: str) -> tuple[Answer, Mapping[str, str]] | None:
    text = canonical(query)
    for known, answer in _PATTERNS:
        match = known.fullmatch(text)
        if match:
            return answer, match.groupdict()
    return None


def answered(query: str) -> bool:
    """Return whether the query is supported."""
    return _found(query) is not None


def is_scalar(query: str) -> bool:
    """Return whether the result is a scalar instead of a vector."""
    return canonical(query) in SCALARS


def ask(world: World, targets: Sequence[ScrapeTarget], query: str, at: float) -> Vector:
    """Return the result at a time; KeyError for a query that is not in the table."""
    match = _found(query)
    if match is None:
        raise KeyError(query)
    answer, places = match
    return answer(QueryAt(world, targets, at, places))
