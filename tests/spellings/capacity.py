"""Spellings of room and resilience: namespace, limits, probes, autoscaler, budget, mesh, volumes, slots, zones."""

import json
from typing import Any

from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.spellings.case import (
    APP,
    LABELS,
    LIMITS,
    NAMESPACE,
    PINNED,
    UNKNOWN,
    WARN,
    Case,
    Object,
    app,
    box,
    broken,
    made,
    sane,
)


def relabel(*labels: str) -> Any:
    """Change labels of the case's namespace."""

    def act(kubectl: Kubectl) -> None:
        if labels:
            kubectl("label", "--overwrite", "namespace", kubectl.namespace, *labels)

    return act


def _hang(kubectl: Kubectl) -> None:
    """Delete the namespace while a finalizer holds one of its objects."""
    kubectl("create", "configmap", "held")
    kubectl("patch", "configmap", "held", "-p", '{"metadata": {"finalizers": ["example.test/hold"]}}')
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")
    wait_until(lambda: kubectl.json("namespace", kubectl.namespace)["status"]["phase"] == "Terminating", "it is going")


PART_OF = "app.kubernetes.io/part-of=modelmuxer"
NAMESPACES = [
    sane("namespace", "labels name and part-of", act=relabel("name=modelmuxer", PART_OF)),
    sane("namespace", "only the name that Kubernetes sets", act=relabel(PART_OF)),
    sane(
        "namespace",
        "labels of pod security beside",
        act=relabel(PART_OF, "pod-security.kubernetes.io/enforce=baseline"),
    ),
    broken("namespace", "without part-of", act=relabel()),
    broken("namespace", "an empty part-of", act=relabel("app.kubernetes.io/part-of=")),
    broken("namespace", "being deleted", act=_hang),
]

ONLY_LIMITS = {"limits": {"cpu": 1, "memory": "1Gi"}}
RANGE = made(
    "v1",
    "LimitRange",
    "all",
    spec={"limits": [{"type": "Container", "default": {"cpu": "0.5", "memory": "1e9"}}]},
)
POD_RANGE = made("v1", "LimitRange", "pods", spec={"limits": [{"type": "Pod", "max": {"cpu": "4", "memory": "8Gi"}}]})
SIDECAR = box("proxy", restartPolicy="Always", resources=LIMITS)


def limits(signal: str, kind: str) -> list[Case]:
    """The same spellings for Deployments and StatefulSets."""

    def of(*boxes: Object, **more: Any) -> Object:
        return app(*boxes, kind=kind, **more)

    return [
        sane(signal, "requests and limits", of()),
        sane(signal, "limits only, as numbers", of(box(resources=ONLY_LIMITS))),
        sane(signal, "fractions and exponents", of(box(resources={"limits": {"cpu": 0.5, "memory": "1e9"}}))),
        sane(signal, "defaults of a LimitRange", of(box(resources={})), RANGE),
        sane(signal, "limits of the whole pod", of(box(resources={}), resources=LIMITS)),
        sane(signal, "a native sidecar with limits", of(initContainers=[SIDECAR])),
        broken(signal, "no resources", of(box(resources={}))),
        broken(signal, "requests only", of(box(resources={"requests": LIMITS["requests"]}))),
        broken(signal, "no limit of memory", of(box(resources={"limits": {"cpu": "1"}}))),
        broken(signal, "an init container without", of(initContainers=[box("init", resources={})])),
        broken(signal, "a sidecar without", of(box(), box("side", resources={}))),
        broken(signal, "a LimitRange of pods gives nothing", of(box(resources={})), POD_RANGE),
    ]


LIMITED = [
    *limits("deployment_limits", "Deployment"),
    broken("deployment_limits", "the application is missing", app(name="other")),
    broken("deployment_limits", "no Deployment at all", level=UNKNOWN),
    *limits("set_limits", "StatefulSet"),
]

QUOTA = made("v1", "ResourceQuota", "small", spec={"hard": {"pods": "1"}})
NO_ROOM = made("v1", "ResourceQuota", "cpu", spec={"hard": {"limits.cpu": "100m"}})
UNLIMITED = made("v1", "ResourceQuota", "cpu", spec={"hard": {"limits.cpu": "8"}})
REFUSALS = [
    sane("quota_refusals", "no quota", app()),
    sane("quota_refusals", "a quota with room", app(replicas=1), QUOTA),
    sane("quota_refusals", "several Deployments", app(), app(name="other")),
    broken("quota_refusals", "more pods than the quota", QUOTA, app(replicas=3), settles=False),
    broken("quota_refusals", "limits above the quota", NO_ROOM, app(replicas=1), settles=False),
    broken("quota_refusals", "no limits under a quota", UNLIMITED, app(box(resources={}), replicas=1), settles=False),
    broken("quota_refusals", "no ReplicaSet at all", level=UNKNOWN),
]


