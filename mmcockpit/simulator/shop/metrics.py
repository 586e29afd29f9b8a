"""Metrics of the shop's pods at /metrics, computed from the world's traffic."""

import math

from mmcockpit.simulator.production import EDGES_MS
from mmcockpit.simulator.prometheus.exposition import Sample, histogram
from mmcockpit.simulator.prometheus.metrics import FamilyOf, Moment, Samples

ROUTES = {"/": 0.45, "/product": 0.4, "/cart": 0.1, "/checkout": 0.05}
"""Share of the requests by route."""
SPEEDUP = 0.2
"""The shop's pages take this part of the world's latency."""


def _requests(moment: Moment) -> Samples:
    for route, share in ROUTES.items():
        for status, quantity in (("200", "ok"), ("500", "errors")):
            labels = {"route": route, "status": status}
            yield Sample("shop_requests_total", labels, math.floor(moment.counts[quantity] * share))


def _durations(moment: Moment) -> Samples:
    count = math.floor(moment.counts["ok"] + moment.counts["errors"])
    under = [min(count, math.floor(moment.counts[f"le:{edge}"])) for edge in EDGES_MS]
    edges = [edge * SPEEDUP / 1000.0 for edge in EDGES_MS]
    total = round(moment.counts["ms"] * SPEEDUP / 1000.0, 3)
    yield from histogram("shop_request_duration_seconds", {}, edges, under, count, total)


def _orders(moment: Moment) -> Samples:
    for result, quantity in (("ok", "ok"), ("failed", "errors")):
        yield Sample("shop_orders_total", {"result": result}, math.floor(moment.counts[quantity] * ROUTES["/checkout"]))


SHOP: tuple[FamilyOf, ...] = (
    FamilyOf("shop_requests_total", "counter", "Requests by route and status", _requests),
    FamilyOf("shop_request_duration_seconds", "histogram", "Request duration", _durations),
    FamilyOf("shop_orders_total", "counter", "Orders by result", _orders),
)
