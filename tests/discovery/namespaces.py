"""A namespace with one object of every kind that is looked for, and an account that may list pods only."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.servers.cert_manager import CERTIFICATES
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.sources.kubernetes.manifests import IMAGE, container, deployment, ingress, rule, service

HOST = "shop.example.test"
LABELS = {"app": "shop"}


def _object(api: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **more}


def _pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "other"}}, "spec": {"containers": [container()], **spec}}


def _of_pods(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container()]}}
    return _object("apps/v1", kind, name, spec={"selector": {"matchLabels": labels}, "template": template, **spec})


def stateful_set(name: str, replicas: int = 1) -> dict[str, Any]:
    """A StatefulSet of one container."""
    return _of_pods("StatefulSet", name, serviceName=name, replicas=replicas)


def _job(**spec: Any) -> dict[str, Any]:
    return {"template": _pod(restartPolicy="Never"), "backoffLimit": 0, **spec}


def everything() -> list[dict[str, Any]]:
    """One object of every kind, a Deployment of two pods first."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return [
        deployment("shop", replicas=2),
        stateful_set("store"),
        _of_pods("DaemonSet", "agent"),
        service("shop", LABELS),
        service("elsewhere", None, type="ExternalName", externalName="example.com"),
        ingress("shop", rule("shop", HOST), rule("shop", "*.shops.example.test")),
        _object(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "shop",
            spec={
                "scaleTargetRef": target,
                "minReplicas": 2,
                "maxReplicas": 5,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
                    }
                ],
            },
        ),
        _object(
            "policy/v1", "PodDisruptionBudget", "shop", spec={"minAvailable": 1, "selector": {"matchLabels": LABELS}}
        ),
        _object("batch/v1", "CronJob", "report", spec={"schedule": "0 3 * * *", "jobTemplate": {"spec": _job()}}),
        _object("batch/v1", "Job", "migrate", spec=_job()),
        _object("v1", "PersistentVolumeClaim", "data", spec=claim),
        _object("v1", "ResourceQuota", "room", spec={"hard": {"pods": "50", "requests.cpu": "40"}}),
    ]


def fill(kubectl: Kubectl) -> None:
    """Create everything, and return once the Deployment has two revisions, its pods are ready and the Job is done."""
    kubectl.apply({"apiVersion": "v1", "kind": "List", "items": [CERTIFICATES, *everything()]})
    kubectl("wait", "--for=condition=Established", "crd/certificates.cert-manager.io", "--timeout=120s")
    kubectl.apply(_object("cert-manager.io/v1", "Certificate", "shop-tls", spec={}))
    expires = (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"conditions": [{"type": "Ready", "status": "True"}], "notAfter": expires}
    change = json.dumps({"status": status})
    kubectl("patch", "certificate/shop-tls", "--subresource=status", "--type=merge", "-p", change)
    kubectl("set", "image", "deploy/shop", f"app={IMAGE.replace('app@', 'app:2@')}")
    for workload in ("deploy/shop", "statefulset/store", "daemonset/agent"):
        kubectl("rollout", "status", workload, "--timeout=120s")
    kubectl("wait", "--for=condition=Complete", "job/migrate", "--timeout=120s")
    wait_until(lambda: _counted(kubectl), "what the controllers make of it")


def _counted(kubectl: Kubectl) -> bool:
    """Return whether budget, quota, claim, endpoints and autoscaler have the status that they keep."""
    slices = kubectl.json("endpointslices", "-l", "kubernetes.io/service-name=shop")["items"]
    ends = [one["conditions"].get("ready") for found in slices for one in found.get("endpoints") or ()]
    scaler = kubectl.json("hpa", "shop").get("status", {}).get("conditions", ())
    return (
        kubectl.json("pdb", "shop").get("status", {}).get("disruptionsAllowed") == 1
        and "pods" in kubectl.json("quota", "room").get("status", {}).get("used", {})
        and kubectl.json("pvc", "data")["status"].get("phase") == "Bound"
        and ends == [True, True]
        and any((one["type"], one["status"]) == ("ScalingActive", "False") for one in scaler)
        and "FailedGetResourceMetric" in kubectl("get", "events", "-o", "json")
    )


def pods_only(cluster: ControlPlane, kubectl: Kubectl, path: Path) -> Path:
    """Write a kubeconfig of a ServiceAccount that may list the pods of this namespace, and nothing else."""
    kubectl("create", "serviceaccount", "reader")
    kubectl("create", "role", "reader", "--verb=list", "--resource=pods")
    kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={kubectl.namespace}:reader")
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    token = kubectl("create", "token", "reader").strip()
    account = f"--as=system:serviceaccount:{kubectl.namespace}:reader"
    wait_until(lambda: kubectl.run("auth", "can-i", "list", "pods", account).returncode == 0, "RBAC knows the role")
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    path.write_text(yaml.safe_dump(config))
    return path
