"""The objects of the shop's production: nodes, its namespace, its Deployment in the second revision, its Service."""

from __future__ import annotations

from collections.abc import Iterator

from mmcockpit.simulator.kubernetes.controllers.rollout import REVISION
from mmcockpit.simulator.kubernetes.objects import Object, clone
from mmcockpit.simulator.kubernetes.production.backends import budget, labels, service
from mmcockpit.simulator.kubernetes.production.manifests import Placed, container, deployment, template
from mmcockpit.simulator.kubernetes.production.modelmuxer import CAUSE, PREVIOUS
from mmcockpit.simulator.kubernetes.production.platform import namespace, nodes
from mmcockpit.simulator.release import image_of
from mmcockpit.simulator.services import SimulatedService

PORT = 8080


def shop_objects(shop: SimulatedService, version: str) -> list[Object]:
    """Return every object of the production."""
    hosts = nodes()
    placed = Placed(hosts)
    chosen = labels(shop.name, "web")
    return [
        *hosts,
        namespace(shop.namespace),
        *_deployment(shop, version, chosen, placed),
        service(shop.namespace, shop.name, chosen, PORT, ip="10.96.8.20"),
        budget(shop.namespace, shop.name, chosen, 2),
    ]


def _deployment(shop: SimulatedService, version: str, chosen: dict[str, str], placed: Placed) -> Iterator[Object]:
    probe = {"httpGet": {"path": "/health", "port": PORT}, "periodSeconds": 5}
    box = container("web", image_of(version, shop.repository), PORT, "100m:500m", "256Mi:512Mi", readinessProbe=probe)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    cause = {CAUSE: f"release {version}"}
    value = deployment(shop.namespace, shop.name, 3, template(chosen, box), strategy=strategy, annotations=cause)
    before = clone(value["spec"]["template"])
    before["spec"]["containers"][0]["image"] = image_of(PREVIOUS, shop.repository)
    for owner in placed.deployment(value, [before]):
        if owner["kind"] == "ReplicaSet" and owner["metadata"]["annotations"][REVISION] == "1":
            owner["metadata"]["annotations"][CAUSE] = f"release {PREVIOUS}"
        yield owner
