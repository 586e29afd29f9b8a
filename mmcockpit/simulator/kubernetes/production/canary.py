"""The objects of a shop that is delivered by Argo Rollouts: nodes, its namespace, a Rollout with three weights."""

from __future__ import annotations

from mmcockpit.simulator.kubernetes.api.resources import ROLLOUTS
from mmcockpit.simulator.kubernetes.objects import Object
from mmcockpit.simulator.kubernetes.production.backends import labels, service
from mmcockpit.simulator.kubernetes.production.manifests import container, make, template
from mmcockpit.simulator.kubernetes.production.platform import namespace, nodes
from mmcockpit.simulator.services import SimulatedService

PORT = 8080
WEIGHTS = (5, 20, 50)
"""Percentages of the traffic, with a pause until promoted after each."""
REPLICAS = 4


def canary_objects(shop: SimulatedService, version: str) -> list[Object]:
    """Return every object of the production; its controllers create the pods."""
    chosen = labels(shop.name, "web")
    box = container("web", f"{shop.repository}:{version}", PORT, "100m:500m", "256Mi:512Mi")
    steps = [one for weight in WEIGHTS for one in _steps(weight)]
    spec = {
        "replicas": REPLICAS,
        "selector": {"matchLabels": dict(chosen)},
        "template": template(chosen, box),
        "strategy": {"canary": {"steps": steps, "trafficRouting": {"nginx": {"stableIngress": shop.name}}}},
    }
    return [
        *nodes(),
        namespace(shop.namespace),
        make(ROLLOUTS, shop.namespace, shop.name, dict(chosen), spec=spec),
        service(shop.namespace, shop.name, chosen, PORT, ip="10.96.8.20"),
    ]


def _steps(weight: int) -> tuple[Object, Object]:
    return {"setWeight": weight}, {"pause": {}}
