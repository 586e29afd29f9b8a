"""One spelling of a specification, and what the shipped signal has to say of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.core.model.verdict import Level
from tests.servers.kubectl import Kubectl
from tests.sources.kubernetes.manifests import HARDENED as HARDENED
from tests.sources.kubernetes.manifests import LIMITS as LIMITS
from tests.sources.kubernetes.manifests import Object as Object

PASS, WARN, FAIL, UNKNOWN = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN

APP = "modelmuxer"
LABELS = {"app.kubernetes.io/name": APP, "app.kubernetes.io/component": "api"}
HEX, OLD_HEX = "ab" * 32, "cd" * 32
REPOSITORY = "ghcr.io/modelmuxer/modelmuxer"
PINNED = f"{REPOSITORY}:2.4.1@sha256:{HEX}"
NAMESPACE = "spelled-namespace"
"""Replaced in objects, acts and signals by the namespace of the case."""


@dataclass(frozen=True)
class Case:
    """A signal, how something is spelled, the objects that spell it, and the verdict."""

    signal: str
    title: str
    level: Level
    objects: tuple[Object, ...] = ()
    vars: dict[str, str] = field(default_factory=dict)
    """Values of markers in the signal, see MARKERS of the harness."""
    act: Callable[[Kubectl], None] | None = None
    """What is done once the objects are there and their Deployments complete."""
    settles: bool = True
    """Whether the Deployments are waited for before the signal is read."""
    during: Callable[[Kubectl], AbstractContextManager[None]] | None = None
    """What holds while the signal is read."""

    @property
    def id(self) -> str:
        return f"{self.signal}: {self.title}"


def sane(signal: str, title: str, *objects: Object, **more: Any) -> Case:
    """A spelling that passes."""
    return Case(signal, title, more.pop("level", PASS), objects, **more)


def broken(signal: str, title: str, *objects: Object, **more: Any) -> Case:
    """A spelling that fails."""
    return Case(signal, title, more.pop("level", FAIL), objects, **more)


def box(name: str = APP, **more: Any) -> Object:
    """A container as the shipped manifests should have it."""
    return {"name": name, "image": PINNED, "resources": LIMITS, "securityContext": HARDENED, **more}


def without(field_name: str, **more: Any) -> Object:
    """A container whose security context lacks a field, or has others."""
    return box(securityContext={key: one for key, one in HARDENED.items() if key != field_name} | more)


def app(
    *boxes: Object,
    name: str = APP,
    replicas: int = 0,
    labels: Any = None,
    annotations: Any = None,
    kind: str = "Deployment",
    more: Any = None,
    **pod: Any,
) -> Object:
    """A Deployment, or another workload, of these containers; of none by default."""
    labels = labels or LABELS
    spec: Object = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels, **({"annotations": annotations} if annotations else {})},
            "spec": {"automountServiceAccountToken": False, "containers": list(boxes) or [box()], **pod},
        },
        **({"serviceName": name} if kind == "StatefulSet" else {}),
        **(more or {}),
    }
    if kind == "DaemonSet":
        del spec["replicas"]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": spec}


def made(version: str, kind: str, name: str, metadata: Any = None, **body: Any) -> Object:
    """Any object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **(metadata or {})}, **body}
