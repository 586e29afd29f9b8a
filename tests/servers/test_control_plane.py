"""The control plane of the tests behaves as a cluster does, with the real kubectl as the referee."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.servers.control_plane import NODES, ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until

FIRST, SECOND, MISSING = (f"example.test/app:{tag}" for tag in ("1", "2", "missing"))


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    kubectl = control_plane.create_namespace("deployments")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.fixture
def deployment(kubectl: Kubectl) -> Iterator[None]:
    kubectl("create", "deployment", "app", f"--image={FIRST}", "--replicas=3")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    yield
    kubectl("delete", "deployment", "app")
    wait_until(lambda: images(kubectl) == [], "what the Deployment owned is gone")


@pytest.mark.usefixtures("deployment")
def test_an_update_rolls_out_and_an_undo_brings_the_old_revision_back(kubectl: Kubectl) -> None:
    kubectl("annotate", "deploy/app", "kubernetes.io/change-cause=the second")
    kubectl("set", "image", "deploy/app", f"app={SECOND}")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    wait_until(lambda: images(kubectl) == [SECOND] * 3, "the old pods are gone")
    assert revisions(kubectl) == ["1", "2"]
    assert "rolled back" in kubectl("rollout", "undo", "deploy/app", "--to-revision=1")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    wait_until(lambda: images(kubectl) == [FIRST] * 3, "the bad pods are gone")
    assert revisions(kubectl) == ["2", "3"]


@pytest.mark.usefixtures("deployment")
def test_a_stuck_rollout_exceeds_its_deadline_and_an_undo_ends_it(kubectl: Kubectl) -> None:
    patience(kubectl, 2)
    kubectl("set", "image", "deploy/app", f"app={MISSING}")
    stuck = kubectl.run("rollout", "status", "deploy/app", "--timeout=120s")
    assert (stuck.returncode, "exceeded its progress deadline" in stuck.stderr) == (1, True), stuck
    wait_until(lambda: "ImagePullBackOff" in kubectl("get", "pods"), "the new pod cannot be started")
    assert images(kubectl).count(FIRST) >= 2, "the old pods still serve"
    patience(kubectl, 600)
    kubectl("rollout", "undo", "deploy/app")
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=120s")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("crash-loop", "CrashLoopBackOff"), ("not-ready", "0/1 +Running"), ("init-running", "Init:0/1|PodInitializing")],
)
def test_a_pod_with_a_fault_shows_it(kubectl: Kubectl, fault: str, expected: str) -> None:
    overrides = {"metadata": {"annotations": {"mmcockpit.test/fault": fault}}}
    kubectl("run", fault, f"--image={FIRST}", f"--overrides={json.dumps(overrides)}")
    try:
        wait_until(lambda: re.search(expected, kubectl("get", "pod", fault)) is not None, expected)
    finally:
        kubectl("delete", "pod", fault, "--wait=false")


def test_a_job_completes_and_one_that_fails_exhausts_its_retries(kubectl: Kubectl) -> None:
    kubectl("create", "job", "good", f"--image={FIRST}")
    kubectl("wait", "--for=condition=Complete", "job/good", "--timeout=120s")
    annotations = {"metadata": {"annotations": {"mmcockpit.test/fault": "job-failed"}}}
    container = {"name": "job", "image": FIRST}
    template = {**annotations, "spec": {"restartPolicy": "Never", "containers": [container]}}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "bad"},
        "spec": {"backoffLimit": 0, "template": template},
    }
    kubectl.apply(job)
    kubectl("wait", "--for=condition=Failed", "job/bad", "--timeout=120s")


def test_a_volume_claim_is_bound(kubectl: Kubectl) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    kubectl.apply(claim)
    wait_until(lambda: kubectl.json("pvc", "data")["status"].get("phase") == "Bound", "the claim is bound")


@pytest.mark.usefixtures("deployment")
def test_no_node_takes_a_pod_while_all_are_cordoned(kubectl: Kubectl) -> None:
    kubectl("cordon", *NODES)
    try:
        kubectl("scale", "deploy/app", "--replicas=4")
        wait_until(lambda: "Unschedulable" in kubectl("get", "pods", "-o", "yaml"), "the fourth pod waits")
    finally:
        kubectl("uncordon", *NODES)
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/app", "--timeout=120s")


def patience(kubectl: Kubectl, seconds: int) -> None:
    """Set how long a rollout may stand still."""
    kubectl("patch", "deploy/app", "-p", json.dumps({"spec": {"progressDeadlineSeconds": seconds}}))


def revisions(kubectl: Kubectl) -> list[str]:
    lines = kubectl("rollout", "history", "deploy/app").splitlines()
    return [line.split()[0] for line in lines if line[:1].isdigit()]


def images(kubectl: Kubectl) -> list[str]:
    """Return the images of the Deployment's pods."""
    pods = kubectl.json("pods", "-l", "app=app")["items"]
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods)
