"""Readiness by kstatus of what the real controllers write, polled as signals poll it."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.sources.kubernetes.manifests import container, deployment, service
from tests.sources.polling import opened, poll_until, probe, value

pytestmark = pytest.mark.anyio
FAULT = "mmcockpit.test/fault"


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """Give a namespace with one object in every state that the controllers bring it into."""
    kubectl = control_plane.create_namespace("kstatus")
    kubectl.apply({"apiVersion": "v1", "kind": "List", "items": [*_workloads(), *_others()]})
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


def _workloads() -> Iterator[dict[str, Any]]:
    yield deployment("complete", replicas=2)
    yield deployment("progressing", annotations={FAULT: "not-ready"})
    stuck = deployment("stuck", annotations={FAULT: "image-pull"})
    stuck["spec"]["progressDeadlineSeconds"] = 1
    yield stuck
    for name, fault in (("done", None), ("broken", "job-failed")):
        pod = {"restartPolicy": "Never", "containers": [container()]}
        metadata = {"annotations": {FAULT: fault}} if fault else {}
        spec = {"backoffLimit": 0, "template": {"metadata": metadata, "spec": pod}}
        yield {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def _others() -> Iterator[dict[str, Any]]:
    for name, fault in (("looping", "crash-loop"), ("pulling", "image-pull"), ("running", None)):
        metadata = {"name": name, **({"annotations": {FAULT: fault}} if fault else {})}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container()]}}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "none",
    }
    yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": claim}
    yield service("balanced", {"app": "complete"}, type="LoadBalancer")
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "complete"}}}
    yield {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "app"}, "spec": budget}


def _has(status: str, message: str, read: Any) -> bool:
    return read["ready"].get("status") == status and message in read["ready"]["message"]


async def test_objects_of_the_real_controllers_get_the_readiness_of_their_state(kubectl: Kubectl) -> None:
    expected = {
        "deployment/complete": ("Current", "2 replicas"),
        "deployment/progressing": ("InProgress", "available 0/1"),
        "deployment/stuck": ("Failed", "has timed out progressing"),
        "job/done": ("Current", "complete: 1/1 succeeded"),
        "job/broken": ("Failed", "failed: Job has reached the specified backoff limit"),
        "pod/looping": ("Failed", "crash loop: app"),
        "pod/pulling": ("InProgress", "pending: ImagePullBackOff"),
        "v1/Pod/running": ("Current", "ready"),
        "pvc/data": ("Current", "bound"),
        "service/balanced": ("InProgress", "no address of the load balancer yet"),
        "pdb/app": ("Current", "disruptions allowed"),
    }
    where = {"kubeconfig": str(kubectl.api.kubeconfig), "namespace": kubectl.namespace}
    async with opened("kubernetes", **where) as source:
        for name, (status, message) in expected.items():
            polled = probe("kubernetes", source, "get", {"kind": name})
            try:
                await poll_until(polled, partial(_has, status, message))
            except TimeoutError:
                assert {name: (await value(polled))["ready"]} == {name: {"status": status, "message": message}}
        listed = await value(probe("kubernetes", source, "list", {"kind": "ReplicaSet.apps"}))
    ready = {one["metadata"]["name"].rpartition("-")[0]: one["ready"]["status"] for one in listed}
    assert ready == {"complete": "Current", "progressing": "InProgress", "stuck": "InProgress"}
