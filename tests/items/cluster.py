"""The productions of the tables on real Kubernetes controllers: a good one and a broken one, each in its namespaces."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import trustme

from mmcockpit.simulator.kubernetes.production.modelmuxer import PREVIOUS, image_of, objects
from mmcockpit.simulator.servers.process import HOST
from tests.servers.cert_manager import CERTIFICATES
from tests.servers.control_plane import NODES, ControlPlane
from tests.servers.http import Answer, HttpServer, Received
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.wait import PATIENCE_S, wait_until

Object = dict[str, Any]
GOOD, BROKEN = "modelmuxer", "broken"
VERSION = "2.4.1"
MADE_BY_CONTROLLERS = {"Pod", "ReplicaSet", "PersistentVolumeClaim", "Node"}
BY_THE_SERVER = ("uid", "creationTimestamp", "resourceVersion", "generation", "ownerReferences", "managedFields")
READY_WITHIN_S = 120.0
"""What cert-manager's own kind needs to be known at all."""


class Kubelet(HttpServer):
    """The port of all nodes' kubelets: the logs of any container are `lines`. And the API of metrics-server.

    `share` is how much of its request a namespace's pods use, in per cent.
    """

    def __init__(self, plane: ControlPlane) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(HOST, "localhost").configure_cert(context)
        super().__init__(tls=context)
        self.plane = plane
        self.lines: dict[str, list[str]] = {}
        self.share: dict[str, int] = {}

    def answer(self, request: Received) -> Answer:
        parts = unquote(request.path).strip("/").split("/")
        if parts[0] == "containerLogs":
            return Answer(body="".join(f"{_now()} {line}\n" for line in self.lines.get(parts[1], [])))
        if parts[0] == "apis":
            return _json(self._metrics(parts, request.target))
        return Answer(404)

    def _metrics(self, parts: list[str], target: str) -> Object:
        if "namespaces" not in parts:
            kind = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["list"]}
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP, "resources": [kind]}
        namespace = parts[parts.index("namespaces") + 1]
        selector = parse_qs(urlsplit(target).query).get("labelSelector", [""])[0]
        pods = self.plane.kubectl(namespace).json("pods", "-l", selector)["items"]
        items = [_usage(pod, self.share.get(namespace, 30)) for pod in pods]
        return {"kind": "PodMetricsList", "apiVersion": GROUP, "metadata": {}, "items": items}


GROUP = "metrics.k8s.io/v1beta1"


def _usage(pod: Object, share: int) -> Object:
    boxes = [
        {"name": box["name"], "usage": {"cpu": f"{2 * share}m", "memory": f"{5 * share}Mi"}}
        for box in pod["spec"]["containers"]
    ]
    head = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"], "labels": {}}
    return {"metadata": head, "timestamp": _now(), "window": "10s", "containers": boxes}


def _json(value: Object) -> Answer:
    return Answer(body=json.dumps(value), headers={"Content-Type": "application/json"})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def serve_metrics(plane: ControlPlane, kubelet: Kubelet) -> None:
    """Let the API server find metrics-server, and the kubelets of the nodes, at this port."""
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "metrics-server", "namespace": "kube-system"},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": kubelet.port}]},
    }
    found = {"name": "metrics-server", "namespace": "kube-system", "port": kubelet.port}
    group, version = GROUP.split("/")
    api: Object = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}"},
        "spec": {"service": found, "group": group, "version": version, "insecureSkipTLSVerify": True}
        | {"groupPriorityMinimum": 100, "versionPriority": 100},
    }
    apply(plane, [service, api, CERTIFICATES])
    reach_kubelets(plane, kubelet)


def reach_kubelets(plane: ControlPlane, kubelet: Kubelet) -> None:
    """Give the nodes the address of the kubelet; kwok takes it away where it makes a node ready again."""
    status = {
        "addresses": [{"type": "InternalIP", "address": HOST}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port}},
    }
    kubectl = plane.kubectl("default")
    for node in NODES:
        patch = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
        kubectl("patch", "node", node, *patch)


