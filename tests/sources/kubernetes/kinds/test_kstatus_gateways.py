"""Readiness of Gateways and routes: by their conditions, those of listeners and those of each parent."""

from typing import Any

import pytest

from mmcockpit.sources.kubernetes.kstatus import readiness


def condition(name: str, status: str = "True", generation: int = 2, message: str = "") -> dict[str, Any]:
    return {"type": name, "status": status, "reason": "R", "message": message, "observedGeneration": generation}


def written(kind: str, status: Any, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "app", "generation": 2}
    version = "gateway.networking.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec, "status": status}


def parents(*each: list[dict[str, Any]]) -> dict[str, Any]:
    return {"parents": [{"parentRef": {"name": "way"}, "conditions": conditions} for conditions in each]}


GOOD = [condition("Accepted"), condition("Programmed")]
ROUTED = [condition("Accepted"), condition("ResolvedRefs")]
LISTENER = {"name": "https", "conditions": [condition("Programmed", "False", message="no certificate")]}
UNRESOLVED = [condition("Accepted"), condition("ResolvedRefs", "False", message="Service app not found")]
TWO = [{"name": "way"}, {"name": "other"}]
GONE = {"parentRef": {"name": "way", "sectionName": "old"}, "conditions": UNRESOLVED}
WEB = {"parentRef": {"name": "way", "sectionName": "web"}, "conditions": ROUTED}
CONFLICT = {"name": "web", "conditions": [{"type": "Conflicted", "status": "True"}]}
LISTENERS = [{"name": "web"}, {"name": "https"}]
PENDING = [{"type": "Accepted", "status": "Unknown", "reason": "Pending", "message": "Waiting for controller"}]


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        (written("GatewayClass", {"conditions": [condition("Accepted")]}), "Current", "accepted"),
        (written("GatewayClass", {"conditions": PENDING}), "InProgress", "Waiting for controller"),
        (written("Gateway", {"conditions": GOOD}), "Current", "programmed"),
        (
            written("Gateway", {"conditions": GOOD, "listeners": [LISTENER]}),
            "InProgress",
            "listener https: no certificate",
        ),
        (written("Gateway", {"conditions": GOOD[:1]}), "InProgress", "no condition Programmed yet"),
        (
            written("Gateway", {"conditions": [condition("Accepted"), condition("Programmed", generation=1)]}),
            "InProgress",
            "condition Programmed is of generation 1, not 2",
        ),
        (written("Gateway", {}), "InProgress", "no condition Accepted yet"),
        (written("HTTPRoute", parents(ROUTED), parentRefs=[{"name": "way"}]), "Current", "accepted"),
        (written("GRPCRoute", parents(ROUTED, UNRESOLVED)), "InProgress", "Service app not found"),
        (
            written("HTTPRoute", parents(ROUTED), parentRefs=[{"name": "way"}, {"name": "other"}]),
            "InProgress",
            "reports from 1 of 2 parents",
        ),
        (written("HTTPRoute", {"parents": []}), "InProgress", "reports from 0 of 1 parent"),
        (written("HTTPRoute", parents(ROUTED, ROUTED), parentRefs=TWO), "InProgress", "reports from 1 of 2 parents"),
        (written("HTTPRoute", parents(UNRESOLVED), parentRefs=TWO[1:]), "InProgress", "reports from 0 of 1 parent"),
        (written("HTTPRoute", {"parents": [GONE, WEB]}, parentRefs=[WEB["parentRef"]]), "Current", "accepted"),
        (
            written("Gateway", {"conditions": GOOD, "listeners": [CONFLICT]}),
            "InProgress",
            "listener web: condition Conflicted is True",
        ),
        (
            written("Gateway", {"conditions": GOOD, "listeners": [{"name": "web"}]}, listeners=LISTENERS),
            "InProgress",
            "listener https: no status yet",
        ),
        (written("Gateway", {"conditions": GOOD}, listeners=LISTENERS), "Current", "programmed"),
    ],
)
def test_an_object_of_the_gateway_api_is_ready_once_its_controller_has_done_its_work(
    document: dict[str, Any], status: str, message: str
) -> None:
    assert tuple(readiness(document, has_status=True)) == (status, message)
