"""Pods as stored objects: restarts of native sidecars, and workloads of different kinds with the same name."""

from typing import Any

import pytest

from mmcockpit.sources.kubernetes import staleness
from tests.sources.kubernetes.stored.stored_cluster import stored_probe
from tests.sources.polling import value

pytestmark = pytest.mark.anyio
PODS, DEPLOYMENTS = "/api/v1/namespaces/shop/pods", "/apis/apps/v1/namespaces/shop/deployments"


def pod(name: str, owner: str = "", owner_uid: str = "", **more: Any) -> dict[str, Any]:
    kind, _, owner_name = owner.partition("/")
    reference = {"kind": kind, "name": owner_name, "uid": owner_uid or owner, "controller": True}
    metadata = {"name": name, "uid": name, "ownerReferences": [reference] if owner else []}
    return {
        "metadata": {**metadata, **more.pop("metadata", {})},
        "spec": {"containers": [{"name": "app", "image": "app:1"}], **more.pop("spec", {})},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], **more},
    }


async def test_restarts_of_a_native_sidecar_count_and_those_of_other_init_containers_do_not() -> None:
    init = [{"name": "migrate", "image": "m:1"}, {"name": "proxy", "image": "envoy:1", "restartPolicy": "Always"}]
    statuses: dict[str, Any] = {
        "containerStatuses": [{"name": "app", "restartCount": 1, "ready": True}],
        "initContainerStatuses": [{"name": "migrate", "restartCount": 2}, {"name": "proxy", "restartCount": 4}],
    }
    found = await value(stored_probe("pods", {}, {PODS: [pod("a", spec={"initContainers": init}, **statuses)]}))
    assert (found["restarts_total"], found["pods"][0]["restarts"]) == (5, 5), "as kubectl counts them"


async def test_ready_pods_of_other_workloads_with_the_same_name_do_not_make_a_deployment_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staleness, "STALE_AFTER_S", 0.0)
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    agent = {"metadata": {"name": "agent", "uid": "d", "generation": 1}, "spec": {"replicas": 1}, "status": status}
    own = pod("agent-5d4f-a", "ReplicaSet/agent-5d4f", metadata={"labels": {"pod-template-hash": "5d4f"}})
    others = [
        pod("agent-x", "DaemonSet/agent"),
        pod("agent-0", "StatefulSet/agent"),
        pod("agent-1-r", "ReplicaSet/agent-77aa", metadata={"labels": {"rollouts-pod-template-hash": "77aa"}}),
    ]

    async def stale(*pods: dict[str, Any]) -> str:
        found = await value(stored_probe("workloads", {}, {DEPLOYMENTS: [agent], PODS: list(pods)}))
        return str(found[0]["reason"])

    assert await stale(own, *others) == ""
    assert await stale(*others) == "status is stale: it reports 1 ready pods, 0 are ready"
