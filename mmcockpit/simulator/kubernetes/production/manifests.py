"""Building blocks of a production: short constructors of objects, and workloads whose pods are already running."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mmcockpit.simulator.kubernetes.api.defaults import complete
from mmcockpit.simulator.kubernetes.api.resources import DEPLOYMENTS, PODS, REPLICASETS, STATEFULSETS, Resource
from mmcockpit.simulator.kubernetes.controllers import pods
from mmcockpit.simulator.kubernetes.controllers.conditions import condition
from mmcockpit.simulator.kubernetes.controllers.pods import pod_from
from mmcockpit.simulator.kubernetes.controllers.rollout import REVISION, replica_set
from mmcockpit.simulator.kubernetes.controllers.workloads import REVISION_HASH, claim_from, revision_of
from mmcockpit.simulator.kubernetes.objects import Object, clone, name_of, namespace_of, short_hash, stamp

APP = "app.kubernetes.io"


def ago(**span: float) -> str:
    """Return the time stamp of a time in the past: hours=3, days=40."""
    return stamp(datetime.now(UTC) - timedelta(**span))


def make(resource: Resource, namespace: str, name: str, labels: dict[str, str] | None = None, **body: Any) -> Object:
    """Return an object that is 40 days old; body is everything except its metadata."""
    metadata: Object = {"name": name, "uid": _uid(resource.kind, namespace, name), "creationTimestamp": ago(days=40)}
    if resource.namespaced:
        metadata["namespace"] = namespace
    metadata["labels"] = labels or {}
    metadata["annotations"] = body.pop("annotations", {})
    value: Object = {"apiVersion": resource.group_version, "kind": resource.kind, "metadata": metadata}
    return complete(resource, value | body)


def secret_data(**values: str) -> dict[str, str]:
    """Return Secret data as it is stored."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def container(name: str, image: str, port: int, cpu: str, memory: str, **more: Any) -> Object:
    """Return a hardened container: its resources (request:limit), a port, and any other fields."""
    requests, limits = zip(cpu.split(":"), memory.split(":"), strict=True)
    sides = {"requests": requests, "limits": limits}
    return {
        "name": name,
        "image": image,
        "ports": [{"name": name[:15], "containerPort": port}],
        "resources": {side: {"cpu": values[0], "memory": values[1]} for side, values in sides.items()},
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "RuntimeDefault"},
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **more,
    }


def template(labels: dict[str, str], box: Object, **more: Any) -> Object:
    """Return a pod template around one container."""
    spec = {"automountServiceAccountToken": False, "containers": [box], **more}
    return {"metadata": {"labels": labels}, "spec": spec}


def deployment(namespace: str, name: str, replicas: int, pattern: Object, **more: Any) -> Object:
    """Return a Deployment of the template."""
    labels = pattern["metadata"]["labels"]
    annotations = more.pop("annotations", {})
    spec = {"replicas": replicas, "selector": {"matchLabels": dict(labels)}, "template": pattern, **more}
    return make(DEPLOYMENTS, namespace, name, dict(labels), spec=spec, annotations=annotations)


def stateful_set(namespace: str, name: str, replicas: int, pattern: Object, claim: Object) -> Object:
    """Return a StatefulSet of the template with one volume claim per pod."""
    labels = pattern["metadata"]["labels"]
    spec = {
        "replicas": replicas,
        "serviceName": name,
        "selector": {"matchLabels": dict(labels)},
        "template": pattern,
        "volumeClaimTemplates": [claim],
    }
    return make(STATEFULSETS, namespace, name, dict(labels), spec=spec)


def volume_claim(name: str, size: str, storage_class: str = "fast-ssd") -> Object:
    """Return the template of a volume claim."""
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": size}},
    }
    return {"metadata": {"name": name}, "spec": spec}


