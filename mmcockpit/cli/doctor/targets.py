"""Checks the targets of a Prometheus for `doctor`: those that are down, among the jobs that the signals use."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.text import plain
from mmcockpit.sources.common.contract import Source
from mmcockpit.sources.prometheus.promql import selectors
from mmcockpit.sources.prometheus.scrapes import ScrapedTargets, Target
from mmcockpit.sources.prometheus.source import PrometheusSource

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

WITHIN_S = 5.0
SHOWN = 20
Job = tuple[str, str]
"""A PromQL matching operator and the value that the label `job` is compared with."""


async def failing_targets(source: Source, cockpit: Cockpit, spec: SourceSpec) -> list[str]:
    """Return a line for each target that is down and each job without a target, with the number of their signals."""
    assert isinstance(source, PrometheusSource)
    wanted: dict[Job, set[str]] = {}
    for signal in cockpit.signals:
        if signal.source == spec.name:
            for job in _jobs(signal):
                wanted.setdefault(job, set()).add(signal.name)
    if not wanted:
        return []
    try:
        targets = (await source.ask(WITHIN_S, lambda line: line.targets(ScrapedTargets))).active_targets
        missing = _missing(targets, wanted)
        pushed = await source.ask(WITHIN_S, lambda line: _with_series(line, missing)) if missing else set[Job]()
    except ProbeError as error:
        return [f"state of its targets unknown: {error.message}"]
    lines = [
        *_down(targets, wanted),
        *(f"no target of job {plain(one[1], 100)} ({_count(wanted[one])})" for one in missing if one not in pushed),
    ]
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more


def _jobs(signal: Signal) -> Iterator[Job]:
    """Yield the jobs whose series or targets a signal uses."""
    for text in (signal.args.get("query"), signal.fresh):
        for one in selectors(text) if isinstance(text, str) and text else ():
            yield from ((operator, value) for label, operator, value in one.matchers if label == "job")
    if signal.probe == "targets":
        named: list[Any] = [signal.args.get("job", ""), *signal.args.get("jobs", ())]
        yield from (("=", str(name)) for name in named if name)


def _down(targets: list[Target], wanted: dict[Job, set[str]]) -> Iterator[str]:
    for target in sorted(targets, key=lambda one: sorted(one.labels.items())):
        job, instance = target.labels.get("job", ""), target.labels.get("instance", "")
        signals = set[str]().union(*(names for one, names in wanted.items() if _means(one, job)))
        if signals and target.health != "up":
            state = "is down" if target.health == "down" else "was not scraped yet"
            why = f": {plain(target.last_error, 200)}" if target.last_error else ""
            yield f"target {instance} of job {job} {state}{why} ({_count(signals)})"


def _missing(targets: list[Target], wanted: dict[Job, set[str]]) -> list[Job]:
    return [
        one
        for one in sorted(wanted)
        if one[0] in ("=", "=~") and not any(_means(one, target.labels.get("job", "")) for target in targets)
    ]


def _with_series(line: "PrometheusLine", jobs: list[Job]) -> set[Job]:
    """Return those of the jobs that have series now: their metrics are pushed, not scraped."""
    matchers = [f"{{job{operator}{json.dumps(value, ensure_ascii=False)}}}" for operator, value in jobs[:SHOWN]]
    counts = [f'label_replace(count({text}), "n", "{n}", "", "")' for n, text in enumerate(matchers)]
    try:
        _, rows = line.query(" or ".join(counts))
    except ProbeError:
        return set()
    return {jobs[int(row.metric["n"])] for row in rows if row.metric.get("n", "").isdecimal()}


def _means(job: Job, name: str) -> bool:
    operator, value = job
    try:
        same = re.fullmatch(value, name) is not None if "~" in operator else value == name
    except re.error:
        return False
    return same is not operator.startswith("!")


def _count(signals: set[str]) -> str:
    return "1 signal needs it" if len(signals) == 1 else f"{len(signals)} signals need it"