def http(path: str, **more: Any) -> Object:
    return {"httpGet": {"path": path, "port": 8000, **more}}


HEALTH = http("/health")


def probed(live: Any = HEALTH, ready: Any = HEALTH, start: Any = HEALTH) -> Object:
    """Fields of a container with these probes; None is one without."""
    given = {"livenessProbe": live, "readinessProbe": ready, "startupProbe": start}
    return {name: one for name, one in given.items() if one}


PORTS = [{"name": "http", "containerPort": 8000}]
MAIN = {"kubectl.kubernetes.io/default-container": "api"}
PROBES = [
    sane("probes", "three of HTTP", app(box(**probed()))),
    sane("probes", "a named port", app(box(ports=PORTS, **probed(http("/health", port="http"))))),
    sane("probes", "gRPC", app(box(**probed(*[{"grpc": {"port": 8000}}] * 3)))),
    sane("probes", "commands", app(box(**probed(*[{"exec": {"command": ["true"]}}] * 3)))),
    sane("probes", "TCP", app(box(**probed(*[{"tcpSocket": {"port": 8000}}] * 3)))),
    sane("probes", "a sidecar without probes", app(box("proxy"), box(**probed()))),
    sane("probes", "a native sidecar without probes", app(box(**probed()), initContainers=[SIDECAR])),
    sane("probes", "an annotated container", app(box("proxy"), box("api", **probed()), annotations=MAIN)),
    sane("probes", "a query behind the path", app(box(**probed(http("/health?verbose=1"))))),
    broken("probes", "no liveness", app(box(**probed(live=None)))),
    broken("probes", "no readiness", app(box(**probed(ready=None)))),
    broken("probes", "no startup", app(box(**probed(start=None)))),
    broken("probes", "only the sidecar is probed", app(box("proxy", **probed()), box())),
    broken("probes", "another path", app(box(**probed(ready=http("/"))))),
    broken("probes", "no path", app(box(**probed(ready={"httpGet": {"port": 8000}})))),
    broken("probes", "no Deployment"),
]


def scaler(*metrics: Object, target: str = APP, conditions: Any = (), values: Any = None, **spec: Any) -> Object:
    """An autoscaler with the status that its controller would write."""
    found = [{"type": "AbleToScale", "status": "True"}, {"type": "ScalingActive", "status": "True"}]
    found = [*[one for one in found if one["type"] not in {each["type"] for each in conditions}], *conditions]
    for one in found:
        one.setdefault("lastTransitionTime", "2026-11-28T00:00:00Z")
        one.setdefault("reason", "ReadyForNewScale")
        one.setdefault("message", "m")
    wanted = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}, "maxReplicas": 10}
    status = {
        "currentReplicas": 3,
        "desiredReplicas": 3,
        "conditions": found,
        "currentMetrics": values if values is not None else [_valued(one) for one in metrics],
    }
    body = {"spec": {**wanted, "minReplicas": 3, "metrics": list(metrics), **spec}, "status": status}
    return made("autoscaling/v2", "HorizontalPodAutoscaler", "modelmuxer-hpa", **body)


def _valued(one: Object) -> Object:
    found: Object = json.loads(json.dumps(one))
    part = found[found["type"][0].lower() + found["type"][1:]]
    part.pop("target")
    kind = one["type"]
    part["current"] = {"averageUtilization": 10, "averageValue": "1"} if "esource" in kind else {"averageValue": "1"}
    return found


