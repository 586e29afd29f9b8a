"""Defaults that the API server adds to an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmcockpit.simulator.kubernetes.api.resources import Resource
from mmcockpit.simulator.kubernetes.objects import Object, clone

POD_SPEC: Object = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
ADMITTED: Object = {
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "tolerations": [
        {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for what in ("not-ready", "unreachable")
    ],
}
"""Defaults of a pod that a pod template does not get."""
CONTAINER: Object = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
PROBE: Object = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
POLICY_KEYS = {"strategy": "Recreate", "updateStrategy": "OnDelete"}

DEFAULTS: Mapping[str, Object] = {
    "Namespace": {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}},
    "Pod": {"spec": POD_SPEC | ADMITTED, "status": {"phase": "Pending"}},
    "Service": {
        "spec": {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"},
        "status": {"loadBalancer": {}},
    },
    "Secret": {"type": "Opaque"},
    "PersistentVolumeClaim": {"spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}},
    "Deployment": {
        "spec": {
            "replicas": 1,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": {},
    },
    "ReplicaSet": {"spec": {"replicas": 1}, "status": {"replicas": 0}},
    "StatefulSet": {
        "spec": {
            "replicas": 1,
            "serviceName": "",
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "revisionHistoryLimit": 10,
        },
        "status": {"replicas": 0, "availableReplicas": 0},
    },
    "DaemonSet": {
        "spec": {
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "revisionHistoryLimit": 10,
        },
        "status": {
            "currentNumberScheduled": 0,
            "desiredNumberScheduled": 0,
            "numberMisscheduled": 0,
            "numberReady": 0,
        },
    },
    "Job": {
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 6,
            "completionMode": "NonIndexed",
            "suspend": False,
        },
        "status": {},
    },
    "CronJob": {
        "spec": {
            "concurrencyPolicy": "Allow",
            "suspend": False,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
        },
        "status": {},
    },
    "HorizontalPodAutoscaler": {"spec": {"minReplicas": 1}, "status": {"desiredReplicas": 0}},
    "PodDisruptionBudget": {
        "spec": {},
        "status": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    },
    "Ingress": {"status": {"loadBalancer": {}}},
    "StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
}
TEMPLATED = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")


def complete(resource: Resource, value: Object) -> Object:
    """Add missing defaults in place; existing values stay."""
    defaults = clone(dict(DEFAULTS.get(resource.kind, {})))
    spec = value.get("spec", {})
    for key, kind in POLICY_KEYS.items():
        if isinstance(spec, dict) and (spec.get(key) or {}).get("type") == kind:
            defaults["spec"][key].pop("rollingUpdate")
    _fill(value, defaults)
    if resource.kind == "Pod":
        _complete_pod_spec(value["spec"])
        value["status"].setdefault("qosClass", _quality(value["spec"]))
    elif resource.kind in TEMPLATED:
        _complete_pod_spec(value["spec"].setdefault("template", {}).setdefault("spec", {}))
    elif resource.kind == "CronJob":
        job = value["spec"].setdefault("jobTemplate", {}).setdefault("spec", {})
        _complete_pod_spec(job.setdefault("template", {}).setdefault("spec", {}))
    elif resource.kind == "Service":
        for port in value["spec"].get("ports") or ():
            _fill(port, {"protocol": "TCP", "targetPort": port.get("port")})
    return value


def _quality(spec: Object) -> str:
    """Return the QoS class for the containers' requests and limits."""
    shares = [container.get("resources") or {} for container in spec.get("containers") or ()]
    if not any(share.get("requests") or share.get("limits") for share in shares):
        return "BestEffort"
    sure = all(
        {"cpu", "memory"} <= (share.get("limits") or {}).keys()
        and (share.get("requests") or share["limits"]) == share["limits"]
        for share in shares
    )
    return "Guaranteed" if sure else "Burstable"


def _fill(value: Object, defaults: Mapping[str, Any]) -> None:
    for key, default in defaults.items():
        if isinstance(default, dict) and isinstance(value.get(key), dict):
            _fill(value[key], default)
        elif default is not None and value.get(key) is None:
            value[key] = default


def _complete_pod_spec(spec: Object) -> None:
    _fill(spec, clone(POD_SPEC))
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        image = str(container.get("image", ""))
        tag = image.rpartition("/")[2].partition(":")[2]
        always = "@" not in image and tag in ("", "latest")
        _fill(container, clone(CONTAINER) | {"imagePullPolicy": "Always" if always else "IfNotPresent"})
        for port in container.get("ports") or ():
            _fill(port, {"protocol": "TCP"})
        for probe in PROBES:
            if isinstance(container.get(probe), dict):
                _fill(container[probe], PROBE)
                if "httpGet" in container[probe]:
                    _fill(container[probe]["httpGet"], {"path": "/", "scheme": "HTTP"})
