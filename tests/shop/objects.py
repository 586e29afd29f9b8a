"""The shop in Kubernetes: what its team applies to the namespace."""

import base64
from typing import Any

import trustme

Object = dict[str, Any]
NAME, WORKER = "shop", "shop-mailer"
HOST_NAME = "shop.example.com"
REPLICAS = 2
IMAGE = "registry.example.com/shop:1.8.0"
PREVIOUS = "registry.example.com/shop:1.7.3"
TLS_SECRET = "shop-tls"


def previous() -> list[Object]:
    """Return the Deployments with the image of the release before and without pods: their first revisions."""
    return [_deployment(NAME, 0, PREVIOUS), _deployment(WORKER, 0, PREVIOUS)]


def objects() -> list[Object]:
    """Return the objects of the release that runs, without the autoscaler."""
    return [
        _deployment(NAME, REPLICAS),
        _deployment(WORKER, 1),
        _object("v1", "Service", NAME, {"selector": _labels(NAME), "ports": [{"name": "http", "port": 80}]}),
        _certificate(),
        _ingress(),
        _object("policy/v1", "PodDisruptionBudget", NAME, _budget()),
        _cron_job(),
    ]


def autoscaler() -> Object:
    """Return the HPA, which reads the usage of pods that are ready."""
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", NAME, _scaling())


def _labels(name: str) -> Object:
    return {"app.kubernetes.io/name": name}


def _object(version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": _labels(name)}, "spec": spec}


def _pod(name: str, image: str) -> Object:
    container: Object = {
        "name": name,
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
        "resources": {"requests": {"cpu": "200m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    }
    return {"terminationGracePeriodSeconds": 0, "containers": [container]}


def _deployment(name: str, replicas: int, image: str = IMAGE) -> Object:
    template = {"metadata": {"labels": _labels(name)}, "spec": _pod(name, image)}
    spec = {"replicas": replicas, "selector": {"matchLabels": _labels(name)}, "template": template}
    return _object("apps/v1", "Deployment", name, spec)


def _scaling() -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    return {"scaleTargetRef": target, "minReplicas": REPLICAS, "maxReplicas": 6, "metrics": [cpu]}


def _budget() -> Object:
    return {"minAvailable": 1, "selector": {"matchLabels": _labels(NAME)}}


def _ingress() -> Object:
    backend = {"service": {"name": NAME, "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    rules = [{"host": HOST_NAME, "http": {"paths": [path]}}]
    return _object(
        "networking.k8s.io/v1",
        "Ingress",
        NAME,
        {"rules": rules, "tls": [{"hosts": [HOST_NAME], "secretName": TLS_SECRET}]},
    )


def _certificate() -> Object:
    issued = trustme.CA().issue_cert(HOST_NAME)
    data = {
        "tls.crt": b"".join(pem.bytes() for pem in issued.cert_chain_pems),
        "tls.key": issued.private_key_pem.bytes(),
    }
    encoded = {key: base64.b64encode(pem).decode() for key, pem in data.items()}
    secret: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": TLS_SECRET}, "data": encoded}
    return {**secret, "type": "kubernetes.io/tls"}


def _cron_job() -> Object:
    pod = {"restartPolicy": "Never", "containers": [{"name": "report", "image": IMAGE}]}
    spec = {"schedule": "15 3 * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    return _object("batch/v1", "CronJob", "shop-report", spec)
