"""Kubernetes objects for tests: sane ones, and what to change to break them."""

from typing import Any

DIGEST = "@sha256:" + "ab" * 32
IMAGE = f"example.test/app{DIGEST}"
LIMITS = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}
HARDENED = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}

Object = dict[str, Any]


def container(name: str = "app", **more: Any) -> Object:
    """A container that the restricted standard allows."""
    return {"name": name, "image": IMAGE, "resources": LIMITS, "securityContext": HARDENED, **more}


def deployment(name: str = "app", *, replicas: int = 1, annotations: Any = None, **spec: Any) -> Object:
    """A Deployment whose pod spec has these fields."""
    labels = {"app": name}
    pod = {"automountServiceAccountToken": False, "containers": [container()], **spec}
    metadata = {"labels": labels, **({"annotations": annotations} if annotations else {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": metadata, "spec": pod},
        },
    }


def policy(name: str, **spec: Any) -> Object:
    """A NetworkPolicy."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def service(name: str, selector: Any, **more: Any) -> Object:
    """A Service of port 8000."""
    ports = [{"name": "http", "port": 8000, "targetPort": 8000}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector, "ports": ports, **more},
    }


def ingress(name: str, *rules: Object, **spec: Any) -> Object:
    """An Ingress of class nginx."""
    given = {"rules": list(rules)} if rules else {}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"ingressClassName": "nginx", **given, **spec},
    }


def rule(backend: str, host: str = "", port: Any = None) -> Object:
    """A rule of an Ingress that sends everything to a Service."""
    to = {"service": {"name": backend, "port": port or {"number": 8000}}}
    return {
        **({"host": host} if host else {}),
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": to}]},
    }
