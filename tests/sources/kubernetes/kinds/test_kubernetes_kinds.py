"""Any kind of object by API discovery: on the real API server, and on the documents that other servers send."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.cli.doctor.permissions import looked_up
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources import kind as source_kind
from mmcockpit.sources.kubernetes.api import discovery
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import ObjectKind
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from tests.conftest import KubernetesApi
from tests.servers.http import Answer, HttpServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.custom_kinds import install, uninstall
from tests.sources.kubernetes.kubernetes_replies import kubeconfig
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, probe, value

pytestmark = pytest.mark.anyio
GROUP = "lab.example.test"
UNREPORTED = "its status has neither a condition Ready nor an observed generation"
WIDGET_ALPHA = ObjectKind(f"/apis/{GROUP}/v1alpha1", "widgets", "Widget")
WIDGET = ObjectKind(f"/apis/{GROUP}/v1", "widgets", "Widget")
REGION = ObjectKind(f"/apis/{GROUP}/v1", "regions", "Region", namespaced=False)
_numbers = count()


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    """Give a namespace of this test's own, and what writes into it."""
    with Writer(kube_apiserver.kubeconfig, f"kinds-{next(_numbers)}") as writer:
        yield writer


@pytest.fixture
def lab(writer: Writer) -> Iterator[Writer]:
    """Give a cluster with the kinds Widget, in two versions, and Region, of the whole cluster."""
    install(writer, WIDGET_ALPHA, WIDGET)
    install(writer, REGION)
    yield writer
    uninstall(writer, WIDGET)
    uninstall(writer, REGION)


async def resolved(source: Any, text: str) -> ObjectKind:
    assert isinstance(source, ClusterClient)
    return await source.kind(text)


async def refused(source: Any, text: str) -> ProbeError:
    with pytest.raises(ProbeError) as raised:
        await resolved(source, text)
    return raised.value


async def test_every_spelling_finds_the_kind_and_its_preferred_version(lab: Writer) -> None:
    async with opened("kubernetes", kubeconfig=str(lab.kubeconfig)) as source:
        for text in (f"Widget.{GROUP}", f"widgets.{GROUP}", f"widget.{GROUP}", f"{GROUP}/v1/Widget"):
            assert await resolved(source, text) == WIDGET
        assert await resolved(source, f"{GROUP}/v1alpha1/widgets") == WIDGET_ALPHA
        assert await resolved(source, f"Region.{GROUP}") == REGION
        assert await resolved(source, "v1/Pod") == await resolved(source, "pod")
        assert await resolved(source, "Deployment.apps") == await resolved(source, "deployment")


async def test_objects_of_any_kind_are_polled_in_their_scope(lab: Writer) -> None:
    lab.make(WIDGET, "one", status={"phase": "Done"}, spec={"size": 3})
    lab.make(REGION, "north")
    async with opened("kubernetes", kubeconfig=str(lab.kubeconfig), namespace=lab.namespace) as source:
        found = await value(probe("kubernetes", source, "get", {"kind": f"{GROUP}/v1/Widget/one"}))
        missing = await value(probe("kubernetes", source, "get", {"kind": f"Widget.{GROUP}/two"}))
        region = await value(probe("kubernetes", source, "get", {"kind": f"Region.{GROUP}/north"}))
        listed = await value(probe("kubernetes", source, "list", {"kind": f"widgets.{GROUP}"}))
    assert (found["exists"], found["spec"]["size"], found["status"]["phase"]) == (True, 3, "Done")
    assert missing == {"exists": False, "ready": {"status": "NotFound", "message": "does not exist"}}
    assert region["metadata"]["name"] == "north"
    assert [(one["metadata"]["name"], one["kind"]) for one in listed] == [("one", "Widget")]
    assert listed[0]["ready"] == found["ready"] == {"message": UNREPORTED}
    assert region["ready"] == {"message": "no status: no controller has reported on it"}


async def test_a_kind_that_is_installed_later_is_found_without_a_restart(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "REFRESH_AFTER_S", 0.0)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        polled = probe("kubernetes", source, "list", {"kind": f"Widget.{GROUP}"})
        before = await fault(polled)
        install(writer, WIDGET)
        try:
            assert await value(polled) == []
        finally:
            uninstall(writer, WIDGET)
        gone = await fault(polled)
        after = await fault(polled)
    assert before.kind == gone.kind == FaultKind.NOT_FOUND
    assert f"the cluster has no kind Widget (group {GROUP})" in before.message
    assert after == before


async def test_the_permissions_of_any_kind_name_the_resource_that_the_cluster_knows(lab: Writer) -> None:
    asked = [("Widget.lab.example.test", ""), (f"{GROUP}/v1/Region", "north")]
    needs = {reading(kind, lab.namespace, name): ["a signal"] for kind, name in asked}
    async with opened("kubernetes", kubeconfig=str(lab.kubeconfig)) as source:
        assert isinstance(source, ClusterClient)
        found = await looked_up(source, needs)
    assert list(found) == [
        Permission("list", "widgets", GROUP, lab.namespace),
        Permission("get", "namespaces", "", lab.namespace, lab.namespace),
        Permission("get", "regions", GROUP, "", "north"),
    ]


async def test_an_unknown_kind_names_similar_ones(lab: Writer) -> None:
    async with opened("kubernetes", kubeconfig=str(lab.kubeconfig)) as source:
        wrong_group = await refused(source, "Widget.lab.example")
        wrong_version = await refused(source, f"{GROUP}/v2/Widget")
        misspelt = await refused(source, f"Wadget.{GROUP}")
        bare = await refused(source, "Widget")
    assert wrong_group.kind == FaultKind.NOT_FOUND
    assert wrong_group.message.endswith(f"did you mean Widget.{GROUP}?")
    assert wrong_version.message.endswith(f"no kind Widget (group {GROUP}, version v2); it has v1 and v1alpha1")
    assert misspelt.message.endswith(f"did you mean Widget.{GROUP}?")
    assert bare.kind == FaultKind.CONFIGURATION


