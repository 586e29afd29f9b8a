"""Rollouts that the real controllers bring into each state: complete exactly when kubectl reports that they are."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.sources.kubernetes.manifests import container, deployment
from tests.sources.polling import opened, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()
MISSING = "app=example.test/app:missing"
NOT_READY = {"mmcockpit.test/fault": "not-ready"}


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    kubectl = control_plane.create_namespace(f"rollouts-{next(_numbers)}")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


async def rollout(kubectl: Kubectl, kind: str) -> Any:
    where = {"kubeconfig": str(kubectl.api.kubeconfig), "namespace": kubectl.namespace}
    async with opened("kubernetes", **where) as source:
        return await value(probe("kubernetes", source, "rollout", {"name": "app", "kind": kind}, timeout=20))


def shows(kubectl: Kubectl, kind: str, text: str) -> None:
    """Wait until the status of the latest specification has a text in it."""

    def shown() -> bool:
        one = kubectl.json(kind, "app")
        seen = one.get("status", {}).get("observedGeneration") == one["metadata"]["generation"]
        return bool(seen and text in json.dumps(one["status"]))

    wait_until(shown, text)


def complete(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(replicas=2))
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")


def updating(kubectl: Kubectl) -> None:
    complete(kubectl)
    kubectl("patch", "deploy/app", "-p", '{"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}}')
    kubectl("set", "image", "deploy/app", MISSING)
    # Its condition is compared with what kubectl reads: on a busy machine the controller may leave out a reason.
    shows(kubectl, "deployment", '"updatedReplicas": 1')


def not_available(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(replicas=2, annotations=NOT_READY))
    shows(kubectl, "deployment", '"updatedReplicas": 2')


def late(kubectl: Kubectl) -> None:
    complete(kubectl)
    kubectl("patch", "deploy/app", "-p", '{"spec": {"progressDeadlineSeconds": 1}}')
    kubectl("set", "image", "deploy/app", MISSING)
    shows(kubectl, "deployment", "ProgressDeadlineExceeded")


def over_quota(kubectl: Kubectl) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}, "spec": {"hard": {"pods": "0"}}}
    kubectl.apply(quota)
    wait_until(lambda: "hard" in kubectl.json("quota", "full").get("status", {}), "the quota counts")
    kubectl.apply(deployment(replicas=2))
    shows(kubectl, "deployment", "ReplicaFailure")


def paused(kubectl: Kubectl) -> None:
    complete(kubectl)
    kubectl("rollout", "pause", "deploy/app")
    kubectl("set", "image", "deploy/app", MISSING)
    shows(kubectl, "deployment", "DeploymentPaused")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (complete, "NewReplicaSetAvailable"),
        (updating, ""),
        (not_available, ""),
        (late, "ProgressDeadlineExceeded"),
        (over_quota, "FailedCreate"),
        (paused, "DeploymentPaused"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
async def test_a_deployment_is_complete_exactly_when_it_is_for_kubectl(
    kubectl: Kubectl, make: Callable[[Kubectl], None], reason: str
) -> None:
    make(kubectl)
    before = reasons(kubectl)
    read = await rollout(kubectl, "deployment")
    shown = kubectl.run("rollout", "status", "deploy/app", "--watch=false")
    assert read["complete"] == ("successfully rolled out" in shown.stdout), shown
    assert read["complete"] == (make is complete)
    assert (read["desired"], read["observed"], read["paused"]) == (2, True, make is paused)
    assert reason in read["reason"]
    # The controller may write another reason meanwhile, and the new pods may have failed by the time of the poll.
    conditions = before | reasons(kubectl)
    assert read["reason"] in (conditions | {"ImagePullBackOff"} if make is updating else conditions)


def reasons(kubectl: Kubectl) -> set[str]:
    """Return the reasons of the Deployment's conditions."""
    return {one["reason"] for one in kubectl.json("deployment", "app")["status"]["conditions"]}


