"""Freshness of the samples behind a result: an instant query returns its own time, however old the samples are."""

import math
from time import monotonic
from typing import TYPE_CHECKING

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.prometheus.scrapes import ended

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine, ResultSeries

LOOKBACK_S = 300.0
"""Seconds for which Prometheus itself looks back for the newest sample of a series."""

FRESH_FOR_S = 4.0
"""Seconds for which a fresh newest sample is reused by other signals with the same selector."""
NATIVE_HISTOGRAM = (
    "a series without a number, for example a native histogram; use histogram_quantile or histogram_count"
)


class Freshness:
    """Newest samples by selector, so that signals with the same selector do not each query it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, float], tuple[float, float]] = {}

    def newest(self, line: "PrometheusLine", question: Question) -> float:
        """Return the Unix time of the newest sample of the `fresh` selector; ProbeError(stale) if it is too old."""
        key = (question.fresh, question.stale_after)
        asked, sampled = self._known.get(key, (-FRESH_FOR_S, 0.0))
        now = monotonic()
        if now - asked >= min(FRESH_FOR_S, question.stale_after / 10):
            sampled = _newest_sample(line, question)
            self._known[key] = (now, sampled)
        return sampled


def _newest_sample(line: "PrometheusLine", question: Question) -> float:
    """Return the Unix time of the newest sample of the signal's `fresh` selector; ProbeError(stale) if too old."""
    selector, limit = question.fresh, question.stale_after
    newest = f"timestamp({selector}\n)"
    if limit > LOOKBACK_S:
        newest = f"max_over_time({newest}[{math.ceil(limit)}s:{math.ceil(limit / 60)}s])"
    _, series = line.query(f"max({newest})")
    shown = selector if len(selector) <= 120 else selector[:119] + "…"
    if not series:
        raise line.fault(FaultKind.STALE, ended(line, shown if shown == selector else "the fresh selector"))
    now, sampled = instant(line, series[0])
    if now - sampled > limit:
        raise line.fault(
            FaultKind.STALE, f"newest sample of {shown} is {duration(now - sampled)} old (limit {duration(limit)})"
        )
    return sampled


def instant(line: "PrometheusLine", series: "ResultSeries") -> tuple[float, float]:
    """Return the time (Unix seconds) and the number of a series of an instant query."""
    if series.value is None:
        raise line.fault(FaultKind.QUERY, NATIVE_HISTOGRAM)
    return series.value[0], number(line, series.value[1])


def number(line: "PrometheusLine", text: str) -> float:
    """Return a sample's number, which may be NaN or infinite; ProbeError(malformed) if it is not a number."""
    try:
        return float(text)
    except ValueError as error:
        raise line.fault(FaultKind.MALFORMED, f"{text[:40]!r} is not a number") from error