async def test_discovery_works_alike_on_the_simulated_server(kubernetes_api: KubernetesApi) -> None:
    async with opened("kubernetes", kubeconfig=str(kubernetes_api.kubeconfig)) as source:
        assert (await resolved(source, "deployments.apps")).path("n") == "/apis/apps/v1/namespaces/n/deployments"
        assert (await resolved(source, "v1/namespaces")).path("", "n") == "/api/v1/namespaces/n"
        assert (await refused(source, "Rollout.not-installed.example")).kind == FaultKind.NOT_FOUND


# Servers before 1.26, and groups whose own API server does not respond.


def says(document: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(document))


def classic(server: HttpServer) -> None:
    """Serve the groups apps, metrics.k8s.io (broken) and lab, in separate documents."""
    server.answers["/api/v1/namespaces/kube-system"] = says({"metadata": {"uid": "u"}})
    server.answers["/api"] = says({"kind": "APIVersions", "versions": ["v1"]})
    groups = [
        {"name": "metrics.k8s.io", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
        {
            "name": GROUP,
            "versions": [{"version": "v1alpha1"}, {"version": "v1"}],
            "preferredVersion": {"version": "v1"},
        },
    ]
    server.answers["/apis"] = says({"kind": "APIGroupList", "groups": groups})
    server.answers["/apis/metrics.k8s.io/v1"] = Answer(503, "error trying to reach service")
    widgets = [
        {"name": "widgets", "singularName": "widget", "namespaced": True, "kind": "Widget"},
        {"name": "widgets/status", "namespaced": True, "kind": "Widget"},
        {"name": "../secrets", "namespaced": True, "kind": "Trick"},
    ]
    for version in ("v1", "v1alpha1"):
        server.answers[f"/apis/{GROUP}/{version}"] = says({"kind": "APIResourceList", "resources": widgets})


def aggregated(server: HttpServer) -> None:
    """Serve the same groups in one document, as servers since 1.26 do."""
    server.answers["/api/v1/namespaces/kube-system"] = says({"metadata": {"uid": "u"}})
    parts = [{"subresource": "status"}]
    widget = {"resource": "widgets", "responseKind": {"kind": "Widget"}, "scope": "Namespaced", "subresources": parts}
    trick = {"resource": "../secrets", "responseKind": {"kind": "Trick"}, "scope": "Namespaced"}
    items = [
        {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1", "freshness": "Stale"}]},
        {
            "metadata": {"name": GROUP},
            "versions": [
                {"version": "v1", "resources": [widget, trick], "freshness": "Current"},
                {"version": "v1alpha1", "resources": [widget], "freshness": "Current"},
            ],
        },
    ]
    server.answers["/apis"] = says({"kind": "APIGroupDiscoveryList", "items": items})


@pytest.mark.parametrize("documents", [classic, aggregated])
async def test_a_broken_group_does_not_affect_the_others(
    documents: Callable[[HttpServer], None], http_server: HttpServer, tmp_path: Path
) -> None:
    documents(http_server)
    async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, http_server.url)) as source:
        broken = await refused(source, "PodMetrics.metrics.k8s.io")
        assert await resolved(source, f"Widget.{GROUP}") == WIDGET
        assert await resolved(source, f"{GROUP}/v1alpha1/Widget") == WIDGET_ALPHA
        tricked = await refused(source, f"Trick.{GROUP}")
    assert broken.kind == FaultKind.SERVER_ERROR
    assert tricked.kind == FaultKind.NOT_FOUND


@pytest.mark.parametrize("documents", [classic, aggregated])
async def test_the_documents_are_read_once_for_all_signals(
    documents: Callable[[HttpServer], None], http_server: HttpServer, tmp_path: Path
) -> None:
    documents(http_server)
    async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, http_server.url)) as source:
        for _ in range(3):
            await resolved(source, f"Widget.{GROUP}")
            await refused(source, f"Gadget.{GROUP}")
    paths = [one.path for one in http_server.requests]
    assert paths.count("/apis") == 1
    assert paths.count(f"/apis/{GROUP}/v1") <= 1


# What `check` refuses: mistakes that need no cluster.


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("deploymnet/app", "did you mean deployment?"),
        ("secrets/app", "did you mean secret?"),
        ("Rollout/app", "unknown kind 'Rollout'; write its API group: Rollout.GROUP or GROUP/VERSION/Rollout"),
        ("apps/v1/app", "apps/v1/app names a kind and no object"),
        ("argoproj.io/v1alpha1/Rollout", "write argoproj.io/v1alpha1/Rollout/NAME"),
        ("rollouts.v1alpha1.argoproj.io/app", "write the version in front: argoproj.io/v1alpha1/rollouts"),
        ("a/b/c/d/app", "too many parts"),
        ("/v1/Pod/app", "no group"),
        ("apps/Deployment/app", "'apps' is not a version"),
        ("Roll_out.argoproj.io/app", "'Roll_out' is not the name of a kind"),
        ("Rollout.argoproj_io/app", "'argoproj_io' is not an API group"),
        (".argoproj.io/app", "is not the name of a kind"),
    ],
)
def test_a_mistake_in_the_spelling_of_a_kind_is_found_without_a_cluster(written: str, why: str) -> None:
    with pytest.raises(ValidationError) as raised:
        source_kind("kubernetes").probes["get"].args.model_validate({"kind": written})
    assert why in str(raised.value)
