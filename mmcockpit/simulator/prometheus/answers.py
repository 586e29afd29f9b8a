"""Computes query results, from the fleet's totals or from the series that a scraper would store."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mmcockpit.simulator.conditions import PROVIDERS
from mmcockpit.simulator.production import EDGES_MS, ORIGIN, World
from mmcockpit.simulator.prometheus.exposition import Labels
from mmcockpit.simulator.prometheus.metrics import CHAT_STATUSES, SCRAPE_EVERY_S
from mmcockpit.simulator.prometheus.promql import seconds
from mmcockpit.simulator.prometheus.series import ScrapeTarget, Vector, instant

OPEN_CIRCUITS = 0.1
"""The fraction of failed calls to providers that an open circuit rejected."""
PODS = 'pod=~"modelmuxer-.*"'
AUTOSCALER = "kube_horizontalpodautoscaler"


@dataclass(frozen=True, slots=True)
class QueryAt:
    """A query at a time: the world, its targets, the time, and the values of the placeholders."""

    world: World
    targets: Sequence[ScrapeTarget]
    at: float
    places: Mapping[str, str]

    @property
    def window(self) -> float:
        """Return $W in seconds."""
        return seconds(self.places["W"])

    def grew(self, *quantities: str) -> float:
        """Return how much quantities of the fleet grew over the window."""
        return sum(self.world.increase(quantity, self.at, self.window) for quantity in quantities)

    def series(self, place: str = "S", at: float | None = None) -> Vector:
        """Return the series of a selector."""
        return instant(self.world, self.targets, self.places[place], self.at if at is None else at)

    def wall(self) -> float:
        """Return the epoch time of the query."""
        return self.world.clock.wall(self.at)

    def scraped(self) -> float:
        """Return the epoch time of the newest scrape."""
        return self.wall() // SCRAPE_EVERY_S * SCRAPE_EVERY_S


Answer = Callable[[QueryAt], Vector]


def single(value: Callable[[QueryAt], float]) -> Answer:
    """Return a function for a result of one number without labels."""
    return lambda question: [({}, value(question))]


def ratio(part: float, whole: float) -> float:
    """Return a quotient as in PromQL; NaN if the divisor is 0."""
    return part / whole if whole else math.nan


def chats(question: QueryAt) -> float:
    """Return the chat requests over the window, successful and failed."""
    return question.grew("ok", "errors")


def error_share(question: QueryAt) -> Vector:
    """Return the 5xx share of the chats; empty without traffic."""
    total = chats(question)
    return [({}, question.grew("errors") / total)] if total > 0 else []


def refused_share(question: QueryAt) -> Vector:
    """Return the share of the chats with a 401 response; empty without traffic."""
    total = chats(question)
    return [({}, question.grew("ok") * CHAT_STATUSES["401"] / total)] if total > 0 else []


def quantile(question: QueryAt) -> float:
    """Like histogram_quantile: linear inside a bucket, the last finite edge beyond it."""
    wanted = float(question.places["Q"]) * chats(question)
    lower, below = 0.0, 0.0
    for edge in EDGES_MS:
        under = question.grew(f"le:{edge}")
        if under >= wanted:
            return lower + (edge - lower) * ratio(wanted - below, under - below)
        lower, below = edge, under
    return EDGES_MS[-1]


def bucket_quantile(question: QueryAt) -> Vector:
    """histogram_quantile() of the rates of $S, summed by `le`; empty without traffic."""
    totals: dict[float, float] = {}
    for labels, value in grown(question):
        edge_of = float(labels["le"])
        totals[edge_of] = totals.get(edge_of, 0.0) + value
    count = totals.get(math.inf, 0.0)
    if not count:
        return []
    wanted, lower, below = float(question.places["Q"]) * count, 0.0, 0.0
    for edge_of in sorted(totals):
        if totals[edge_of] >= wanted:
            quantile = (
                lower
                if math.isinf(edge_of)
                else lower + (edge_of - lower) * ratio(wanted - below, totals[edge_of] - below)
            )
            return [({}, quantile)]
        lower, below = edge_of, totals[edge_of]
    return []


def by_provider(part: Sequence[str], whole: Sequence[str], per_second: bool = False) -> Answer:
    """Return a function for the ratio of some counts to others per provider, or to the window's seconds."""

    def answer(question: QueryAt) -> Vector:
        vector: Vector = []
        for name in PROVIDERS:
            over = question.window if per_second else question.grew(*(f"{name}:{what}" for what in whole))
            vector.append(({"provider": name}, ratio(question.grew(*(f"{name}:{what}" for what in part)), over)))
        return vector

    return answer


def of_providers(part: Sequence[str]) -> Answer:
    """Return a function for the ratio of some counts of all providers to all their calls."""

    def share(question: QueryAt) -> float:
        some = question.grew(*(f"{name}:{what}" for name in PROVIDERS for what in part))
        return ratio(some, question.grew(*(f"{name}:{what}" for name in PROVIDERS for what in ("succeeded", "failed"))))

    return single(share)


_AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
    "avg": lambda values: sum(values) / len(values),
}


def nameless(labels: Labels) -> dict[str, str]:
    """Return labels without the metric's name, which every operation drops."""
    return {label: value for label, value in labels.items() if label != "__name__"}


def grown(question: QueryAt, place: str = "S", per_second: bool = True) -> Vector:
    """increase() or rate() of a selector's series; a series that decreased was reset to zero."""
    before = {tuple(labels.items()): value for labels, value in question.series(place, question.at - question.window)}
    vector: Vector = []
    for labels, value in question.series(place):
        grown = value - before.get(tuple(labels.items()), 0.0)
        grown = value if grown < 0 else grown
        vector.append((nameless(labels), grown / question.window if per_second else grown))
    return vector


