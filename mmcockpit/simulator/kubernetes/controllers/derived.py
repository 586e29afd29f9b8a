"""Status that is derived from pods: disruption budgets, autoscalers, endpoints, quotas."""

from __future__ import annotations

from collections.abc import Callable

from mmcockpit.simulator.kubernetes.api import quota
from mmcockpit.simulator.kubernetes.api.resources import (
    AUTOSCALERS,
    BUDGETS,
    BY_KIND,
    ENDPOINTS,
    ENDPOINTSLICES,
    PODS,
    QUOTAS,
    SERVICES,
    Resource,
)
from mmcockpit.simulator.kubernetes.api.selectors import object_selector
from mmcockpit.simulator.kubernetes.controllers.client import Client
from mmcockpit.simulator.kubernetes.controllers.conditions import condition, count_of
from mmcockpit.simulator.kubernetes.objects import (
    Object,
    clone,
    is_finished,
    is_ready,
    labels_of,
    name_of,
    namespace_of,
)


def budget(client: Client, value: Object) -> None:
    """Update how many pods of a PodDisruptionBudget may be disrupted now."""
    matches = object_selector(value["spec"].get("selector"))
    pods = [pod for pod in client.items(PODS, namespace_of(value)) if matches(labels_of(pod)) and not is_finished(pod)]
    healthy, expected = sum(map(is_ready, pods)), len(pods)
    if "minAvailable" in value["spec"]:
        desired = count_of(value["spec"]["minAvailable"], expected, up=True)
    else:
        desired = max(0, expected - count_of(value["spec"].get("maxUnavailable", 0), expected, up=True))
    allowed = max(0, healthy - desired)
    reason = "SufficientPods" if allowed else "InsufficientPods"
    shown = condition(value, "DisruptionAllowed", allowed > 0, reason, "")
    shown.pop("lastUpdateTime", None)
    status: Object = {
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": expected,
        "observedGeneration": value["metadata"]["generation"],
        "conditions": [shown | {"observedGeneration": value["metadata"]["generation"]}],
    }
    client.set_status(BUDGETS, value, status)


def autoscaler(client: Client, value: Object) -> None:
    """Update the replicas that an autoscaler reports; it does not scale."""
    reference = value["spec"]["scaleTargetRef"]
    resource = BY_KIND.get((reference.get("apiVersion", ""), reference["kind"]))
    target = resource and client.find(resource, namespace_of(value), reference["name"])
    if target:
        status = clone(value.get("status") or {})
        status |= {
            "currentReplicas": target.get("status", {}).get("replicas", 0),
            "desiredReplicas": target["spec"].get("replicas", 0),
        }
        client.set_status(AUTOSCALERS, value, status)


def service(client: Client, value: Object) -> None:
    """Update the Endpoints of a Service: addresses of its pods, by readiness."""
    selector, namespace = value["spec"].get("selector"), namespace_of(value)
    if not selector:
        return
    ready: list[Object] = []
    unready: list[Object] = []
    for pod in client.items(PODS, namespace):
        if selector.items() <= labels_of(pod).items() and pod["status"].get("podIP") and not is_finished(pod):
            uid = pod["metadata"]["uid"]
            reference = {"kind": "Pod", "namespace": namespace, "name": name_of(pod), "uid": uid}
            address = {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName"), "targetRef": reference}
            (ready if is_ready(pod) else unready).append(address)
    sides = {"addresses": ready, "notReadyAddresses": unready}
    subset: Object = {key: addresses for key, addresses in sides.items() if addresses}
    if subset:
        subset["ports"] = [_endpoint_port(port) for port in value["spec"].get("ports") or ()]
    fresh: Object = {
        "metadata": {"name": name_of(value), "namespace": namespace, "labels": dict(labels_of(value))},
        "subsets": [subset] if subset else [],
    }
    if client.find(ENDPOINTS, namespace, name_of(value)):
        client.edit(ENDPOINTS, namespace, name_of(value), lambda copy: copy.update(subsets=fresh["subsets"]))
    else:
        client.put(ENDPOINTS, fresh)
    _slice(client, value, [(address, True) for address in ready] + [(address, False) for address in unready])


def _slice(client: Client, value: Object, addresses: list[tuple[Object, bool]]) -> None:
    """Update the EndpointSlice of a Service: one for all its pods."""
    namespace, name = namespace_of(value), f"{name_of(value)}-slice"
    endpoints = [
        {
            "addresses": [address["ip"]],
            "conditions": {"ready": ready, "serving": ready, "terminating": False},
            "nodeName": address["nodeName"],
            "targetRef": address["targetRef"],
        }
        for address, ready in addresses
    ]
    if client.find(ENDPOINTSLICES, namespace, name):
        client.edit(ENDPOINTSLICES, namespace, name, lambda copy: copy.update(endpoints=endpoints))
        return
    labels = {**labels_of(value), "kubernetes.io/service-name": name_of(value)}
    ports = [_endpoint_port(port) for port in value["spec"].get("ports") or ()]
    metadata = {"metadata": {"name": name, "namespace": namespace, "labels": labels}}
    client.put(ENDPOINTSLICES, {**metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports})


def resource_quota(client: Client, value: Object) -> None:
    """Update the used part of a ResourceQuota."""
    hard = value["spec"].get("hard") or {}
    totals = quota.used(client.items(PODS, namespace_of(value)), hard)
    kept = (value.get("status") or {}).get("used") or {}
    used = {name: quota.quantity(name, totals[name]) if name in totals else kept.get(name, "0") for name in hard}
    client.set_status(QUOTAS, value, {"hard": dict(hard), "used": used})


def _endpoint_port(port: Object) -> Object:
    number = port.get("targetPort")
    shown = {
        "name": port.get("name"),
        "port": number if isinstance(number, int) else port["port"],
        "protocol": port.get("protocol", "TCP"),
    }
    return {key: text for key, text in shown.items() if text}


FOLLOWERS: dict[Resource, Callable[[Client, Object], None]] = {
    BUDGETS: budget,
    AUTOSCALERS: autoscaler,
    SERVICES: service,
    QUOTAS: resource_quota,
}
"""Kinds whose status is reconciled on every change of a pod in their namespace."""
