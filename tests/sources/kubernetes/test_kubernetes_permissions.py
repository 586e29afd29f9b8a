"""What every probe of a cluster must be allowed, and its fault if it is not: on the real API server."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.sources import kind
from mmcockpit.sources.kubernetes.api.permissions import Permission, requested
from mmcockpit.sources.kubernetes.probe import ClusterProbe
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.delivery_kinds import (
    ANALYSIS_RUN,
    APPLICATION,
    CANARY,
    GIT_REPOSITORY,
    KUSTOMIZATION,
    ROLLOUT,
    ensure_installed,
)
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, probe

pytestmark = pytest.mark.anyio
_numbers = count()
ACCOUNT = "system:serviceaccount:default:app"
KINDS_TO_LIST = ("pod", "node", "secret", "deployment", "hpa", "pdb", "ingressclass", "certificate", "event", "pvc")
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    *(("list", {"kind": name}) for name in KINDS_TO_LIST),
    *(
        ("get", {"kind": name, "name": "app"})
        for name in ("secret", "storageclass", "namespace", "role", "clusterrole")
    ),
    ("pods", {"selector": "app=app", "zones": True}),
    ("rollout", {"name": "app"}),
    ("rollout", {"name": "app", "kind": "statefulset"}),
    ("can_i", {"verb": "get", "resource": "pods", "as_user": ACCOUNT}),
    ("rights", {"as_user": ACCOUNT, "verbs": ["get"], "resources": ["pods"]}),
    ("events", {}),
    ("logs", {"selector": "app=app"}),
    *(("templates", {"kind": name}) for name in ("deployment", "statefulset", "daemonset", "cronjob", "pod")),
    ("network", {"port": "8000", "from_namespaces": ["default"]}),
    ("service", {"name": "app"}),
    ("ingress", {"name": "app"}),
    ("jobs", {"prefix": "app"}),
    ("cronjob", {"name": "app"}),
    ("revisions", {"name": "app"}),
    ("workloads", {"kind": "deployment"}),
    ("workloads", {"kind": "statefulset"}),
    ("budget", {"name": "app"}),
    ("autoscaler", {"name": "app"}),
    ("argo_rollout", {"name": "app"}),
    ("argo_analysis", {"name": "app"}),
    ("argo_application", {"name": "app"}),
    ("flagger_canary", {"name": "app"}),
    ("flux", {"kind": "Kustomization/app"}),
    ("flux", {"kind": "GitRepository/app"}),
    ("helm", {"name": "app"}),
    ("helm", {"name": "app", "storage": "configmap"}),
]
"""Every probe, with the arguments that change what it must be allowed."""


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    """Give a namespace of this test's own, and what writes into it."""
    with Writer(kube_apiserver.kubeconfig, f"allowed-{next(_numbers)}") as writer:
        ensure_installed(writer, ROLLOUT, ANALYSIS_RUN, APPLICATION, CANARY, KUSTOMIZATION, GIT_REPOSITORY)
        yield writer


def permissions(name: str, args: dict[str, Any], namespace: str) -> tuple[Permission, ...]:
    described = kind("kubernetes").probes[name]
    assert isinstance(described.make, type)
    assert issubclass(described.make, ClusterProbe)
    return described.make.permissions(described.args.model_validate(args), namespace)


def test_every_probe_is_asked_here() -> None:
    assert {name for name, _ in QUESTIONS} == kind("kubernetes").probes.keys()


async def test_a_forbidden_fault_names_the_verb_and_the_resource(writer: Writer) -> None:
    where = {"kubeconfig": str(writer.kubeconfig), "namespace": writer.namespace, "context": "stranger"}
    async with opened("kubernetes", **where) as source:
        for name, args in QUESTIONS:
            found = await fault(probe("kubernetes", source, name, args))
            first = permissions(name, args, writer.namespace)[0]
            assert found.kind is FaultKind.FORBIDDEN, (name, args)
            assert f": may not {first}: 403 " in found.message, (name, args)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/nodes", "list nodes (cluster-wide)"),
        ("GET", "/api/v1/nodes/a", "get nodes a (cluster-wide)"),
        ("GET", "/api/v1/namespaces", "list namespaces (cluster-wide)"),
        ("GET", "/api/v1/namespaces/shop", "get namespaces shop in shop"),
        ("GET", "/api/v1/namespaces/shop/pods/a/log", "get pods/log a in shop"),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments", "list deployments in shop"),
        ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "create subjectaccessreviews (cluster-wide)"),
        ("GET", "/version", "None"),
    ],
)
def test_a_request_has_the_name_that_people_use(method: str, path: str, expected: str) -> None:
    assert str(requested(method, path)) == expected
