"""A controller that stopped leaves the status of a workload as it was: the pods and the specification say so."""

from collections.abc import Iterator

import pytest

from mmcockpit.sources.kubernetes import staleness as kubernetes_staleness
from mmcockpit.sources.kubernetes.staleness import STALE_AFTER_S, Staleness
from mmcockpit.sources.kubernetes.workload import Meta, Spec, Workload, WorkloadStatus
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.sources.kubernetes.manifests import deployment
from tests.sources.polling import opened, probe, value


def workload(ready: int = 3, generation: int = 2, observed: int = 2) -> Workload:
    status = WorkloadStatus(observed_generation=observed, replicas=ready, ready_replicas=ready, updated_replicas=ready)
    return Workload(Meta("app", "uid", generation=generation), Spec(replicas=3), status)


def test_a_status_is_stale_once_it_differs_from_its_pods_for_long() -> None:
    judged = Staleness()
    assert judged.reason(workload(), 1, 0.0) == ""
    assert judged.reason(workload(), 1, STALE_AFTER_S - 1) == ""
    stale = "status is stale: it reports 3 ready pods, 1 are ready"
    assert judged.reason(workload(), 1, STALE_AFTER_S) == stale
    assert judged.reason(workload(), 3, STALE_AFTER_S + 1) == ""
    assert judged.reason(workload(), 1, STALE_AFTER_S + 2) == "", "it counts from the beginning again"


def test_a_status_that_moves_is_not_stale() -> None:
    judged = Staleness()
    assert judged.reason(workload(3), 1, 0.0) == ""
    assert judged.reason(workload(2), 1, STALE_AFTER_S) == ""
    assert judged.reason(workload(2), 1, 2 * STALE_AFTER_S).startswith("status is stale: it reports 2 ready pods")


def test_a_generation_that_is_not_seen_for_long_is_stale() -> None:
    judged = Staleness()
    assert judged.reason(workload(observed=1), 3, 0.0) == ""
    stale = "status is stale: the controller observed generation 1 of 2"
    assert judged.reason(workload(observed=1), 3, STALE_AFTER_S) == stale


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    kubectl = control_plane.create_namespace("staleness")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.mark.anyio
async def test_pods_that_are_gone_while_the_controllers_stand_still_make_a_rollout_stale(
    control_plane: ControlPlane, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_staleness, "STALE_AFTER_S", 0.0)
    kubectl.apply(deployment(replicas=2))
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    where = {"kubeconfig": str(kubectl.api.kubeconfig), "namespace": kubectl.namespace}
    async with opened("kubernetes", **where) as source:
        rollout = probe("kubernetes", source, "rollout", {"name": "app"}, timeout=20)
        others = probe("kubernetes", source, "workloads", {"kind": "deployment"}, timeout=20)
        assert (await value(rollout))["complete"]
        control_plane.controllers.freeze()
        try:
            kubectl("delete", "pod", "--all", "--force", "--grace-period=0")
            wait_until(lambda: not kubectl.json("pods")["items"], "the pods are gone")
            found, (row,) = await value(rollout), await value(others)
        finally:
            control_plane.controllers.thaw()
    reason = "status is stale: it reports 2 ready pods, 0 are ready"
    assert (found["complete"], found["stale"], found["reason"]) == (False, reason, reason)
    assert (row["complete"], row["reason"]) == (False, reason)