WHY: dict[Callable[[Kubectl], None], str] = {
    complete: "",
    updating: "1 of 2 pods updated",
    not_available: "0 of 2 pods available",
    late: "no progress within its deadline",
    over_quota: "exceeded quota",
    paused: "paused; 0 of 2 pods updated",
}


@pytest.mark.parametrize("make", WHY, ids=lambda part: part.__name__)
async def test_a_deployment_shows_its_new_replica_set_above_the_old_one_and_why_it_is_not_done(
    kubectl: Kubectl, make: Callable[[Kubectl], None]
) -> None:
    make(kubectl)
    read = await rollout(kubectl, "deployment")
    assert WHY[make] in read["why"]
    assert bool(read["why"]) == (not read["complete"])
    by_name = {one["metadata"]["name"]: one for one in kubectl.json("replicasets")["items"]}
    assert {row["name"] for row in read["sets"]} == set(by_name)
    for row in read["sets"]:
        real = by_name[row["name"]]
        assert row["desired"] == real["spec"]["replicas"]
        assert row["ready"] == real["status"].get("readyReplicas", 0)
        assert row["image"] == real["spec"]["template"]["spec"]["containers"][0]["image"]
        assert row["revision"] == real["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        assert 0 <= row["age_s"] < 600
    kinds = [row["replicas"] for row in read["sets"]]
    # A paused Deployment has not made the ReplicaSet of its latest template.
    assert kinds == (["new", "old"] if make in (updating, late) else ["new"])
    if make is not_available:
        assert (read["sets"][0]["ready"], read["sets"][0]["desired"]) == (0, 2)


def stateful(**more: Any) -> dict[str, Any]:
    labels = {"app": "app"}
    template = {"metadata": {"labels": labels, **more.pop("metadata", {})}, "spec": {"containers": [container("app")]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "app"},
        "spec": {
            "serviceName": "app",
            "replicas": 2,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels},
            "template": template,
            **more,
        },
    }


def all_updated(kubectl: Kubectl) -> None:
    kubectl.apply(stateful())
    kubectl("rollout", "status", "sts/app", "--timeout=120s")


def waiting(kubectl: Kubectl) -> None:
    kubectl.apply(stateful(metadata={"annotations": NOT_READY}))
    shows(kubectl, "statefulset", '"updatedReplicas": 2')


def stopped(kubectl: Kubectl) -> None:
    all_updated(kubectl)
    kubectl("set", "image", "sts/app", MISSING)
    shows(kubectl, "statefulset", '"updatedReplicas": 1')


def partitioned(kubectl: Kubectl) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    kubectl.apply(stateful(updateStrategy=strategy))
    kubectl("rollout", "status", "sts/app", "--timeout=120s")
    before = kubectl.json("sts", "app")["status"]["updateRevision"]
    change = {"spec": {"template": {"metadata": {"annotations": {"example.test/new": "1"}}}}}
    kubectl("patch", "sts/app", "--type=merge", "-p", json.dumps(change))

    def moved() -> bool:
        status = kubectl.json("sts", "app")["status"]
        settled = status.get("updatedReplicas") == 1 and status.get("readyReplicas") == 2
        return bool(status["updateRevision"] != before and settled)

    wait_until(moved, "one pod of two is new")


@pytest.mark.parametrize("make", [all_updated, waiting, stopped, partitioned], ids=lambda make: make.__name__)
async def test_a_stateful_set_is_complete_exactly_when_it_is_for_kubectl(
    kubectl: Kubectl, make: Callable[[Kubectl], None]
) -> None:
    make(kubectl)
    read = await rollout(kubectl, "statefulset")
    shown = kubectl.run("rollout", "status", "sts/app", "--watch=false")
    assert read["complete"] != shown.stdout.lower().startswith("waiting"), shown
    assert read["complete"] == (make in (all_updated, partitioned))
    assert read["revision"] == kubectl.json("sts", "app")["status"]["updateRevision"]
