"""Samples of a day to backfill a real Prometheus with, as OpenMetrics."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence

from mmcockpit.simulator.servers.prometheus import Prometheus
from tests.servers.wait import wait_until

STEP_S = 60
AHEAD_S = 1200
"""How far after now samples may continue, so that none is too old on a busy machine."""
Value = Callable[[float, float], float]
"""The value of a sample from its age and the age of the first one, in seconds."""

SHARES = {"0.1": 0.9, "0.5": 0.98, "1": 0.995, "+Inf": 1.0}
"""Shares of the requests that take at most so long, in seconds."""


class Backfill:
    """Counters that grow at a constant rate, and gauges, sampled every minute up to now.

    With `ahead` they continue after now; then a server records nothing else in this time.
    """

    def __init__(self, hours: float = 24.5, ahead: bool = False) -> None:
        self._hours, self._ahead_s = hours, AHEAD_S if ahead else 0
        self._series: dict[str, list[str]] = {}

    def counter(self, metric: str, labels: Mapping[str, str], rate: float) -> "Backfill":
        """Add a counter with this rate a second."""
        return self._add(metric, labels, lambda age_s, all_s: rate * (all_s - age_s))

    def gauge(self, metric: str, labels: Mapping[str, str], value: float) -> "Backfill":
        """Add a gauge."""
        return self._add(metric, labels, lambda age_s, all_s: value)

    def histogram(self, name: str, labels: Mapping[str, str], rate: float, scale: float = 1.0) -> "Backfill":
        """Add the buckets of a histogram; `scale` is 1000 for milliseconds."""
        for le, share in SHARES.items():
            bound = le if le == "+Inf" else f"{float(le) * scale:g}"
            self.counter(f"{name}_bucket", {**labels, "le": bound}, rate * share)
        return self

    def requests(self, metric: str, labels: Mapping[str, str], code: str, rates: Mapping[str, float]) -> "Backfill":
        """Add a counter of requests by their result."""
        for value, rate in rates.items():
            self.counter(metric, {**labels, code: value}, rate)
        return self

    @property
    def text(self) -> str:
        """The samples of one metric after the other, as promtool reads them."""
        return "".join(f"{line}\n" for lines in self._series.values() for line in lines) + "# EOF\n"

    def _add(self, metric: str, labels: Mapping[str, str], value: Value) -> "Backfill":
        # A sample of a second that has not begun is not there yet.
        now, all_s = int(time.time()), self._hours * 3600
        inside = ",".join(f'{name}="{text}"' for name, text in labels.items())
        samples = self._series.setdefault(metric, [])
        for age_s in range(int(all_s), -self._ahead_s - 1, -STEP_S):
            samples.append(f"{metric}{{{inside}}} {value(age_s, all_s):.3f} {now - age_s}")
        return self


def utf8_series(base: str) -> str:
    """Return a histogram with names that are not translated, as VictoriaMetrics imports it, since half an hour ago.

    5% of 100 requests a second are errors.
    """
    now = int(time.time())
    stamps = [(now - STEP_S * age) * 1000 for age in range(30, -AHEAD_S // STEP_S - 1, -1)]
    own, code = {"job": "shop/cart", "k8s.namespace.name": "store"}, "http.response.status_code"
    rows: list[tuple[str, dict[str, str], float]]
    rows = [(f"{base}_count", {code: status}, rate) for status, rate in (("200", 95.0), ("503", 5.0))]
    rows += [(f"{base}_bucket", {code: "200", "le": le}, 100 * share) for le, share in SHARES.items()]
    series: list[dict[str, object]] = [
        {
            "metric": {"__name__": name, **own, **labels},
            "timestamps": stamps,
            "values": [rate * STEP_S * n for n in range(len(stamps))],
        }
        for name, labels, rate in rows
    ]
    return "\n".join(map(json.dumps, series))


def scraped_page(families: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
    """Return a page with counters of these labels that do not grow: their metrics have a recent sample."""
    lines = [
        f"{metric}{{{','.join(f'{key}={json.dumps(text)}' for key, text in labels.items())}}} 0"
        for metric, rows in families.items()
        for labels in rows
    ]
    return "".join(f"{line}\n" for line in lines)


SHOP_PAGE = scraped_page(
    {"http_requests_total": [{"code": "200"}], "http_request_duration_seconds_bucket": [{"le": le} for le in SHARES]}
)


def wait_until_scraped(server: Prometheus) -> None:
    """Wait until every target of a server was scraped."""

    def scraped() -> bool:
        # Ignore proxies of the environment for a local server.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{server.url}/api/v1/targets?state=active", timeout=5) as response:
            targets = json.load(response)["data"]["activeTargets"]
        return bool(targets) and all(target["health"] == "up" for target in targets)

    wait_until(scraped, "every target is scraped")
