"""The queries that the simulated Prometheus answers: a table from a query's text to a function of the world.

Keys are PromQL with placeholders (promql.pattern); they are compared in canonical spelling, so blanks, the order of
matchers and job="modelmuxer" do not matter. Queries of the fleet are computed from the world's own totals; the rows
with $S take whatever selector and read the series as a scraper would hold them.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern

from mmcockpit.simulator.conditions import PROVIDERS
from mmcockpit.simulator.exposition import Labels
from mmcockpit.simulator.metrics import SCRAPE_EVERY_S
from mmcockpit.simulator.production import EDGES_MS, World
from mmcockpit.simulator.promql import canonical, pattern, seconds
from mmcockpit.simulator.series import Target, Vector, instant


@dataclass(frozen=True, slots=True)
class Question:
    """A query at a moment: the world, its targets, the time, and what the placeholders stood for."""

    world: World
    targets: Sequence[Target]
    at: float
    places: Mapping[str, str]

    @property
    def window(self) -> float:
        """$W in seconds."""
        return seconds(self.places["W"])

    def grew(self, *quantities: str) -> float:
        """By how much quantities of the fleet grew over the window."""
        return sum(self.world.increase(quantity, self.at, self.window) for quantity in quantities)

    def series(self, place: str = "S", at: float | None = None) -> Vector:
        """What a selector selects."""
        return instant(self.world, self.targets, self.places[place], self.at if at is None else at)

    def wall(self) -> float:
        """The epoch time of the question."""
        return self.world.clock.wall(self.at)

    def scraped(self) -> float:
        """The epoch time of the newest scrape."""
        return self.wall() // SCRAPE_EVERY_S * SCRAPE_EVERY_S


Answer = Callable[[Question], Vector]


def _single(value: Callable[[Question], float]) -> Answer:
    return lambda question: [({}, value(question))]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _all(question: Question) -> float:
    return question.grew("ok", "errors")


def _error_share(question: Question) -> Vector:
    total = _all(question)
    return [({}, question.grew("errors") / total)] if total > 0 else []


def _quantile(question: Question) -> float:
    """As histogram_quantile: linear inside a bucket, the last finite edge beyond it."""
    wanted = float(question.places["Q"]) * _all(question)
    lower, below = 0.0, 0.0
    for edge in EDGES_MS:
        under = question.grew(f"le:{edge}")
        if under >= wanted:
            return lower + (edge - lower) * _ratio(wanted - below, under - below)
        lower, below = edge, under
    return EDGES_MS[-1]


def _by_provider(part: Sequence[str], whole: Sequence[str], per_second: bool = False) -> Answer:
    def answer(question: Question) -> Vector:
        found: Vector = []
        for name in PROVIDERS:
            over = question.window if per_second else question.grew(*(f"{name}:{what}" for what in whole))
            found.append(({"provider": name}, _ratio(question.grew(*(f"{name}:{what}" for what in part)), over)))
        return found

    return answer


def _of_providers(part: Sequence[str]) -> Answer:
    def share(question: Question) -> float:
        some = question.grew(*(f"{name}:{what}" for name in PROVIDERS for what in part))
        return _ratio(some, question.grew(*(f"{name}:{what}" for name in PROVIDERS for what in ("good", "bad"))))

    return _single(share)


_AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
    "avg": lambda values: sum(values) / len(values),
}


def _nameless(labels: Labels) -> dict[str, str]:
    return {label: value for label, value in labels.items() if label != "__name__"}


def _grown(question: Question, place: str = "S", per_second: bool = True) -> Vector:
    """increase() or rate() of a selector's series; a series that fell has started again at zero."""
    before = {tuple(labels.items()): value for labels, value in question.series(place, question.at - question.window)}
    found: Vector = []
    for labels, value in question.series(place):
        grown = value - before.get(tuple(labels.items()), 0.0)
        grown = value if grown < 0 else grown
        found.append((_nameless(labels), grown / question.window if per_second else grown))
    return found


def _increases(question: Question) -> Vector:
    return _grown(question, per_second=False)


def _folded(question: Question, vector: Vector, place: str = "F") -> Vector:
    """An aggregation ($F) over a vector, by the labels $L if there are any."""
    kept = question.places.get("L", "").split(",") if "L" in question.places else []
    groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for labels, value in vector:
        key = tuple((label, labels[label]) for label in kept if label in labels)
        groups.setdefault(key, []).append(value)
    fold = _AGGREGATIONS[question.places[place]]
    return [(dict(key), fold(values)) for key, values in groups.items()]


