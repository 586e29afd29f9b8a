"""What is found in a namespace: on a real API server with the real controllers."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from mmcockpit.config.models.use import LONGEST_PREFIX
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.model.verdict import Level
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.cluster.inventory import LISTED
from mmcockpit.discovery.cluster.procedures import MOST_PROCEDURES
from mmcockpit.discovery.cluster.workloads import MOST_WORKLOADS
from mmcockpit.discovery.findings import BEFORE, ROLLOUT, VERIFY
from mmcockpit.discovery.kubernetes import discover as kubernetes
from tests.discovery.deliveries import deliver
from tests.discovery.discoveries import Discovery, discover
from tests.discovery.namespaces import HOST, fill, pods_only
from tests.servers.control_plane import ControlPlane
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import Kubectl
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.manifests import deployment

pytestmark = pytest.mark.anyio
_numbers = count()
PASSING = {
    *("shop_rollout", "store_rollout", "agent_rollout", "shop_pods", "store_pods", "agent_pods"),
    *("deployment_images", "statefulset_images", "daemonset_images", "shop_endpoints", "shop_ingress"),
    *("shop_tls_certificate", "shop_budget", "volumes", "room_quota", "report_cron", "migrate_job"),
}


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    kubectl = control_plane.create_namespace(f"discovered-{next(_numbers)}")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


async def found_in(kubectl: Kubectl, kubeconfig: Path | None = None, budget: Budget | None = None) -> Discovery:
    where = {"kubeconfig": str(kubeconfig or kubectl.api.kubeconfig), "namespace": kubectl.namespace}
    return await discover(kubernetes, "cluster", "kubernetes", budget, **where)


async def test_every_signal_of_a_namespace_has_a_verdict(kubectl: Kubectl, tmp_path: Path) -> None:
    fill(kubectl)
    found = await found_in(kubectl)
    results = await found.results(tmp_path)
    assert results.keys() == {*PASSING, "shop_autoscaler", "warning_events", "nodes"}
    assert {name: results[name] for name in PASSING if results[name].level is not Level.PASS} == {}
    assert [(use.pack, use.options["vars"]) for use in found.findings.uses] == [
        ("rollback-kubectl", {"namespace": kubectl.namespace, "deployment": "shop"}),
        ("rollback-statefulset", {"namespace": kubectl.namespace, "statefulset": "store"}),
    ]
    # The StatefulSet has no earlier revision: a rollback can only be possible after the change.
    assert [use.options["phase"] for use in found.findings.uses] == [BEFORE, ROLLOUT]
    assert ["delete this entry" in use.comment for use in found.findings.uses] == [False, True]
    # No metrics server runs here.
    assert results["shop_autoscaler"].level is Level.FAIL
    assert "unable to get metrics" in results["shop_autoscaler"].reason
    assert results["warning_events"].level is Level.WARN
    assert results["warning_events"].reason.startswith("HorizontalPodAutoscaler shop: Failed")
    # The name of the host exists nowhere.
    assert "does not resolve" in found.missing[f"Ingress host {HOST}"]
    assert found.missing["Ingress host *.shops.example.test"] == "a wildcard: no name to query"
    assert found.used <= len(LISTED) + 10
    assert {item.phase for item in found.findings.items} == {BEFORE, ROLLOUT, VERIFY}
    assert {item.signal for item in found.findings.items if item.signal} == results.keys()


async def test_a_namespace_without_objects_has_one_line_about_them(kubectl: Kubectl, tmp_path: Path) -> None:
    found = await found_in(kubectl)
    assert found.signals.keys() == {"warning_events", "nodes"}
    none = next(what for what, why in found.missing.items() if why == f"none in namespace {kubectl.namespace}")
    assert none.startswith("Deployments, StatefulSets, DaemonSets, ReplicaSets, Pods, Services, ")


async def test_an_account_that_may_list_pods_only_gets_their_signal_and_the_reasons(
    control_plane: ControlPlane, kubectl: Kubectl, tmp_path: Path
) -> None:
    kubectl.apply(deployment("shop"))
    kubectl("rollout", "status", "deploy/shop", "--timeout=120s")
    found = await found_in(kubectl, pods_only(control_plane, kubectl, tmp_path / "kubeconfig"))
    results = await found.results(tmp_path)
    assert {name: result.level for name, result in results.items()} == {"all_pods": Level.PASS}
    plurals = [listed.plural for listed in LISTED if listed.kind not in ("pod", "node")]
    why = f"403: this account may not list them in {kubectl.namespace}; the ClusterRole view would allow it"
    assert found.missing[", ".join(plurals)] == why
    assert found.missing["Nodes"] == "403: this account may not list nodes (cluster-wide)"
    assert found.missing["Helm releases"] == f"403: this account may not list secrets in {kubectl.namespace}"


async def test_a_rollback_fits_what_deploys_a_workload(kubectl: Kubectl) -> None:
    marks = {
        "by-helm": {"annotations": {"meta.helm.sh/release-name": "store"}},
        "by-helm-too": {"annotations": {"meta.helm.sh/release-name": "store"}},
        "by-argo": {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/by-argo"}},
        "by-flux": {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}},
        # Names that differ only beyond what fits into a prefix.
        f"by-hand-{'x' * 50}-a": {},
        f"by-hand-{'x' * 50}-b": {},
    }
    items = [deployment(name, replicas=0) | {"metadata": {"name": name, **more}} for name, more in marks.items()]
    kubectl.apply({"apiVersion": "v1", "kind": "List", "items": items})
    found = await found_in(kubectl)
    used = [(use.pack, use.options["prefix"]) for use in found.findings.uses]
    long = f"by_hand_{'x' * (LONGEST_PREFIX - 10)}"
    assert used == [("rollback-kubectl", long), ("rollback-kubectl", f"{long}_2"), ("rollback-helm", "store")]
    assert max(len(prefix) for _, prefix in used) == LONGEST_PREFIX
    assert found.missing["rollback of Deployment by-argo"].startswith("Argo CD deploys it")
    assert found.missing["rollback of Deployment by-flux"].startswith("Flux deploys it")


async def test_workloads_beyond_the_limit_are_watched_together_and_named(kubectl: Kubectl, tmp_path: Path) -> None:
    names = [f"shop-{number:02}" for number in range(MOST_WORKLOADS + 3)]
    items = [deployment(name, replicas=0) for name in names]
    kubectl.apply({"apiVersion": "v1", "kind": "List", "items": items})
    found = await found_in(kubectl)
    rollouts = [name for name in found.signals if name.endswith("_rollout")]
    assert len(rollouts) == MOST_WORKLOADS
    assert found.signals["all_deployments"].probe == "workloads"
    why = f"only the first {MOST_WORKLOADS} workloads have signals of their own; all_deployments includes it"
    assert found.missing[", ".join(f"Deployment {name}" for name in names[MOST_WORKLOADS:])] == why
    assert len(found.findings.uses) == MOST_PROCEDURES
    assert "shop_00_rollback" not in found.signals
    assert f"rollback-kubectl for shop-{MOST_PROCEDURES:02}" in next(
        what
        for what, why in found.missing.items()
        if why.startswith(f"only the first {MOST_PROCEDURES} have a runbook")
    )
    assert next(why for what, why in found.missing.items() if "pods of Deployment shop-00" in what) == (
        "scaled to 0 replicas"
    )


async def test_kinds_beyond_the_budget_are_named_as_not_queried(kubectl: Kubectl) -> None:
    found = await found_in(kubectl, budget=Budget(requests=6))
    assert found.used == 6
    unasked = next(what for what, why in found.missing.items() if why.startswith("not queried"))
    assert "ResourceQuotas, Nodes, cert-manager Certificates, Argo Rollouts" in unasked


async def test_a_namespace_that_does_not_exist_is_a_fault(control_plane: ControlPlane) -> None:
    with pytest.raises(ProbeError, match="the namespace nowhere does not exist"):
        await found_in(control_plane.kubectl("nowhere"))


async def test_a_missing_kubeconfig_is_a_fault_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    with pytest.raises(ProbeError, match=str(path)):
        await discover(kubernetes, "cluster", "kubernetes", kubeconfig=str(path), namespace="shop")


async def test_what_deploys_the_workloads_is_found_in_its_own_namespace(
    kube_apiserver: KubeApiserver, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        writer = stack.enter_context(Writer(kube_apiserver.kubeconfig, "delivered"))
        deliver(kube_apiserver, writer, stack)
        kubeconfig = str(kube_apiserver.kubeconfig)
        found = await discover(kubernetes, "cluster", "kubernetes", kubeconfig=kubeconfig, namespace="delivered")
        results = await found.results(tmp_path)
    passing = {
        "shop_argo_rollout",
        "shop_flagger_canary",
        "shop_argo_application",
        "shop_flux",
        "cart_flux",
        "store_helm",
    }
    assert {name: results[name] for name in passing if results[name].level is not Level.PASS} == {}
    assert found.signals["shop_argo_application"].args == {"name": "shop", "namespace": "argocd"}
    # They deploy to another namespace.
    assert {"other_argo_application", "other_flux"}.isdisjoint(results)
