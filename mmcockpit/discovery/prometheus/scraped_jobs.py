"""The jobs that a Prometheus scrapes, and how often."""

from typing import TYPE_CHECKING

import msgspec

from mmcockpit.core.words.durations import duration, is_duration, seconds

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

PUSHED_EVERY_S = 60.0
"""The interval of metrics that no target exposes: the default of OpenTelemetry's exporters."""
DEFAULT_STALE_S = 60.0


class _ScrapedTarget(msgspec.Struct, rename="camel"):
    labels: dict[str, str]
    scrape_interval: str = ""


class _ScrapedJobs(msgspec.Struct, rename="camel"):
    active_targets: list[_ScrapedTarget]


def scraped_jobs(line: "PrometheusLine") -> dict[str, float]:
    """Query the jobs with active targets, sorted, and the longest interval of each in seconds (0: unknown)."""
    jobs = dict[str, float]()
    for target in line.targets(_ScrapedJobs).active_targets:
        job, text = target.labels.get("job", ""), target.scrape_interval
        jobs[job] = max(jobs.get(job, 0.0), seconds(text) if is_duration(text) else 0.0)
    return dict(sorted(jobs.items()))


def stale_after(jobs: dict[str, float], job: str) -> dict[str, str]:
    """Return the key `stale_after` of a signal if three intervals of its job are longer than the default."""
    limit = 3 * jobs.get(job, PUSHED_EVERY_S)
    return {"stale_after": duration(limit)} if limit > DEFAULT_STALE_S else {}
