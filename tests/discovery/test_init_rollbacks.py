"""`init --discover` drafts a rollback for each workload: queued by the drafted abort rules, and proven by doctor."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mmcockpit.core.model.procedure import Danger, Procedure
from tests.conftest import PrometheusFactory
from tests.discovery.command import Program
from tests.discovery.namespaces import stateful_set
from tests.discovery.shops import shop
from tests.servers.control_plane import ControlPlane
from tests.servers.http import HttpServer
from tests.servers.kubectl import Kubectl
from tests.sources.kubernetes.delivery_kinds import (
    ANALYSIS_RUN,
    PROMOTED,
    ROLLOUT,
    ensure_installed,
    rollout_spec,
    rollout_status,
)
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.manifests import IMAGE, deployment

NAMESPACE = "drafted-rollbacks"
OWNER = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "api"}
PLUGIN = "kubectl-argo-rollouts"
"""The plugin of kubectl that an undo of a Rollout needs; most machines of developers lack it."""
WORKLOADS = {"shop": "rollback-kubectl", "store": "rollback-statefulset", "api": "rollback-argo"}


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """A Deployment, a StatefulSet and a Rollout with two revisions each, and a StatefulSet of an operator."""
    kubectl = control_plane.create_namespace(NAMESPACE)
    with Writer(control_plane.kubeconfig, f"{NAMESPACE}-kinds") as writer:
        ensure_installed(writer, ROLLOUT, ANALYSIS_RUN)
    kubectl.apply({"apiVersion": "v1", "kind": "List", "items": [deployment("shop"), stateful_set("store")]})
    uid = _rollout(kubectl)
    for number in (1, 2):
        kubectl.apply(_replica_set(number, uid))
    owned = stateful_set("queue", replicas=0)
    owned["metadata"]["ownerReferences"] = [{**OWNER, "uid": uid}]
    kubectl.apply(owned)
    for workload in ("deploy/shop", "statefulset/store"):
        kubectl("rollout", "status", workload, "--timeout=120s")
        kubectl("set", "image", workload, f"app={IMAGE.replace('app@', 'app:2@')}")
        kubectl("rollout", "status", workload, "--timeout=120s")
    yield kubectl
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _rollout(kubectl: Kubectl) -> str:
    """Create a Rollout of Argo that is fully promoted; return its UID."""
    written = {"apiVersion": OWNER["apiVersion"], "kind": OWNER["kind"], "metadata": {"name": "api"}}
    kubectl.apply({**written, "spec": rollout_spec()})
    status = json.dumps({"status": rollout_status(**PROMOTED)})
    kubectl("patch", "rollouts.argoproj.io/api", "--subresource=status", "--type=merge", "-p", status)
    return str(kubectl.json("rollouts.argoproj.io", "api")["metadata"]["uid"])


def _replica_set(number: int, uid: str) -> dict[str, Any]:
    """Return a revision of the Rollout without pods, with an image of its own."""
    written = deployment(f"api-{number}", replicas=0)
    pod = written["spec"]["template"]["spec"]
    pod["containers"][0]["image"] = f"registry.example/api:{number}"
    owner = {**OWNER, "uid": uid, "controller": True}
    annotations = {"rollout.argoproj.io/revision": str(number)}
    written["metadata"] |= {"annotations": annotations, "ownerReferences": [owner]}
    return written | {"kind": "ReplicaSet"}


def test_each_workload_gets_a_rollback_that_doctor_proves(
    program: Program, kubectl: Kubectl, prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    url, kubeconfig = shop(http_server, prometheus_factory), kubectl.api.kubeconfig
    ran = program.discover("--prometheus", url, "--kubeconfig", kubeconfig, "--namespace", NAMESPACE)
    assert ran.code == 0, ran
    assert "rollback of StatefulSet queue" in ran.out + program.cockpit_text
    assert "Rollout api deploys it and would undo it" in program.cockpit_text
    rollbacks = {
        one.id: one for one in program.cockpit.checklist.procedures if one.id.endswith(tuple(WORKLOADS.values()))
    }
    assert set(rollbacks) == {f"{name}-{pack}" for name, pack in WORKLOADS.items()}
    # The service of Prometheus is the Deployment shop, so its rules queue only that rollback.
    aborts = ("shop_errors", "shop_p95", "shop_p99")
    assert {name: rollback.aborts for name, rollback in rollbacks.items()} == {
        "shop-rollback-kubectl": aborts,
        "store-rollback-statefulset": (),
        "api-rollback-argo": (),
    }
    for rollback in rollbacks.values():
        _is_complete(rollback)
    assert program.cockpit_text.count("phase: before,") == len(WORKLOADS), "all have an earlier revision to check"
    assert "shop_errors" in [step.signal for step in rollbacks["shop-rollback-kubectl"].steps]
    before = _objects(kubectl)
    path = program.folder / "cockpit.yaml"
    path.write_text(path.read_text().replace("# allow: {procedures: true}", "allow: {procedures: true} #"))
    assert program.run("check", path, program.folder / "checklist.yaml").code == 0
    proven = program.run("doctor", path, "--procedures")
    checks = [line for line in proven.out.splitlines() if any(name[:16] in line for name in rollbacks)]
    failed = [line for line in checks if line.startswith("FAILED") and PLUGIN not in line]
    assert failed == [], "\n".join(checks)
    assert PLUGIN in program.cockpit_text, "what the undo of a Rollout needs is named where it is drafted"
    assert sum("server dry run" in line for line in checks) >= 2, proven.out
    assert _objects(kubectl) == before


def _is_complete(rollback: Procedure) -> None:
    """Check that a revision is shown and chosen before the undo, and that signals confirm it after that."""
    dangers = [n for n, step in enumerate(rollback.steps) if step.danger is Danger.DANGEROUS]
    shown = next(n for n, step in enumerate(rollback.steps) if any(one.name == "revision" for one in step.captures))
    undo = rollback.steps[dangers[0]]
    assert shown < dangers[0]
    assert any("${values.revision}" in word for word in undo.argv)
    assert all(rollback.steps[n].typed for n in dangers)
    assert sum(bool(step.signal) for step in rollback.steps[dangers[0] :]) >= 2


def _objects(kubectl: Kubectl) -> str:
    """Return the specifications of the workloads, to see that nothing changed."""
    items = kubectl.json("deployments.apps,statefulsets.apps,rollouts.argoproj.io")["items"]
    return json.dumps([[item["metadata"]["name"], item["spec"]] for item in items])
