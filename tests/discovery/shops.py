"""A Prometheus that scrapes a shop."""

from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import ScrapeJob
from tests.conftest import PrometheusFactory
from tests.discovery.metrics import SHOP_PAGE, Backfill, wait_until_scraped
from tests.servers.http import Answer, HttpServer

RULES = """
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: >-
          sum(rate(http_requests_total{job="shop",code=~"5.."}[5m]))
          / sum(rate(http_requests_total{job="shop"}[5m])) > 0.05
        for: 3m
        labels: {severity: critical}
"""


def shop(http_server: HttpServer, factory: PrometheusFactory) -> str:
    """Start a Prometheus that scrapes a shop with traffic and no errors; return its URL."""
    http_server.answers["/metrics"] = Answer(body=SHOP_PAGE, headers={"Content-Type": "text/plain"})
    samples = Backfill().requests("http_requests_total", {"job": "shop"}, "code", {"200": 20.0, "404": 1.0})
    samples.histogram("http_request_duration_seconds", {"job": "shop"}, 20.0)
    job = ScrapeJob("shop", [f"{HOST}:{http_server.port}"])
    server = factory(scrape=(job,), rules=RULES, backfill=samples.text)
    wait_until_scraped(server)
    return server.url