def increases(question: QueryAt) -> Vector:
    """increase() of the series of $S."""
    return grown(question, per_second=False)


def folded(question: QueryAt, vector: Vector, place: str = "F") -> Vector:
    """Apply an aggregation ($F) to a vector, by the labels $L if there are any."""
    kept = question.places.get("L", "").split(",") if "L" in question.places else []
    groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for labels, value in vector:
        key = tuple((label, labels[label]) for label in kept if label in labels)
        groups.setdefault(key, []).append(value)
    fold = _AGGREGATIONS[question.places[place]]
    return [(dict(key), fold(values)) for key, values in groups.items()]


def divided(above: Vector, below: Vector) -> Vector:
    """Divide two vectors where their labels match."""
    under = {tuple(sorted(nameless(labels).items())): value for labels, value in below}
    return [
        (nameless(labels), ratio(value, under[key]))
        for labels, value in above
        if (key := tuple(sorted(nameless(labels).items()))) in under
    ]


def quota(question: QueryAt) -> Vector:
    """Return the largest used share of the namespace's quota."""
    used = instant(question.world, question.targets, 'kube_resourcequota{type="used"}', question.at)
    hard = instant(question.world, question.targets, 'kube_resourcequota{type="hard"}', question.at)
    return [({}, max(part / whole for (_, part), (_, whole) in zip(used, hard, strict=True)))]


def stamps(question: QueryAt) -> Vector:
    """timestamp() of the series of $S."""
    return [(nameless(labels), question.scraped()) for labels, _ in question.series()]


def last_seen(question: QueryAt) -> Vector:
    """Return the newest timestamp() of the series of $S, searched every $V from now back to $W."""
    step = seconds(question.places["V"])
    for n in range(int(min(question.window, 600.0) / step) + 1):
        times = stamps(replace(question, at=question.at - n * step))
        if times:
            return times
    return []


def ages(question: QueryAt) -> Vector:
    """Return the age of the samples of the series of $S, in seconds."""
    return [(labels, question.wall() - stamp) for labels, stamp in stamps(question)]


def edge(pick: Callable[[Iterable[float]], float], vector: Vector) -> Vector:
    """Return the largest or smallest value, without labels; empty for an empty vector."""
    return [({}, pick(value for _, value in vector))] if vector else []


def equal(question: QueryAt, wanted: float) -> Vector:
    """Return the series of a selector that have this value."""
    return [pair for pair in question.series() if pair[1] == wanted]


def less(above: Vector, below: Vector) -> Vector:
    """Return the difference of two vectors of one number each; empty if one of them is."""
    return [({}, value - other) for _, value in above for _, other in below]


def lowest(question: QueryAt) -> Vector:
    """min_over_time() of the series of $S, sampled 101 times."""
    minima: dict[tuple[tuple[str, str], ...], float] = {}
    for step in range(101):
        for labels, value in question.series(at=question.at - question.window * step / 100):
            key = tuple(nameless(labels).items())
            minima[key] = min(value, minima.get(key, value))
    return [(dict(key), value) for key, value in minima.items()]


def failures(question: QueryAt) -> Vector:
    """Return the 5xx share of the chats and the failed share of provider calls, distinguished by the label `of`."""
    named = {"chats": error_share(question), "providers": of_providers(("failed",))(question)}
    return [({"of": name}, value) for name, vector in named.items() for _, value in vector]


def circuit_open(question: QueryAt) -> Vector:
    """Return the share of provider calls that an open circuit rejected: a tenth of those that fail."""
    return [({}, OPEN_CIRCUITS * value) for _, value in of_providers(("failed",))(question)]


def error_peak(question: QueryAt) -> Vector:
    """Return the largest 5xx share of a window $W within the last $V, every $X."""
    step = seconds(question.places["X"])
    shares = [
        value
        for n in range(int(seconds(question.places["V"]) / step) + 1)
        if question.at - n * step >= ORIGIN + question.window
        for _, value in error_share(replace(question, at=question.at - n * step))
    ]
    return [({}, max(shares))] if shares else []


def _by_resource(question: QueryAt, text: str) -> dict[str, dict[str, float]]:
    """Sum a selector's samples: resource to pod (or empty) to value."""
    limits: dict[str, dict[str, float]] = {}
    for labels, value in instant(question.world, question.targets, text, question.at):
        pods = limits.setdefault(labels["resource"].removeprefix("limits."), {})
        pods[labels.get("pod", "")] = pods.get(labels.get("pod", ""), 0.0) + value
    return limits


def growth(question: QueryAt) -> Vector:
    """Return how many pods are left in the quota once the autoscaler has scaled to its maximum, by resource."""
    hard, used = (
        _by_resource(question, f'kube_resourcequota{{resource=~"limits.*",type="{kind}"}}') for kind in ("hard", "used")
    )
    pod = _by_resource(question, f"kube_pod_container_resource_limits{{{PODS}}}")
    most, present = (
        max(value for _, value in instant(question.world, question.targets, name, question.at))
        for name in (f"{AUTOSCALER}_spec_max_replicas", f"{AUTOSCALER}_status_current_replicas")
    )
    return [
        ({"resource": name}, (hard[name][""] - used[name][""]) / max(pods.values()) - (most - present))
        for name, pods in pod.items()
    ]


def room(question: QueryAt) -> Vector:
    """Return for how many pods of the application the nodes have capacity, by resource."""
    whole = _by_resource(question, "kube_node_status_allocatable")
    taken = _by_resource(question, "kube_pod_container_resource_requests")
    pod = _by_resource(question, f"kube_pod_container_resource_requests{{{PODS}}}")
    return [
        ({"resource": name}, (sum(whole[name].values()) - sum(taken[name].values())) / max(pods.values()))
        for name, pods in pod.items()
    ]
