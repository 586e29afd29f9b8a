"""The objects of a shop that is delivered by Argo Rollouts: nodes, its namespace, a Rollout with three weights."""

from __future__ import annotations

from mmcockpit.simulator.kubernetes.api.resources import ANALYSISTEMPLATES, ROLLOUTS
from mmcockpit.simulator.kubernetes.objects import Object
from mmcockpit.simulator.kubernetes.production.backends import labels, service
from mmcockpit.simulator.kubernetes.production.manifests import container, make, template
from mmcockpit.simulator.kubernetes.production.platform import namespace, nodes
from mmcockpit.simulator.services import SimulatedService

PORT = 8080
WEIGHTS = (5, 20, 50)
"""Percentages of the traffic, with a pause until promoted after each."""
REPLICAS = 4
SMOKE, ERRORS = "smoke", "error-share"
"""The analysis at the first weight, and the one in the background."""
QUERY = 'sum(rate(shop_requests_total{status="500"}[30s])) / sum(rate(shop_requests_total[30s]))'


def canary_objects(shop: SimulatedService, version: str) -> list[Object]:
    """Return every object of the production; its controllers create the pods."""
    chosen = labels(shop.name, "web")
    box = container("web", f"{shop.repository}:{version}", PORT, "100m:500m", "256Mi:512Mi")
    first, *others = WEIGHTS
    smoke = {"analysis": {"templates": [{"templateName": SMOKE}]}}
    steps = [{"setWeight": first}, smoke, {"pause": {}}, *(one for weight in others for one in _steps(weight))]
    canary = {
        "steps": steps,
        "analysis": {"templates": [{"templateName": ERRORS}], "startingStep": 1},
        "trafficRouting": {"nginx": {"stableIngress": shop.name}},
    }
    spec = {
        "replicas": REPLICAS,
        "selector": {"matchLabels": dict(chosen)},
        "template": template(chosen, box),
        "strategy": {"canary": canary},
    }
    return [
        *nodes(),
        namespace(shop.namespace),
        make(ANALYSISTEMPLATES, shop.namespace, SMOKE, {}, spec={"metrics": [_metric(SMOKE, "2s", 0, count=3)]}),
        make(ANALYSISTEMPLATES, shop.namespace, ERRORS, {}, spec={"metrics": [_metric(ERRORS, "5s", 100)]}),
        make(ROLLOUTS, shop.namespace, shop.name, dict(chosen), spec=spec),
        service(shop.namespace, shop.name, chosen, PORT, ip="10.96.8.20"),
    ]


def _steps(weight: int) -> tuple[Object, Object]:
    return {"setWeight": weight}, {"pause": {}}


def _metric(name: str, interval: str, allowed: int, **more: int) -> Object:
    """Return a metric of which this many measurements may fail."""
    provider = {"prometheus": {"address": "http://prometheus.monitoring:9090", "query": QUERY}}
    success = {"successCondition": "result[0] < 0.01", "failureLimit": allowed}
    return {"name": name, "interval": interval, **success, "provider": provider, **more}
