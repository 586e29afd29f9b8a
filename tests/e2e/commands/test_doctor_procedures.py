"""`doctor --procedures` proves a rollback on the real API server before it is needed, and shows why it cannot run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.cli import main
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide.command import SenseNow
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import readiness
from mmcockpit.ui.render.advice import ready_words
from tests.engine.engine_run import running
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.wait import wait_until
from tests.sources.kubernetes.manifests import IMAGE, container, deployment

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
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=deployments.apps,replicasets.apps,pods")
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=stranger")
    may(kubectl, "get", "pods")
    yield kubectl
    kubectl("delete", "namespace", SPACE, "--wait=false")


def may(kubectl: Kubectl, verb: str, resource: str) -> None:
    """Wait until the stranger may do this: rights take a moment to reach the server that checks them."""
    words = ("auth", "can-i", verb, resource, "--as=stranger")
    wait_until(lambda: kubectl.run(*words).returncode == 0, f"the stranger may {verb} {resource}")


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


ROLL_BACK = f"{UNDO}, rollout, undo, deployment/shop, --to-revision=1"


def node(kubectl: Kubectl, name: str, *images: str) -> None:
    """Create a node that reports these images, as a kubelet does."""
    kubectl.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    status = {"status": {"images": [{"names": [image], "sizeBytes": 1} for image in images]}}
    kubectl("patch", "node", name, "--subresource=status", "--type=merge", f"--patch={json.dumps(status)}")


def pod(kubectl: Kubectl, name: str, **status: object) -> None:
    """Create a pod of the image with this state of its container."""
    kubectl("create", "serviceaccount", "default")
    box = container()
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [box], "nodeName": "n"}}
    )
    one = {"name": box["name"], "image": IMAGE, "ready": False, "restartCount": 0, "imageID": "", **status}
    patch = json.dumps({"status": {"phase": "Pending", "containerStatuses": [one]}})
    kubectl("patch", "pod", name, "--subresource=status", "--type=merge", f"--patch={patch}")


OF = f"the image {IMAGE} of revision 1"


def test_an_image_that_no_pod_and_no_node_has_fails(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node(kubectl, "empty", "example.test/other:1")
    assert main(["doctor", checked(kubectl, tmp_path, ROLL_BACK), "--procedures"]) == 1
    sentence = f"no pod and no node has {OF}, so nothing shows that it can be pulled"
    assert lines(capsys, "FAILED") == [sentence]


def test_an_image_that_a_node_with_many_others_does_not_report_is_unproven(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node(kubectl, "busy", *(f"example.test/large:{number}" for number in range(50)))
    main(["doctor", checked(kubectl, tmp_path, ROLL_BACK), "--procedures"])
    sentence = f"nothing shows that {OF} can be pulled: 1 node may report only the 50 largest images"
    assert lines(capsys, "UNPROVEN") == [sentence]


def test_nodes_that_may_not_be_listed_leave_an_image_unproven(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl("create", "role", "patcher", "--verb=patch", "--resource=deployments.apps")
    kubectl("create", "rolebinding", "patcher", "--role=patcher", "--user=stranger")
    may(kubectl, "patch", "deployments.apps")
    main(["doctor", checked(kubectl, tmp_path, ROLL_BACK, context="stranger"), "--procedures"])
    why = "nodes may not be listed (missing right: list nodes)"
    assert lines(capsys, "UNPROVEN") == [f"nothing shows that {OF} can be pulled: {why}"]
    kubectl("delete", "rolebinding", "patcher")


def test_an_image_of_a_node_proves_the_revision(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node(kubectl, "pulled", IMAGE)
    main(["doctor", checked(kubectl, tmp_path, ROLL_BACK), "--procedures"])
    version, tried, *proven = lines(capsys, "")
    assert "Client Version: v1." in version
    assert tried == "deployment.apps/shop rolled back (server dry run)"
    assert proven == [
        "the identity may patch deployment/shop",
        "revision 1 of deployment/shop exists",
        f"{OF} is on 1 node",
        "its signal rolled has data",
    ]
    kubectl("delete", "node", "pulled")


def test_a_pod_that_cannot_pull_the_image_now_fails_the_revision(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node(kubectl, "pulled-before", IMAGE)
    pod(kubectl, "stuck", state={"waiting": {"reason": "ImagePullBackOff"}})
    assert main(["doctor", checked(kubectl, tmp_path, ROLL_BACK), "--procedures"]) == 1
    assert lines(capsys, "FAILED") == [f"{OF} cannot be pulled now: ImagePullBackOff in pod stuck"]
    kubectl("delete", "pod", "stuck", "--force", "--grace-period=0")
    kubectl("delete", "node", "pulled-before")


ASKED = """
name: c
title: C
phases: [{title: Cutover}]
procedures:
  - id: back
    title: Go back
    target: shop
    steps:
      - title: How many
        ask: {name: count, choices: ["4", "6"]}
      - title: Which
        ask: {name: which, pattern: '[a-z]+'}
      - title: Scale
        command: [%s, scale, deployment/shop, "--replicas=${values.count}"]
        danger: changes
      - title: Restart
        command: [%s, rollout, restart, "deployment/${values.which}"]
        danger: changes
      - title: Tell the team
        command: [mail, team]
        manual: true
"""


def test_the_first_choice_is_tried_and_a_text_of_a_person_leaves_its_step_unproven(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = checked(kubectl, tmp_path, "unused")
    (tmp_path / "list.yaml").write_text(ASKED % (UNDO, UNDO))
    main(["doctor", path, "--procedures"])
    shown = [line for line in capsys.readouterr().out.splitlines() if " back " in line and "Version" not in line]
    assert shown == [
        "ok       back             Scale: deployment.apps/shop scaled (server dry run)",
        "UNPROVEN back             Restart: which is entered by a person, so that target and rights are not checked",
        "UNPROVEN back             Tell the team: a person does it; its command is not checked",
    ]


def test_a_step_whose_signal_has_no_data_fails(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"{UNDO}, scale, deployment/shop, --replicas=1"
    path = checked(kubectl, tmp_path, command, "metrics.query: up, pass: value > 0")
    assert main(["doctor", path, "--procedures"]) == 1
    assert any(line.startswith("its signal rolled has no data: ") for line in lines(capsys, "FAILED"))


def test_a_session_shows_that_a_rollback_is_ready_and_then_why_it_is_not(kubectl: Kubectl, tmp_path: Path) -> None:
    node(kubectl, "pulled", IMAGE)
    program = tmp_path / "kubectl"
    program.symlink_to(KUBECTL)
    path = checked(kubectl, tmp_path, ROLL_BACK.replace(str(KUBECTL), str(program)))
    with running(load_cockpit(Path(path), sources).cockpit, tmp_path / "journal.jsonl") as (_, watcher):

        def words() -> str:
            return ready_words(watcher.session, watcher.batch.now, out_of_date=False)[1]

        watcher.until(lambda session: readiness(session)[0] is Level.PASS, "the rollback is ready")
        assert re.fullmatch(r"ready, checked \d+s ago", words())
        program.unlink()
        watcher.do(SenseNow("ana", ("ready_back",)))
        watcher.until(lambda session: readiness(session)[0] is Level.FAIL, "the rollback is not ready")
        why = f"cannot run step Undo: {program}: no such file; install it, or correct the command"
        assert words() == f"not ready: rollback ready: Go back {why}"
    kubectl("delete", "node", "pulled")
