"""Workloads on real controllers: which container counts, what keeps a rollout from its end, who protects whom."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.sources.kubernetes.manifests import DIGEST, container, deployment
from tests.sources.polling import fault, opened, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()
PROXY = f"example.test/proxy@sha256:{'cd' * 32}"


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    kubectl = control_plane.create_namespace(f"workloads-{next(_numbers)}")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


async def ask(kubectl: Kubectl, name: str, args: dict[str, Any], failing: bool = False) -> Any:
    where = {"kubeconfig": str(kubectl.api.kubeconfig), "namespace": kubectl.namespace}
    async with opened("kubernetes", **where) as source:
        asked = probe("kubernetes", source, name, args, timeout=20)
        return await (fault(asked) if failing else value(asked))


def done(kubectl: Kubectl) -> None:
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")


SIDECAR_FIRST = [container("proxy", image=PROXY), container("app")]


@pytest.mark.parametrize(
    ("boxes", "annotations"),
    [
        (SIDECAR_FIRST, None),
        ([container("proxy", image=PROXY), container("main", image=f"example.test/team/app:1{DIGEST}")], None),
        ([container("proxy", image=PROXY), container("api")], {"kubectl.kubernetes.io/default-container": "api"}),
        ([container("anything")], None),
    ],
)
async def test_the_application_is_found_beside_a_sidecar(kubectl: Kubectl, boxes: Any, annotations: Any) -> None:
    kubectl.apply(deployment(containers=boxes, annotations=annotations))
    done(kubectl)
    rollout = await ask(kubectl, "rollout", {"name": "app", "container": ""})
    assert rollout["image"] == boxes[-1]["image"]
    pods = await ask(kubectl, "pods", {"selector": "app=app", "container": ""})
    assert (len(pods["digests"]), pods["undigested"], pods["pods"][0]["image"]) == (1, 0, boxes[-1]["image"])


async def test_an_ambiguous_container_is_reported(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(containers=[container("one", image=PROXY), container("two", image=PROXY)]))
    done(kubectl)
    for name, args in (("rollout", {"name": "app"}), ("pods", {"selector": "app=app"})):
        unclear = await ask(kubectl, name, {**args, "container": ""}, failing=True)
        assert (unclear.kind, "one, two" in unclear.message) == (FaultKind.CONFIGURATION, True)
        missing = await ask(kubectl, name, {**args, "container": "three"}, failing=True)
        assert "unknown container 'three'" in missing.message
        await ask(kubectl, name, {**args, "container": "two"})
        await ask(kubectl, name, args)


async def test_a_pod_that_has_not_pulled_its_image_has_no_digest_yet(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(replicas=2))
    done(kubectl)
    kubectl("set", "image", "deploy/app", "app=example.test/app:missing")
    wait_until(lambda: "ImagePullBackOff" in kubectl("get", "pods"), "the new pod waits")
    pods = await ask(kubectl, "pods", {"selector": "app=app"})
    assert (len(pods["digests"]), pods["undigested"], pods["ready"]) == (1, 1, 2)
    rollout = await ask(kubectl, "rollout", {"name": "app"})
    assert (rollout["complete"], rollout["stuck"]) == (False, ["ImagePullBackOff"])


@pytest.mark.parametrize(("fault_", "stuck"), [("crash-loop", ["CrashLoopBackOff"]), ("not-ready", [])])
async def test_a_rollout_shows_why_new_containers_do_not_start(kubectl: Kubectl, fault_: str, stuck: list[str]) -> None:
    kubectl.apply(deployment(annotations={"mmcockpit.test/fault": fault_}))
    wait_until(lambda: "app" in kubectl("get", "pods") and "Pending" not in kubectl("get", "pods"), "it has started")
    rollout = await ask(kubectl, "rollout", {"name": "app"})
    assert (rollout["complete"], rollout["stuck"]) == (False, stuck)
    pods = await ask(kubectl, "pods", {"selector": "app=app"})
    assert pods["waiting"] == (stuck or ["ContainersNotReady: containers with unready status: [app]"])


async def test_a_native_sidecar_that_is_waited_for_is_in_the_reason(kubectl: Kubectl) -> None:
    sidecar = container("proxy", restartPolicy="Always")
    kubectl.apply(deployment(initContainers=[sidecar], annotations={"mmcockpit.test/fault": "init-running"}))
    wait_until(lambda: "Init:0/1" in kubectl("get", "pods"), "it waits")
    pods = await ask(kubectl, "pods", {"selector": "app=app"})
    assert pods["waiting"] == ["ContainersNotReady: containers with unready status: [app]"]


async def test_a_readiness_gate_that_is_not_met_is_the_reason(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(readinessGates=[{"conditionType": "example.test/registered"}]))
    wait_until(lambda: "Running" in kubectl("get", "pods"), "it runs")
    (reason,) = (await ask(kubectl, "pods", {"selector": "app=app"}))["waiting"]
    assert reason.startswith("ReadinessGatesNotReady: ")
    assert "example.test/registered" in reason


async def test_scaled_to_zero_is_complete_and_shows_zero(kubectl: Kubectl) -> None:
    kubectl.apply(deployment(replicas=0))
    done(kubectl)
    rollout = await ask(kubectl, "rollout", {"name": "app"})
    assert (rollout["complete"], rollout["desired"], rollout["available"]) == (True, 0, 0)
    assert (await ask(kubectl, "pods", {"selector": "app=app"}))["total"] == 0


async def test_a_failed_pod_that_its_owner_replaced_does_not_count(kubectl: Kubectl) -> None:
    kubectl.apply(deployment())
    done(kubectl)
    name = kubectl.json("pods")["items"][0]["metadata"]["name"]
    status = '{"status": {"phase": "Failed", "reason": "Evicted"}}'
    kubectl("patch", "pod", name, "--subresource=status", "--type=merge", "-p", status)
    wait_until(lambda: kubectl("get", "pods").count("Running") == 1, "another one runs")
    pods = await ask(kubectl, "pods", {"selector": "app=app"})
    assert (pods["total"], pods["ready"], len(pods["pods"])) == (1, 1, 2)


async def test_a_restart_is_over_when_its_rollout_is(kubectl: Kubectl) -> None:
    kubectl.apply(deployment())
    done(kubectl)
    assert (await ask(kubectl, "rollout", {"name": "app"}))["restarted_at"] == ""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}, "spec": {"hard": {"pods": "1"}}}
    kubectl.apply(quota)
    wait_until(lambda: kubectl.json("quota", "full").get("status", {}).get("used", {}).get("pods") == "1", "full")
    patch = '{"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}}'
    kubectl("patch", "deploy/app", "-p", patch)
    kubectl("rollout", "restart", "deploy/app")
    wait_until(lambda: "ReplicaFailure" in kubectl("get", "deploy/app", "-o", "yaml"), "the quota refuses it")
    rollout = await ask(kubectl, "rollout", {"name": "app"})
    assert (rollout["restarted_at"] != "", rollout["complete"]) == (True, False)


@pytest.mark.parametrize(
    ("selector", "covered"),
    [
        ({"matchLabels": {"app": "app"}}, 2),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, 2),
        ({}, 2),
        ({"matchLabels": {"app": "other"}}, 0),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["app"]}]}, 0),
    ],
)
async def test_a_budget_protects_the_pods_that_it_chooses(kubectl: Kubectl, selector: Any, covered: int) -> None:
    kubectl.apply(deployment(replicas=2))
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "app"}}
    kubectl.apply({**budget, "spec": {"minAvailable": 1, "selector": selector}})
    done(kubectl)
    found = await ask(kubectl, "budget", {"name": "app", "selector": "app=app"})
    assert (found["exists"], found["pods"], found["covered"]) == (True, 2, covered)
    assert await ask(kubectl, "budget", {"name": "none"}) == {"exists": False, "observed": False}


async def test_what_no_controller_has_seen_has_no_counts(kubectl: Kubectl, control_plane: ControlPlane) -> None:
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "app"}}
    kubectl.apply(deployment())
    control_plane.controllers.freeze()
    try:
        kubectl.apply({**budget, "spec": {"minAvailable": 1, "selector": {}}})
        kubectl("autoscale", "deployment", "app", "--cpu=50%", "--max=3")
        found, scaled = await ask(kubectl, "budget", {"name": "app"}), await ask(kubectl, "autoscaler", {"name": "app"})
    finally:
        control_plane.controllers.thaw()
    # The API server itself has 0 of 0 healthy pods: a rule on these alone would pass.
    assert (found["observed"], found.keys() & {"healthy", "desired", "disruptions_allowed"}) == (False, set())
    assert (scaled["observed"], scaled.keys() & {"replicas", "limited"}) == (False, set())


async def test_an_autoscaler_without_metrics_is_not_active(kubectl: Kubectl) -> None:
    kubectl.apply(deployment())
    kubectl("autoscale", "deployment", "app", "--cpu=50%", "--min=1", "--max=3")
    wait_until(lambda: "ScalingActive" in kubectl("get", "hpa", "app", "-o", "yaml"), "it has a status")
    found = await ask(kubectl, "autoscaler", {"name": "app"})
    assert (found["exists"], found["active"], found["without_value"]) == (True, False, ["resource cpu"])
    assert found["reason"]
    none = await ask(kubectl, "autoscaler", {"name": "none"})
    assert none == {"exists": False, "observed": False, "able": False, "active": False}


async def test_workloads_are_complete_or_say_why_not(kubectl: Kubectl) -> None:
    empty = await ask(kubectl, "workloads", {"kind": "deployment"})
    assert empty == []
    kubectl.apply(deployment())
    done(kubectl)
    kubectl("patch", "deploy/app", "-p", '{"spec": {"progressDeadlineSeconds": 2}}')
    kubectl("set", "image", "deploy/app", "app=example.test/app:missing")
    wait_until(lambda: "ProgressDeadlineExceeded" in kubectl("get", "deploy/app", "-o", "yaml"), "its deadline")
    (row,) = await ask(kubectl, "workloads", {"kind": "deployment"})
    assert (row["name"], row["complete"], row["reason"]) == ("app", False, "ProgressDeadlineExceeded")
    assert await ask(kubectl, "workloads", {"kind": "deployment", "skip": ["app"]}) == []


@pytest.mark.parametrize(("name", "args"), [("workloads", {}), ("templates", {}), ("list", {"kind": "deployment"})])
async def test_a_namespace_that_is_not_there_is_a_fault(kubectl: Kubectl, name: str, args: Any) -> None:
    gone = await ask(kubectl, name, {**args, "namespace": "never-made"}, failing=True)
    assert (gone.kind, "never-made does not exist" in gone.message) == (FaultKind.NOT_FOUND, True)