TARGET = {"type": "Utilization", "averageUtilization": 70}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": TARGET}}
MEMORY = {"type": "Resource", "resource": {"name": "memory", "target": TARGET}}
OWN = {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": APP, "target": TARGET}}
VALUE = {"type": "AverageValue", "averageValue": "100"}
QUEUE = {"type": "External", "external": {"metric": {"name": "queue_length"}, "target": VALUE}}
RPS = {"type": "Pods", "pods": {"metric": {"name": "requests_per_second"}, "target": VALUE}}
OBJECT = {
    "type": "Object",
    "object": {
        "metric": {"name": "rps"},
        "target": VALUE,
        "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "web"},
    },
}


def condition(kind: str, status: str, reason: str) -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": reason}


AT_MAXIMUM = condition("ScalingLimited", "True", "TooManyReplicas")
AT_MINIMUM = condition("ScalingLimited", "True", "TooFewReplicas")
AUTOSCALERS = [
    sane("hpa", "CPU and memory", scaler(CPU, MEMORY)),
    sane("hpa", "of one container", scaler(OWN)),
    sane("hpa", "external", scaler(QUEUE)),
    sane("hpa", "pods and an object", scaler(RPS, OBJECT)),
    sane("hpa", "at its minimum", scaler(CPU, conditions=[AT_MINIMUM])),
    broken("hpa", "at its maximum", scaler(CPU, conditions=[AT_MAXIMUM]), level=WARN),
    broken("hpa", "a metric without a value", scaler(CPU, RPS, values=[_valued(CPU)])),
    broken("hpa", "an empty value", scaler(CPU, RPS, values=[_valued(CPU), {"type": ""}])),
    broken("hpa", "inactive", scaler(CPU, conditions=[condition("ScalingActive", "False", "FailedGetResourceMetric")])),
    broken("hpa", "unable", scaler(CPU, conditions=[condition("AbleToScale", "False", "FailedGetScale")])),
    broken("hpa", "of another Deployment", scaler(CPU, target="other")),
    broken("hpa", "missing"),
    broken("hpa", "not seen yet", made("autoscaling/v2", "HorizontalPodAutoscaler", "modelmuxer-hpa", spec={
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gone"}, "maxReplicas": 3})),
]  # fmt: skip


def budget(name: str = "modelmuxer-pdb", **spec: Any) -> Object:
    wanted = {"selector": {"matchLabels": LABELS}, **spec}
    return made("policy/v1", "PodDisruptionBudget", name, spec=wanted)


def expressed(key: str, operator: str, *values: str) -> Object:
    """A selector of one expression."""
    one: Object = {"key": key, "operator": operator}
    return {"matchExpressions": [{**one, "values": list(values)} if values else one]}


NAME = "app.kubernetes.io/name"
BUDGETS = [
    sane("pdb", "minAvailable", app(replicas=2), budget(minAvailable=1)),
    sane("pdb", "per cent", app(replicas=2), budget(minAvailable="50%")),
    sane("pdb", "maxUnavailable", app(replicas=2), budget(maxUnavailable="25%")),
    sane("pdb", "an expression", app(replicas=2), budget(minAvailable=1, selector=expressed(NAME, "In", APP, "x"))),
    sane("pdb", "all pods", app(replicas=2), budget(maxUnavailable=1, selector={})),
    sane("pdb", "one label of two", app(replicas=2), budget(minAvailable=1, selector={"matchLabels": {NAME: APP}})),
    broken("pdb", "other pods", app(replicas=2), budget(minAvailable=1, selector={"matchLabels": {NAME: "other"}})),
    broken("pdb", "excluded", app(replicas=2), budget(minAvailable=1, selector=expressed(NAME, "NotIn", APP))),
    broken("pdb", "as many as there are", app(replicas=2), budget(minAvailable=2)),
    broken("pdb", "none may go", app(replicas=2), budget(maxUnavailable=0)),
    broken("pdb", "two of the same pods", app(replicas=2), budget(minAvailable=1), budget("second", minAvailable=1)),
    broken("pdb", "scaled to zero", app(), budget(minAvailable=1)),
    broken("pdb", "missing", app(replicas=2)),
]

PROXY = box("istio-proxy")
MESH = [
    sane("mesh", "Istio's container", app(box(), PROXY, replicas=1)),
    sane("mesh", "in front", app(PROXY, box(), replicas=1)),
    sane("mesh", "a native sidecar", app(replicas=1, initContainers=[box("istio-proxy", restartPolicy="Always")])),
    sane("mesh", "Linkerd's", app(box(), box("linkerd-proxy"), replicas=1)),
    sane("mesh", "no mesh", app(replicas=1)),
    broken("mesh", "one Deployment of two", app(box(), PROXY, replicas=1), app(
        name="second", replicas=1, labels={**LABELS, "track": "canary"})),
    broken("mesh", "only set up, no proxy", app(replicas=1, initContainers=[box("istio-init")]), app(
        box(), PROXY, name="second", replicas=1, labels={**LABELS, "track": "canary"})),
    broken("mesh", "half of each", app(box(), PROXY, replicas=1), app(box(), box("linkerd-proxy"),
        name="second", replicas=1, labels={**LABELS, "track": "canary"})),
]  # fmt: skip


def storage(name: str, metadata: Any = None, **more: Any) -> Object:
    return made("storage.k8s.io/v1", "StorageClass", name, metadata, provisioner="example.test/disk", **more)


MINE = f"storage-class-{NAMESPACE}"
DEFAULT = {"annotations": {"storageclass.kubernetes.io/is-default-class": "false"}}
ON: Any = {"vars": {"storage_class": MINE}}
LATE = {"volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": True}
CLASSES = [
    sane("storage_class", "the class", storage(MINE), **ON),
    sane("storage_class", "waits for a consumer", storage(MINE, **LATE), **ON),
    sane("storage_class", "with parameters", storage(MINE, DEFAULT, parameters={"type": "gp3"}), **ON),
    broken("storage_class", "no class", **ON),
    broken("storage_class", "another class", storage(f"{MINE}-other"), **ON),
    broken("storage_class", "the provisioner's name", storage(f"{MINE}-x"), vars={"storage_class": "example.test-d"}),
]  # fmt: skip


def claim(name: str, class_: str | None = MINE, volume: str = "") -> Object:
    spec: Object = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    spec |= {"storageClassName": class_} if class_ is not None else {}
    return made("v1", "PersistentVolumeClaim", name, spec=spec | ({"volumeName": volume} if volume else {}))


POSTGRES, REDIS = "postgresql-data-postgresql-primary-0", "redis-data-redis-cluster-0"
VOLUMES = [
    sane("volumes", "one each", claim(POSTGRES), claim(REDIS), **ON),
    sane("volumes", "six of Redis", claim(POSTGRES), *(claim(f"redis-data-redis-cluster-{i}") for i in range(6)), **ON),
    sane("volumes", "others of another class", claim(POSTGRES), claim(REDIS), claim("grafana", "slow"), **ON),
    sane("volumes", "plain names", claim("postgresql-data"), claim("redis-data"), **ON),
    broken("volumes", "another class", claim(POSTGRES, "slow"), claim(REDIS), **ON),
    broken("volumes", "no class", claim(POSTGRES, ""), claim(REDIS), **ON),
    broken("volumes", "no volume", claim(POSTGRES, volume="missing"), claim(REDIS), **ON),
    broken("volumes", "none of Redis", claim(POSTGRES), **ON),
    broken("volumes", "none at all", level=UNKNOWN, **ON),
]


def slot(name: str, colour: str | None = None, **more: Any) -> Object:
    return app(name=name, labels={**LABELS, "slot": colour or name}, **more)


BOTH = {"color": "blue"}
SLOTS = [
    sane("blue_green", "two slots", slot("blue"), slot("green")),
    sane("blue_green", "one of them at zero", slot("blue", replicas=1), slot("green")),
    sane("blue_green", "others beside", slot("blue"), slot("green"), app(name="redis", labels={"app": "redis"})),
    sane("blue_green", "a rolling update", app()),
    broken("blue_green", "one slot", slot("blue")),
    broken("blue_green", "the same slot twice", slot("blue"), slot("green", "blue")),
    broken("blue_green", "no Deployment", level=UNKNOWN),
]

POOLER = {"app": "pgbouncer"}
POOLERS = [
    sane("pooler", "ready", app(name="pgbouncer", labels=POOLER, replicas=1)),
    sane("pooler", "with a prefix", app(name="prod-pgbouncer-rw", labels=POOLER, replicas=2)),
    sane("pooler", "none", app()),
    broken("pooler", "scaled to zero", app(name="pgbouncer", labels=POOLER)),
    broken(
        "pooler", "no image", app(box(image="x:missing"), name="pgbouncer", labels=POOLER, replicas=1), settles=False
    ),
    broken(
        "pooler",
        "paused before its first pod",
        app(name="pgbouncer", labels=POOLER, replicas=1, more={"paused": True}),
        settles=False,
    ),
    broken("pooler", "no Deployment", level=UNKNOWN),
]

ON_NODE: Object = {"nodeSelector": {"kubernetes.io/hostname": "node-a"}}
SPREAD: Object = {
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": LABELS},
        }
    ]
}
APART: Object = {
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": LABELS}}
            ]
        }
    }
}
ONE_EACH = [app(name=f"on-{one}", replicas=1, labels={**LABELS, "on": one}, nodeSelector={
    "kubernetes.io/hostname": f"node-{one}"}) for one in "ab"]  # fmt: skip
ZONES = [
    sane("zones", "a spread constraint", app(replicas=2, **SPREAD)),
    sane("zones", "apart by host", app(replicas=3, **APART)),
    sane("zones", "two Deployments", *ONE_EACH),
    broken("zones", "one node", app(replicas=2, **ON_NODE)),
    broken("zones", "one pod", app(replicas=1)),
    broken("zones", "not ready", app(box(image="x:missing"), replicas=3, **APART), settles=False),
    broken("zones", "no pods", app()),
]

CASES = [
    *NAMESPACES,
    *LIMITED,
    *REFUSALS,
    *PROBES,
    *AUTOSCALERS,
    *BUDGETS,
    *MESH,
    *CLASSES,
    *VOLUMES,
    *SLOTS,
    *POOLERS,
    *ZONES,
]
__all__ = ["CASES", "PINNED"]