def _divided(above: Vector, below: Vector) -> Vector:
    """Two vectors divided where their labels agree."""
    under = {tuple(sorted(_nameless(labels).items())): value for labels, value in below}
    return [
        (_nameless(labels), _ratio(value, under[key]))
        for labels, value in above
        if (key := tuple(sorted(_nameless(labels).items()))) in under
    ]


def _quota(question: Question) -> Vector:
    used = instant(question.world, question.targets, 'kube_resourcequota{type="used"}', question.at)
    hard = instant(question.world, question.targets, 'kube_resourcequota{type="hard"}', question.at)
    return [({}, max(part / whole for (_, part), (_, whole) in zip(used, hard, strict=True)))]


def _stamps(question: Question) -> Vector:
    return [(_nameless(labels), question.scraped()) for labels, _ in question.series()]


def _ages(question: Question) -> Vector:
    return [(labels, question.wall() - stamp) for labels, stamp in _stamps(question)]


def _edge(pick: Callable[[Iterable[float]], float], vector: Vector) -> Vector:
    return [({}, pick(value for _, value in vector))] if vector else []


def _equal(question: Question, wanted: float) -> Vector:
    return [pair for pair in question.series() if pair[1] == wanted]


_R, _B, _C = (
    "http_requests_total",
    "http_request_duration_milliseconds_bucket",
    "http_request_duration_milliseconds_count",
)
_D, _P = "http_request_duration_milliseconds_sum", "modelmuxer_provider_requests_total"
_L = "modelmuxer_provider_latency_seconds"
_E = f'sum(rate({_R}{{RT,status=~"5.."}}[$W]))'
_N = f"sum(rate({_R}{{RT}}[$W]))"
_H, _M = "redis_keyspace_hits_total", "redis_keyspace_misses_total"

SHIPPED: Mapping[str, Answer] = {
    _N: _single(lambda q: _all(q) / q.window),
    _E: _single(lambda q: q.grew("errors") / q.window),
    f"{_E} or vector(0)": _single(lambda q: q.grew("errors") / q.window),
    f"({_E} or vector(0)) / ({_N} > 0)": _error_share,
    f"({_E} or vector(0)) / {_N}": _error_share,
    f"{_E} / {_N}": _error_share,
    f"1 - ({_E} or vector(0)) / ({_N} > 0)": lambda q: [({}, 1.0 - value) for _, value in _error_share(q)],
    f"histogram_quantile($Q, sum by (le) (rate({_B}{{RT}}[$W])))": _single(_quantile),
    f"histogram_quantile($Q, sum(rate({_B}{{RT}}[$W])) by (le))": _single(_quantile),
    f'1 - sum(rate({_B}{{RT,le="2500.0"}}[$W])) / sum(rate({_C}{{RT}}[$W]))': _single(
        lambda q: 1.0 - _ratio(q.grew("le:2500.0"), _all(q))
    ),
    f'1 - (sum(rate({_B}{{RT,le="2500.0"}}[$W])) / sum(rate({_C}{{RT}}[$W])))': _single(
        lambda q: 1.0 - _ratio(q.grew("le:2500.0"), _all(q))
    ),
    f"sum(rate({_D}{{RT}}[$W])) / sum(rate({_C}{{RT}}[$W]))": _single(lambda q: _ratio(q.grew("ms"), _all(q))),
    f'sum by (provider) (rate({_P}{{outcome!="success"}}[$W])) / sum by (provider) (rate({_P}[$W]))': _by_provider(
        ("bad",), ("good", "bad")
    ),
    f'sum by (provider) (rate({_P}{{outcome="success"}}[$W])) / sum by (provider) (rate({_P}[$W]))': _by_provider(
        ("good",), ("good", "bad")
    ),
    f"sum by (provider) (rate({_P}[$W]))": _by_provider(("good", "bad"), (), per_second=True),
    f'sum(rate({_P}{{outcome!="success"}}[$W])) / sum(rate({_P}[$W]))': _of_providers(("bad",)),
    f'(sum(rate({_P}{{outcome!="success"}}[$W])) or vector(0)) / sum(rate({_P}[$W]))': _of_providers(("bad",)),
    f'(sum(rate({_P}{{outcome!="success"}}[$W])) or vector(0)) / (sum(rate({_P}[$W])) > 0)': _of_providers(("bad",)),
    f"sum by (provider) (rate({_L}_sum[$W])) / sum by (provider) (rate({_L}_count[$W]))": _by_provider(
        ("ms",), ("good", "bad")
    ),
    f"sum(rate({_H}[$W])) / (sum(rate({_H}[$W])) + sum(rate({_M}[$W])))": _single(
        lambda q: _ratio(q.grew("cache_hits"), q.grew("cache_hits", "cache_misses"))
    ),
    'max(kube_resourcequota{type="used"} / ignoring(type) (kube_resourcequota{type="hard"} > 0))': _quota,
    'max(kube_resourcequota{type="used"} / ignoring(type) kube_resourcequota{type="hard"})': _quota,
}

