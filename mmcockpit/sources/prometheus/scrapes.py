"""Causes of missing samples: series that ended, and failing scrapes."""

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.prometheus.promql import selectors

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

Matchers = Iterable[tuple[str, str, str]]
_BACK = ((600, 5), (7200, 60), (86_400, 900))
"""How far back the end of a series is searched, and in which steps (seconds): recent first, then coarsely."""


class Target(msgspec.Struct, rename="camel"):
    """A scrape target of Prometheus, and the result of its last scrape."""

    labels: dict[str, str]
    health: str
    last_scrape: str
    last_error: str = ""


class ScrapedTargets(msgspec.Struct, rename="camel"):
    """The active targets."""

    active_targets: list[Target]


def ended(line: "PrometheusLine", selector: str) -> str:
    """Return when the series of a selector ended and which failing scrape is the cause, as far as the server knows."""
    try:
        with line.aside():
            return _ended(line, selector)
    except ProbeError:
        return f"no sample of {selector} at present"


def _ended(line: "PrometheusLine", selector: str) -> str:
    for window, step in _BACK:
        _, rows = line.query(f"max by (job, instance) (max_over_time(timestamp({selector}\n)[{window}s:{step}s]))")
        samples = [(float(row.value[1]), row.value[0], row.metric) for row in rows if row.value is not None]
        if samples:
            at, now, labels = max(samples, key=lambda sample: sample[0])
            moment = time.strftime("%H:%M:%SZ", time.gmtime(at))
            own = [(name, "=", labels[name]) for name in ("job", "instance") if labels.get(name)]
            return f"the series of {selector} ended {duration(now - at)} ago, at {moment}{failing(line, own)}"
    matchers = [matcher for part in selectors(selector) for matcher in part.matchers]
    return f"no sample of {selector} within the last 24h{failing(line, matchers)}"


def failing(line: "PrometheusLine", matchers: Matchers) -> str:
    """Return the first failing target that the matchers allow, as the end of a message; empty if none fails."""
    try:
        with line.aside():
            targets = line.targets(ScrapedTargets).active_targets
    except ProbeError:
        return ""
    matchers = list(matchers)
    down = [
        target
        for target in targets
        if target.health == "down" and all(_allows(target.labels, *matcher) for matcher in matchers)
    ]
    if not down:
        return ""
    down.sort(key=lambda target: sorted(target.labels.items()))
    first, more = down[0].labels, f" (and {len(down) - 1} more)" if len(down) > 1 else ""
    where = f"{first.get('job', '')} {first.get('instance', '')}".strip()
    return f"; scrape of {where} fails: {down[0].last_error or 'no reason given'}{more}"


def _allows(labels: dict[str, str], label: str, operator: str, value: str) -> bool:
    """Return whether a target can have series that match; labels that the target lacks may be those of the series."""
    if label not in labels:
        return label not in ("job", "instance")
    try:
        same = re.fullmatch(value, labels[label]) is not None if "~" in operator else value == labels[label]
    except re.error:
        return True
    return same is not operator.startswith("!")
