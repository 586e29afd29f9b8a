"""A day of the shop's metrics, as text that promtool writes into Prometheus."""

import math
from collections.abc import Iterator, Mapping

from tests.shop.application import BUCKETS

STEP_S = 120
DAY_S = 86_400
QUIET_S = 600
"""How long before now the history ends: queries over a few minutes then see only what the live shop does."""
ROUTES = (
    ("GET", "/catalog"),
    ("GET", "/cart/{customer}"),
    ("POST", "/cart/{customer}"),
    ("POST", "/checkout/{customer}"),
)
ERROR_SHARE = 0.002
TYPICAL_S = 0.02


def openmetrics(now: float, labels: Mapping[str, str]) -> str:
    """Return samples from a day before `now` to QUIET_S before it; `labels` are those of the scraped target."""
    times = range(int(now - DAY_S), int(now - QUIET_S), STEP_S)
    counts = list(_requests(times))
    lines = ["# TYPE http_requests counter", *_counters(labels, times, counts)]
    lines += ["# TYPE http_request_duration_seconds histogram", *_histograms(labels, times, counts)]
    lines += ["# TYPE process_resident_memory_bytes gauge"]
    lines += [_line("process_resident_memory_bytes", labels, 6e7 + 1e6 * math.sin(at / 9000), at) for at in times]
    return "\n".join([*lines, "# EOF", ""])


def _requests(times: range) -> Iterator[float]:
    """Yield the requests of one route until each time: 1 a second, twice as many in the evening."""
    total = 0.0
    for at in times:
        yield total
        total += STEP_S * (1.5 + 0.5 * math.sin(2 * math.pi * at / DAY_S))


def _counters(labels: Mapping[str, str], times: range, counts: list[float]) -> Iterator[str]:
    for method, route in ROUTES:
        good = "201" if method == "POST" else "200"
        for status, share in ((good, 1 - ERROR_SHARE), ("500", ERROR_SHARE)):
            own = {**labels, "method": method, "route": route, "status": status}
            for at, count in zip(times, counts, strict=True):
                yield _line("http_requests_total", own, math.floor(count * share), at)


def _histograms(labels: Mapping[str, str], times: range, counts: list[float]) -> Iterator[str]:
    name = "http_request_duration_seconds"
    for method, route in ROUTES:
        own = {**labels, "method": method, "route": route}
        for edge in BUCKETS:
            share = 1 - math.exp(-edge / TYPICAL_S)
            for at, count in zip(times, counts, strict=True):
                yield _line(f"{name}_bucket", {**own, "le": str(edge)}, math.floor(count * share), at)
        for at, count in zip(times, counts, strict=True):
            yield _line(f"{name}_bucket", {**own, "le": "+Inf"}, math.floor(count), at)
        for at, count in zip(times, counts, strict=True):
            yield _line(f"{name}_count", own, math.floor(count), at)
        for at, count in zip(times, counts, strict=True):
            yield _line(f"{name}_sum", own, math.floor(count) * TYPICAL_S, at)


def _line(name: str, labels: Mapping[str, str], value: float, at: int) -> str:
    inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value} {at}"