SELECTED: Mapping[str, Answer] = {
    "$S": lambda q: q.series(),
    "$S == 0": lambda q: _equal(q, 0.0),
    "$S == 1": lambda q: _equal(q, 1.0),
    "$S / $T": lambda q: _divided(q.series(), q.series("T")),
    "absent($S)": lambda q: [] if q.series() else [({}, 1.0)],
    "rate($S[$W])": _grown,
    "increase($S[$W])": _increases,
    "$F($S)": lambda q: _folded(q, q.series()),
    "$F($S) or vector(0)": lambda q: _folded(q, q.series()) or [({}, 0.0)],
    "$F($S == 0)": lambda q: _folded(q, _equal(q, 0.0)),
    "$F($S == 1)": lambda q: _folded(q, _equal(q, 1.0)),
    "$F($S == 1) or vector(0)": lambda q: _folded(q, _equal(q, 1.0)) or [({}, 0.0)],
    "$F($S) / $G($T)": lambda q: _divided(_folded(q, q.series()), _folded(q, q.series("T"), "G")),
    "$F by ($L) ($S)": lambda q: _folded(q, q.series()),
    "$F by ($L) ($S == 1)": lambda q: _folded(q, _equal(q, 1.0)),
    "$F(rate($S[$W]))": lambda q: _folded(q, _grown(q)),
    "$F(increase($S[$W]))": lambda q: _folded(q, _increases(q)),
    "$F(increase($S[$W])) or vector(0)": lambda q: _folded(q, _increases(q)) or [({}, 0.0)],
    "$F by ($L) (rate($S[$W]))": lambda q: _folded(q, _grown(q)),
    "$F by ($L) (increase($S[$W]))": lambda q: _folded(q, _increases(q)),
    "$F(rate($S[$W])) / $G(rate($T[$W]))": lambda q: _divided(_folded(q, _grown(q)), _folded(q, _grown(q, "T"), "G")),
    "timestamp($S)": _stamps,
    "max(timestamp($S))": lambda q: _edge(max, _stamps(q)),
    "max(max_over_time(timestamp($S)[$W:$V]))": lambda q: _edge(max, _stamps(q)),
    "min(timestamp($S))": lambda q: _edge(min, _stamps(q)),
    "time() - timestamp($S)": _ages,
    "time() - max(timestamp($S))": lambda q: _edge(min, _ages(q)),
    "time() - min(timestamp($S))": lambda q: _edge(max, _ages(q)),
    "min(time() - timestamp($S))": lambda q: _edge(min, _ages(q)),
    "max(time() - timestamp($S))": lambda q: _edge(max, _ages(q)),
    "vector(1)": _single(lambda q: 1.0),
}

SCALARS: Mapping[str, Answer] = {
    "time()": _single(Question.wall),
    "1": _single(lambda q: 1.0),
}
"""Queries whose answer is one number without labels."""

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
    """Whether the query is one of those that are answered."""
    return _found(query) is not None


def is_scalar(query: str) -> bool:
    """Whether the answer is a scalar and no vector."""
    return canonical(query) in SCALARS


def ask(world: World, targets: Sequence[Target], query: str, at: float) -> Vector:
    """The answer at a moment; KeyError for a query that is not in the table."""
    found = _found(query)
    if found is None:
        raise KeyError(query)
    answer, places = found
    return answer(Question(world, targets, at, places))
