"""The broken production's namespace on real controllers: every object that is asked for is wrong or missing."""

from collections.abc import Iterator
from typing import Any

from tests.items.cluster import BROKEN, Object, apply, job, make_deployment, write_status
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until

LABELS = {"app.kubernetes.io/name": "modelmuxer", "app.kubernetes.io/component": "api"}
MISSING = "ghcr.io/modelmuxer/modelmuxer:missing"
PLACEHOLDER = "UkVQTEFDRV9XSVRIX1NFQ1JFVA=="
"""REPLACE_WITH_SECRET, as a Secret holds it."""
NAMES = {
    "namespace": BROKEN,
    "storage_class": "missing",
    "ingress_class": "missing",
    "ingress_namespace": BROKEN,
    "monitoring_namespace": "monitoring",
    "nodes": 4,
}
GROUP = "rbac.authorization.k8s.io"


def make(kind: str, name: str, version: str = "v1", **body: Any) -> Object:
    """An object in the broken namespace."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": BROKEN}, **body}


def _pod(name: str, *boxes: str) -> Object:
    made = make("Pod", name, spec={"containers": [{"name": box, "image": "example.test/old:1"} for box in boxes]})
    made["metadata"]["labels"] = LABELS
    made["spec"]["nodeName"] = "node-a"
    return made


def _workloads() -> Iterator[Object]:
    application = make_deployment("modelmuxer", LABELS, MISSING, 3)
    application["metadata"]["labels"] = {"slot": "blue"}
    application["spec"]["template"]["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/restartedAt": "2026-11-28T02:00:00Z"
    }
    yield application
    for name in ("postgresql-read", "pgbouncer", "ingress-nginx-controller"):
        yield make_deployment(name, {"app": name}, MISSING, 1)
    for name, claim in (("postgresql-primary", "postgresql-data"), ("redis-cluster", "redis-data")):
        made = make_deployment(name, {"app": name}, MISSING, 1)
        volume = {"accessModes": ["ReadWriteOnce"], "storageClassName": "slow"} | {
            "resources": {"requests": {"storage": "1Gi"}}
        }
        made |= {"kind": "StatefulSet"}
        made["spec"] |= {"serviceName": name}
        made["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": claim}, "spec": volume}]
        yield made
    # Two pods beside the Deployment: one with the proxy of a mesh, one without.
    yield _pod("stray-1", "api", "istio-proxy")
    yield _pod("stray-2", "api")


def _rights() -> Iterator[Object]:
    yield make("Role", "modelmuxer", f"{GROUP}/v1", rules=[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    subject = {"kind": "ServiceAccount", "name": "modelmuxer", "namespace": "another"}
    yield make(
        "RoleBinding",
        "modelmuxer",
        f"{GROUP}/v1",
        subjects=[subject],
        roleRef={"apiGroup": GROUP, "kind": "Role", "name": "modelmuxer"},
    )
    yield make(
        "RoleBinding",
        "edit",
        f"{GROUP}/v1",
        subjects=[{**subject, "namespace": BROKEN}],
        roleRef={"apiGroup": GROUP, "kind": "ClusterRole", "name": "edit"},
    )
    for name in ("modelmuxer-secrets", "postgresql-credentials", "redis-credentials", "modelmuxer-tls"):
        yield make("Secret", name, data={"JWT_SECRET_KEY": PLACEHOLDER, "ENCRYPTION_KEY": PLACEHOLDER})


def _network() -> Iterator[Object]:
    peers = [{"namespaceSelector": {"matchLabels": {"name": "nobody"}}}]
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": peers}]}
    yield make("NetworkPolicy", "modelmuxer-network-policy", "networking.k8s.io/v1", spec=spec)
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "missing", "port": {"number": 8000}}}}
    rules = [{"host": "api.modelmuxer.com", "http": {"paths": [path]}}]
    yield make("Ingress", "modelmuxer-ingress", "networking.k8s.io/v1", spec={"rules": rules})
    ports = [{"name": "https", "port": 443}]
    yield make("Service", "ingress-nginx-controller", spec={"type": "LoadBalancer", "ports": ports})


def _scaling() -> Iterator[Object]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "missing"}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}
    metric["resource"]["target"]["averageUtilization"] = 70  # type: ignore[index]
    scaler = {"scaleTargetRef": target, "maxReplicas": 3, "metrics": [metric]}
    yield make("HorizontalPodAutoscaler", "modelmuxer-hpa", "autoscaling/v2", spec=scaler)
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "another"}}}
    yield make("PodDisruptionBudget", "modelmuxer-pdb", "policy/v1", spec=budget)
    backup = {"containers": [{"name": "b", "image": "example.test/b:1"}], "restartPolicy": "Never"}
    spec = {"schedule": "0 2 * * *", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": backup}}}}
    yield make("CronJob", "postgresql-backup", "batch/v1", spec=spec)
    certificate = {"secretName": "another", "dnsNames": [], "issuerRef": {"name": "none"}}
    yield make("Certificate", "modelmuxer-tls", "cert-manager.io/v1", spec=certificate)


def apply_broken(plane: ControlPlane) -> Kubectl:
    """Make the broken namespace; return its kubectl once the quota has refused pods of the application."""
    kubectl = plane.create_namespace(BROKEN)
    # Pods without limits are refused while there is such a quota; the stray ones are there before it.
    objects = [*_rights(), *_network(), *_scaling()]
    workloads = list(_workloads())
    apply(plane, [*objects, *(one for one in workloads if one["kind"] == "Pod")])
    apply(plane, [make("ResourceQuota", "q", spec={"hard": {"limits.cpu": "10"}})])
    counted = ("get", "quota", "q", "-o", "jsonpath={.status.used}")
    wait_until(lambda: "limits.cpu" in kubectl.run(*counted).stdout, "the quota counts")
    apply(plane, [one for one in workloads if one["kind"] != "Pod"])
    write_status(kubectl, "certificates.cert-manager.io", "modelmuxer-tls", {"conditions": [CERTIFICATE]})
    refused = ("get", "rs", "-o", "jsonpath={.items[*].status.conditions[*].type}")
    wait_until(lambda: "ReplicaFailure" in kubectl.run(*refused).stdout, "the quota refuses pods")
    return kubectl


CERTIFICATE = {"type": "Ready", "status": "False", "reason": "Issuing", "message": "not yet"}


def fail_jobs(plane: ControlPlane) -> None:
    """Let the backup and the migration of tonight fail."""
    jobs = [
        job(name, BROKEN, **{"mmcockpit.test/fault": "job-failed"}) for name in ("pre-cutover-1", "migration-job-1")
    ]
    for one in jobs:
        # The quota refuses pods without limits.
        one["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}
    apply(plane, jobs)
