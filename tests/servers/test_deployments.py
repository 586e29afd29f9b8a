"""Rollouts on the real kube-apiserver, driven by the real kubectl: the controller does what both expect of one."""

import json
from collections.abc import Iterator

import pytest

from tests.servers.deployments import Deployments
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until

FIRST, SECOND, BROKEN = (f"example.test/app:{tag}" for tag in ("1", "2", "3"))


@pytest.fixture(scope="module")
def kubectl(kube_apiserver: KubeApiserver) -> Iterator[Kubectl]:
    kubectl = Kubectl(kube_apiserver, "deployments")
    kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.fixture
def deployments(kubectl: Kubectl) -> Iterator[Deployments]:
    with Deployments(kubectl.api.kubeconfig, kubectl.namespace) as running:
        kubectl("create", "deployment", "app", f"--image={FIRST}", "--replicas=3")
        assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=60s")
        yield running
        kubectl("delete", "deployment", "app")
        wait_until(lambda: images(kubectl) == [], "what the Deployment owned is gone", 60)


@pytest.mark.usefixtures("deployments")
def test_an_update_rolls_out_and_an_undo_brings_the_old_revision_back(kubectl: Kubectl) -> None:
    kubectl("annotate", "deploy/app", "kubernetes.io/change-cause=the second")
    kubectl("set", "image", "deploy/app", f"app={SECOND}")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=60s")
    assert images(kubectl) == [SECOND] * 3
    assert revisions(kubectl) == ["1", "2"]
    assert "the second" in kubectl("rollout", "history", "deploy/app")
    assert SECOND in kubectl("rollout", "history", "deploy/app", "--revision=2")
    assert "rolled back" in kubectl("rollout", "undo", "deploy/app", "--to-revision=1")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=60s")
    assert images(kubectl) == [FIRST] * 3
    assert revisions(kubectl) == ["2", "3"]
    kubectl("scale", "deploy/app", "--replicas=1")
    wait_until(lambda: images(kubectl) == [FIRST], "one pod is left", 60)


def test_a_stuck_rollout_exceeds_its_deadline_and_an_undo_ends_it(kubectl: Kubectl, deployments: Deployments) -> None:
    deployments.broken.add(BROKEN)
    patience(kubectl, 2)
    kubectl("set", "image", "deploy/app", f"app={BROKEN}")
    stuck = kubectl.run("rollout", "status", "deploy/app", "--timeout=60s")
    assert (stuck.returncode, "exceeded its progress deadline" in stuck.stderr) == (1, True), stuck
    assert "ImagePullBackOff" in kubectl("get", "pods")
    assert images(kubectl).count(FIRST) >= 2, "the old pods serve on"
    patience(kubectl, 600)
    kubectl("rollout", "undo", "deploy/app")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=60s")
    assert images(kubectl) == [FIRST] * 3


@pytest.mark.usefixtures("deployments")
def test_a_deleted_pod_comes_back_and_a_pause_holds_an_update(kubectl: Kubectl) -> None:
    first = pods(kubectl)
    kubectl("delete", "pod", first[0], "--wait=false")
    wait_until(lambda: len(pods(kubectl)) == 3 and first[0] not in pods(kubectl), "another pod is made", 60)
    kubectl("rollout", "pause", "deploy/app")
    kubectl("set", "image", "deploy/app", f"app={SECOND}")
    wait_until(lambda: progressing(kubectl) == "DeploymentPaused", "the pause is seen", 60)
    assert images(kubectl) == [FIRST] * 3
    kubectl("rollout", "resume", "deploy/app")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=60s")
    assert images(kubectl) == [SECOND] * 3


def patience(kubectl: Kubectl, seconds: int) -> None:
    """Set how long a rollout may stand still."""
    kubectl("patch", "deploy/app", "-p", json.dumps({"spec": {"progressDeadlineSeconds": seconds}}))


def revisions(kubectl: Kubectl) -> list[str]:
    lines = kubectl("rollout", "history", "deploy/app").splitlines()
    return [line.split()[0] for line in lines if line[:1].isdigit()]


def images(kubectl: Kubectl) -> list[str]:
    return sorted(pod["spec"]["containers"][0]["image"] for pod in kubectl.json("pods")["items"])


def pods(kubectl: Kubectl) -> list[str]:
    return [pod["metadata"]["name"] for pod in kubectl.json("pods")["items"]]


def progressing(kubectl: Kubectl) -> str:
    conditions = kubectl.json("deploy", "app")["status"]["conditions"]
    return next(str(one["reason"]) for one in conditions if one["type"] == "Progressing")