class Placed:
    """Assigns pods to nodes round-robin, with addresses."""

    def __init__(self, nodes: Sequence[Object]) -> None:
        self._nodes = nodes
        self._count = 0

    def deployment(self, value: Object, past: Sequence[Object] = ()) -> Iterator[Object]:
        """Yield the rolled-out Deployment: its status, a ReplicaSet per past and current template, ready pods."""
        value = clone(value)
        for revision, old in enumerate((*past, value["spec"]["template"]), 1):
            present = old is value["spec"]["template"]
            holder = value if present else _as_of(value, old)
            replicas = replica_set(holder, revision)
            replicas["metadata"] |= {
                "uid": _uid("ReplicaSet", namespace_of(value), name_of(replicas)),
                "creationTimestamp": ago(days=26 if present else 40),
            }
            if present:
                count = value["spec"]["replicas"]
                replicas["spec"]["replicas"] = count
                replicas["status"] = _counts(count) | {"fullyLabeledReplicas": count}
                value["metadata"]["annotations"][REVISION] = str(revision)
                value["status"] = _counts(count) | {
                    "updatedReplicas": count,
                    "conditions": _rolled_out(value, replicas),
                }
            yield complete(REPLICASETS, replicas)
            for number in range(replicas["spec"]["replicas"]):
                name = f"{name_of(replicas)}-{short_hash([name_of(replicas), number], 5)}"
                yield self.pod(replicas, replicas["spec"]["template"], name)
        yield value

    def stateful_set(self, value: Object) -> Iterator[Object]:
        """Yield the StatefulSet with its status, claims and ready pods."""
        value, revision = clone(value), revision_of(value)
        count = value["spec"]["replicas"]
        for number in range(count):
            name = f"{name_of(value)}-{number}"
            labels = {
                "statefulset.kubernetes.io/pod-name": name,
                "apps.kubernetes.io/pod-index": str(number),
                REVISION_HASH: revision,
            }
            volumes = []
            for pattern in value["spec"]["volumeClaimTemplates"]:
                claim = claim_from(pattern, value, name)
                volumes.append(
                    {"name": name_of(pattern), "persistentVolumeClaim": {"claimName": name_of(claim)}},
                )
                claim["metadata"]["creationTimestamp"] = ago(days=40)
                yield claim
            yield self.pod(value, value["spec"]["template"], name, labels, volumes)
        revisions = {"currentRevision": revision, "updateRevision": revision, "collisionCount": 0}
        value["status"] = _counts(count) | {"currentReplicas": count, "updatedReplicas": count} | revisions
        yield value

    def pod(
        self,
        owner: Object,
        pattern: Object,
        name: str,
        labels: dict[str, str] | None = None,
        volumes: Sequence[Object] = (),
    ) -> Object:
        """Return a pod that has been ready for a day."""
        pod = pod_from(owner, pattern, name, labels)
        node = self._nodes[self._count % len(self._nodes)]
        self._count += 1
        since = ago(hours=26)
        uid = _uid("Pod", namespace_of(pod), name)
        pod["metadata"] |= {"uid": uid, "creationTimestamp": since, "generation": 1}
        pod["spec"]["nodeName"] = name_of(node)
        if volumes:
            pod["spec"]["volumes"] = [*(pod["spec"].get("volumes") or ()), *volumes]
        complete(PODS, pod)
        pod["status"] = pods.placed(pod, node, pods.address(self._count))
        pod["status"] = pods.running(pod, ready=True, since=since) | {"startTime": since}
        for row in pod["status"]["conditions"]:
            row["lastTransitionTime"] = since
        return pod


def _as_of(value: Object, pattern: Object) -> Object:
    """Return the Deployment as it was with that template."""
    past = clone(value)
    past["spec"]["template"] = pattern
    cause = (pattern["metadata"].get("annotations") or {}).get("kubernetes.io/change-cause")
    if cause:
        past["metadata"]["annotations"]["kubernetes.io/change-cause"] = cause
    return past


def _counts(count: int) -> Object:
    return {"observedGeneration": 1, "replicas": count, "readyReplicas": count, "availableReplicas": count}


def _rolled_out(value: Object, replicas: Object) -> list[Object]:
    message = f'ReplicaSet "{name_of(replicas)}" has successfully progressed.'
    rows = [
        condition(value, "Available", True, "MinimumReplicasAvailable", "Deployment has minimum availability."),
        condition(value, "Progressing", True, "NewReplicaSetAvailable", message),
    ]
    for each in rows:
        each |= {"lastUpdateTime": ago(days=26), "lastTransitionTime": ago(days=40)}
    return rows


def _uid(kind: str, namespace: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{namespace}/{name}"))
