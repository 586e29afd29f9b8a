"""`doctor --procedures` proves a rollback on the real API server before it is needed, and shows why it cannot run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.cli import main
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.sources.kubernetes.manifests import deployment

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("kube-apiserver")]
SPACE = "proven-rollback"
COCKPIT = """
name: Night
environment: staging
allow: {{procedures: true}}
sources:
  cluster: {{kind: kubernetes, kubeconfig: {kubeconfig}, context: {context}, namespace: {space}}}
  metrics: {{kind: prometheus, url: "http://127.0.0.1:9"}}
signals:
  rolled: {{{signal}}}
"""
CHECKLIST = """
name: c
title: C
phases: [{{title: Cutover}}]
procedures:
  - id: back
    title: Go back
    about: When the new version is the cause.
    target: shop
    steps:
      - title: Undo
        command: [{command}]
        danger: dangerous
        signal: rolled
        timeout: 20s
"""
UNDO = f"""{KUBECTL}, "--kubeconfig=${{cluster.kubeconfig}}", "--context=${{cluster.context}}", --namespace={SPACE}"""
ROLLOUT = f"cluster.rollout: {{namespace: {SPACE}, name: shop}}, pass: value.complete"


@pytest.fixture(scope="module")
def kubectl(kube_apiserver: KubeApiserver) -> Iterator[Kubectl]:
    """Give a Deployment with one ReplicaSet, which is revision 1, as its controller would make it."""
    kubectl = Kubectl(kube_apiserver, SPACE)
    kubectl("create", "namespace", SPACE)
    mark = {"deployment.kubernetes.io/revision": "1"}
    kubectl.apply(deployment("shop", annotations=mark))
    made = kubectl.json("deployment", "shop")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop", "uid": made["metadata"]["uid"]}
    replicas = deployment("shop-1", annotations=mark)
    replicas["kind"] = "ReplicaSet"
    replicas["metadata"] |= {"annotations": mark, "ownerReferences": [{**owner, "controller": True}]}
    replicas["metadata"]["labels"] = {"app": "shop"}
    replicas["spec"] |= {
        "selector": {"matchLabels": {"app": "shop"}},
        "template": {**replicas["spec"]["template"], "metadata": {"labels": {"app": "shop"}}},
    }
    kubectl.apply(replicas)
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=deployments.apps,replicasets.apps")
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=stranger")
    yield kubectl
    kubectl("delete", "namespace", SPACE, "--wait=false")


def checked(kubectl: Kubectl, folder: Path, command: str, signal: str = ROLLOUT, context: str = "admin") -> str:
    """Write a cockpit file with one procedure of one command and return the path."""
    (folder / "list.yaml").write_text(CHECKLIST.format(command=command))
    path = folder / "cockpit.yaml"
    text = COCKPIT.format(kubeconfig=kubectl.api.kubeconfig, context=context, space=SPACE, signal=signal)
    path.write_text(f"checklist: list.yaml\n{text}")
    return str(path)


def lines(capsys: pytest.CaptureFixture[str], result: str) -> list[str]:
    """Return the checks of the step with a result."""
    shown = capsys.readouterr().out.splitlines()
    return [line.partition("Undo: ")[2] for line in shown if line.startswith(result) and "Undo: " in line]


def test_a_dry_run_proves_the_step_and_changes_nothing(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = kubectl.json("deployment", "shop")
    patch = f"""{UNDO}, scale, deployment/shop, --replicas=5"""
    main(["doctor", checked(kubectl, tmp_path, patch), "--procedures"])
    shown = capsys.readouterr().out
    assert "FAILED " not in shown
    assert "deployment.apps/shop scaled (server dry run)" in shown
    assert "its signal rolled has data" in shown
    assert kubectl.json("deployment", "shop") == before


NOT_FOUND = 'Error from server (NotFound): deployments.apps "gone" not found'
CAUSES = {
    "program": ("nosuchctl, rollback", "admin", "nosuchctl: not found in PATH; install it, or correct the command"),
    "target": (f"{UNDO}, scale, deployment/gone, --replicas=1", "admin", NOT_FOUND),
    "target-without-dry-run": (f"{UNDO}, rollout, restart, deployment/gone", "admin", NOT_FOUND),
    "revision": (
        f"{UNDO}, rollout, undo, deployment/shop, --to-revision=99",
        "admin",
        "error: unable to find specified revision 99 in history",
    ),
    "right-by-review": (
        f"{UNDO}, rollout, restart, deployment/shop",
        "stranger",
        "the identity may not patch deployment/shop",
    ),
    "right-by-dry-run": (
        f"{UNDO}, scale, deployment/shop, --replicas=1",
        "stranger",
        'Error from server (Forbidden): deployments.apps "shop" is forbidden: User "stranger" cannot',
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_step_that_cannot_run_is_shown_with_the_reason(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str], cause: str
) -> None:
    command, context, sentence = CAUSES[cause]
    assert main(["doctor", checked(kubectl, tmp_path, command, context=context), "--procedures"]) == 1
    failed = lines(capsys, "FAILED")
    assert any(line.startswith(sentence) for line in failed), failed


def test_a_dry_run_that_admission_rejects_fails(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = json.dumps({"spec": {"selector": {"matchLabels": {"app": "other"}}}})
    command = f"{UNDO}, patch, deployment/shop, '--patch={wrong}'"
    assert main(["doctor", checked(kubectl, tmp_path, command), "--procedures"]) == 1
    failed = lines(capsys, "FAILED")
    assert any("field is immutable" in line for line in failed), failed


def test_a_step_whose_signal_has_no_data_fails(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"{UNDO}, scale, deployment/shop, --replicas=1"
    path = checked(kubectl, tmp_path, command, "metrics.query: up, pass: value > 0")
    assert main(["doctor", path, "--procedures"]) == 1
    assert any(line.startswith("its signal rolled has no data: ") for line in lines(capsys, "FAILED"))