def production(namespace: str) -> Iterator[Object]:
    """The objects of a production as people would apply them; the application in its second revision comes apart."""
    for one in objects(namespace, version=VERSION):
        if one["kind"] not in MADE_BY_CONTROLLERS:
            one.pop("status", None)
            for name in BY_THE_SERVER:
                one["metadata"].pop(name, None)
            one["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
            if one["kind"] == "Service" and one["spec"].get("clusterIP") != "None":
                one["spec"].pop("clusterIP", None)
                one["spec"].pop("clusterIPs", None)
            if one["kind"] == "StorageClass":
                one["volumeBindingMode"] = "Immediate"
            if one["kind"] == "StatefulSet":
                one["spec"]["podManagementPolicy"] = "Parallel"
            yield one


def is_application(one: Object) -> bool:
    return bool(one["kind"] == "Deployment" and one["metadata"]["name"] == "modelmuxer")


def before(application: Object) -> Object:
    """The application with the image of the release before, without pods: the first revision."""
    made: Object = json.loads(json.dumps(application))
    made["spec"]["replicas"] = 0
    made["spec"]["template"]["spec"]["containers"][0]["image"] = image_of(PREVIOUS)
    return made


def apply_good(plane: ControlPlane) -> Kubectl:
    """Make the good production; return its kubectl once everything in it is ready."""
    items = list(production(GOOD))
    spaces = [one for one in items if one["kind"] == "Namespace"]
    scaler = next(
        one for one in items if one["kind"] == "HorizontalPodAutoscaler" and one["metadata"]["name"] == "modelmuxer-hpa"
    )
    # requests_per_second has no producer here.
    scaler["spec"]["metrics"] = [one for one in scaler["spec"]["metrics"] if one["type"] == "Resource"]
    application = next(filter(is_application, items))
    apply(plane, spaces)
    apply(plane, [one for one in items if one is not application and one not in spaces])
    kubectl = plane.kubectl(GOOD)
    apply_application(plane)
    write_statuses(kubectl)
    return kubectl


def apply_application(plane: ControlPlane) -> None:
    """Make the application's Deployment in its second revision."""
    application = next(filter(is_application, production(GOOD)))
    apply(plane, [before(application)])
    kubectl = plane.kubectl(GOOD)
    wait_until(lambda: kubectl.run("get", "rs", "-o", "name").stdout.count("modelmuxer-") == 1, "a first revision")
    apply(plane, [application])


def write_statuses(kubectl: Kubectl) -> None:
    """Write what programs that are not here would: load balancer, ingress controller, cert-manager; and a backup."""
    balanced = {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}
    ago = (datetime.now(UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {"type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": ago}
    rows: list[tuple[str, str, Object]] = [
        ("ingress", "modelmuxer-ingress", balanced),
        ("certificates.cert-manager.io", "modelmuxer-tls", {"conditions": [ready]}),
        ("cronjob", "postgresql-backup", {"lastScheduleTime": ago, "lastSuccessfulTime": ago}),
    ]
    for kind, name, status in rows:
        write_status(kubectl, kind, name, status)
    write_status(Kubectl(kubectl.api, "ingress-nginx"), "service", "ingress-nginx-controller", balanced)


def write_status(kubectl: Kubectl, kind: str, name: str, status: Object) -> None:
    """Merge into the status of an object, as its controller would."""
    patch = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    kubectl("patch", kind, name, *patch)


def await_ready(kubectl: Kubectl) -> None:
    """Return once every workload of a namespace has rolled out."""
    for name in kubectl("get", "deploy,sts", "-o", "name").split():
        kubectl("rollout", "status", name, "--timeout=120s")


def apply(plane: ControlPlane, items: list[Object]) -> None:
    """Create or change objects of any namespaces."""
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    command = [str(KUBECTL), f"--kubeconfig={plane.kubeconfig}", "apply", "--validate=false", "-f", "-"]
    done = subprocess.run(command, input=document, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr


def job(name: str, namespace: str, **annotations: str) -> Object:
    """A Job of one pod."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "example.test/job:1"}]}
    template = {"metadata": {"annotations": annotations}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template, "backoffLimit": 0},
    }


def make_deployment(name: str, labels: dict[str, str], image: str, replicas: int) -> Object:
    """A Deployment in the broken namespace, of one container without limits and hardening."""
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "api", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": BROKEN},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod},
    }
