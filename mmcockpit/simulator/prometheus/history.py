"""The history before the start, as OpenMetrics text for a real Prometheus."""

from collections.abc import Iterator, Sequence

from mmcockpit.simulator.production import CHAT_ROUTES, World
from mmcockpit.simulator.prometheus.api import HISTORY_S
from mmcockpit.simulator.prometheus.exposition import Sample, series
from mmcockpit.simulator.prometheus.metrics import Moment
from mmcockpit.simulator.prometheus.series import PAGES, ScrapeTarget

STEP_S = 30.0
PAST_S, PAST_STEP_S = 93_600.0, 240.0
"""Range and step of the samples for queries over a day."""
_DAY_BACK = ("up", "http_requests_total")
FINE_STEP_S, FINE_FROM = 5.0, -120.0
"""The last minutes are as dense as real scrapes, so that rates over one minute work before two real scrapes exist."""
OURS = "modelmuxer"
_KEPT = (
    "http_requests_total",
    "http_request_duration_milliseconds",
    "modelmuxer_provider_requests_total",
    "modelmuxer_provider_latency_seconds",
    "modelmuxer_router_requests_total",
    "modelmuxer_router_selected_cost_estimate_usd_sum_total",
    "modelmuxer_policy_redactions_total",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
)
"""The families of the application that queries use over time; loading all of them would take seconds."""


def _worth(sample: Sample) -> bool:
    if sample.name.startswith("http_request_duration"):
        return sample.labels["route"] in CHAT_ROUTES
    return sample.name != "modelmuxer_provider_latency_seconds_bucket"


def _samples(target: ScrapeTarget, world: World, at: float) -> Iterator[Sample]:
    yield Sample("up", {}, float(target.up(world, at)))
    if target.slot is None:
        for family in target.page(world, at) or ():
            yield from family.samples
        return
    life = world.live(target.slot, at)
    if life is not None:
        moment = Moment(world, life, at, world.counters(life, at))
        for row in PAGES[target.job]:
            if row.name in _KEPT or target.job != OURS:
                yield from filter(_worth, row.samples(moment))


def openmetrics(world: World, targets: Sequence[ScrapeTarget], until: float = 0.0) -> str:
    """Return all samples of the history up to a world time, oldest first."""
    lines: list[str] = []
    spelled: dict[tuple[object, ...], str] = {}
    at = -PAST_S
    while at < -HISTORY_S:
        # Before that all values are constant.
        stamp = f"{world.clock.wall(at):.3f}"
        for target in targets:
            for name, labels, value in _samples(target, world, -HISTORY_S):
                if name in _DAY_BACK:
                    lines.append(
                        f"{series(name, {**labels, 'instance': target.instance, 'job': target.job})} {value} {stamp}"
                    )
        at += PAST_STEP_S
    at = -HISTORY_S
    while at < until:
        stamp = f"{world.clock.wall(at):.3f}"
        for index, target in enumerate(targets):
            for name, labels, value in _samples(target, world, at):
                key = (index, name, *labels.values())
                text = spelled.get(key)
                if text is None:
                    text = series(name, {**labels, "instance": target.instance, "job": target.job})
                    spelled[key] = text
                lines.append(f"{text} {value} {stamp}")
        at += STEP_S if at < until + FINE_FROM else FINE_STEP_S
    return "\n".join(lines) + "\n# EOF\n"
