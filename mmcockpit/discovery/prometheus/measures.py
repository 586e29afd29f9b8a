"""What is measured of a service, as PromQL: its request rate, the share of errors, and quantiles of the latency."""

from typing import NamedTuple

from mmcockpit.discovery.prometheus.families import MetricFamily
from mmcockpit.discovery.prometheus.inventory import Matchers, ServiceMetrics, selector
from mmcockpit.sources.prometheus.promql import label_text

WINDOW = "5m"


class ErrorShare(NamedTuple):
    """The share of a service's requests that are errors."""

    family: MetricFamily
    matchers: Matchers
    code: str

    @property
    def query(self) -> str:
        """0 without errors, and no data without traffic."""
        counter = self.family.counter
        errors = selector(counter, self.matchers, f'{label_text(self.code)}=~"{self.family.errors}"')
        return (
            f"(sum(rate({errors}[{WINDOW}])) or vector(0))\n"
            f"/ (sum(rate({selector(counter, self.matchers)}[{WINDOW}])) > 0)\n"
        )


class Quantile(NamedTuple):
    """A quantile of the time that a service's requests take; `metric` is the series of the histogram."""

    metric: str
    matchers: Matchers
    quantile: float
    native: bool = False

    @property
    def query(self) -> str:
        """No data without traffic: the quantile of nothing is NaN."""
        rate = f"rate({selector(self.metric, self.matchers)}[{WINDOW}])"
        return f"histogram_quantile({self.quantile:g}, sum{'' if self.native else ' by (le) '}({rate}))"


class Use(NamedTuple):
    """The use of a resource, the largest of a service's instances: a metric, or its quotient by another one."""

    query: str
    used: str
    most: str
    matchers: Matchers


Measure = ErrorShare | Quantile | Use


def request_rate(metrics: ServiceMetrics) -> str:
    """Return the query of a service's requests a second."""
    return f"sum(rate({selector(metrics.family.counter, metrics.matchers)}[{WINDOW}]))"


def quantile(metrics: ServiceMetrics, value: float) -> Quantile:
    """Return a quantile of a service that has a histogram."""
    assert metrics.histogram is not None
    name = metrics.histogram.name if metrics.native else f"{metrics.histogram.name}_bucket"
    return Quantile(name, metrics.matchers, value, metrics.native)
