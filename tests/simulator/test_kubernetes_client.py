"""The official Python client, blocking and asynchronous, against the simulated API server."""

from __future__ import annotations

import base64
import json
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import kubernetes
import kubernetes.aio
import pytest
import yaml
from kubernetes.client.exceptions import ApiException

from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.resources import CONFIGMAPS, DEPLOYMENTS, PODS
from mmcockpit.simulator.kubernetes.production import modelmuxer
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from tests.servers.wait import wait_until

untyped: Any = kubernetes
aio, client, config, watch = untyped.aio, untyped.client, untyped.config, untyped.watch
NAMESPACE = "modelmuxer"
API_PODS = "app.kubernetes.io/name=modelmuxer,app.kubernetes.io/component in (api)"


@pytest.fixture
def production(tmp_path: Path) -> Iterator[SimulatedKubernetes]:
    simulated = SimulatedKubernetes(tmp_path, objects=modelmuxer.objects(), pod_start_s=0.2)
    with simulated.in_thread() as api:
        yield api


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[SimulatedKubernetes]:
    """An API server with nothing behind it."""
    with SimulatedKubernetes(tmp_path).in_thread() as api:
        yield api


def connect(api: SimulatedKubernetes, context: str = "admin") -> Any:
    return config.new_client_from_config(str(api.kubeconfig), context)


def raw(api: SimulatedKubernetes, path: str, accept: str = "application/json", **parameters: str) -> Any:
    """The decoded answer to a GET, whatever its code."""
    headers = {"Authorization": f"Bearer {api.token}", "Accept": accept}
    trusting = ssl.create_default_context(cadata=authority(api))
    return httpx.get(api.url + path, params=parameters, headers=headers, verify=trusting).json()


def authority(api: SimulatedKubernetes) -> str:
    """The certificate in the kubeconfig."""
    cluster = yaml.safe_load(api.kubeconfig.read_text())["clusters"][0]["cluster"]
    return base64.b64decode(cluster["certificate-authority-data"]).decode()


def pod(name: str, **labels: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "main", "image": "pause:3"}]}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}


def test_the_kubeconfig_is_for_its_owner_only(bare: SimulatedKubernetes) -> None:
    assert stat.S_IMODE(bare.kubeconfig.stat().st_mode) == 0o600


def test_the_typed_models_accept_every_object_of_the_production(production: SimulatedKubernetes) -> None:
    with connect(production) as connection:
        core, apps = client.CoreV1Api(connection), client.AppsV1Api(connection)
        lists = [
            *(core.list_node, core.list_namespace, core.list_pod_for_all_namespaces),
            *(core.list_service_for_all_namespaces, core.list_endpoints_for_all_namespaces),
            *(core.list_event_for_all_namespaces, core.list_config_map_for_all_namespaces),
            *(core.list_secret_for_all_namespaces, core.list_persistent_volume_claim_for_all_namespaces),
            *(core.list_resource_quota_for_all_namespaces, core.list_limit_range_for_all_namespaces),
            *(apps.list_deployment_for_all_namespaces, apps.list_replica_set_for_all_namespaces),
            *(apps.list_stateful_set_for_all_namespaces, apps.list_daemon_set_for_all_namespaces),
            client.BatchV1Api(connection).list_cron_job_for_all_namespaces,
            client.BatchV1Api(connection).list_job_for_all_namespaces,
            client.AutoscalingV2Api(connection).list_horizontal_pod_autoscaler_for_all_namespaces,
            client.PolicyV1Api(connection).list_pod_disruption_budget_for_all_namespaces,
            client.NetworkingV1Api(connection).list_network_policy_for_all_namespaces,
            client.NetworkingV1Api(connection).list_ingress_for_all_namespaces,
            client.NetworkingV1Api(connection).list_ingress_class,
            client.RbacAuthorizationV1Api(connection).list_role_for_all_namespaces,
            client.RbacAuthorizationV1Api(connection).list_role_binding_for_all_namespaces,
            client.StorageV1Api(connection).list_storage_class,
        ]
        empty = {one.__name__ for one in lists if not one().items}
    assert empty == {
        "list_event_for_all_namespaces",
        "list_daemon_set_for_all_namespaces",
        "list_job_for_all_namespaces",
    }


def test_the_production_is_ready_at_once_in_three_zones(production: SimulatedKubernetes) -> None:
    with connect(production) as connection:
        core = client.CoreV1Api(connection)
        pods = core.list_namespaced_pod(NAMESPACE, label_selector=API_PODS).items
        zones = {core.read_node(one.spec.node_name).metadata.labels["topology.kubernetes.io/zone"] for one in pods}
        budget = client.PolicyV1Api(connection).read_namespaced_pod_disruption_budget("modelmuxer-pdb", NAMESPACE)
        certificate = client.CustomObjectsApi(connection).get_namespaced_custom_object(
            "cert-manager.io", "v1", NAMESPACE, "certificates", "modelmuxer-tls"
        )
    assert len(pods) == len(zones) == 3
    assert all(one.status.container_statuses[0].ready for one in pods)
    assert (budget.status.current_healthy, budget.status.disruptions_allowed) == (3, 1)
    assert certificate["status"]["conditions"][0]["status"] == "True"


def test_pages_show_one_moment_and_an_old_token_has_expired(bare: SimulatedKubernetes) -> None:
    with connect(bare) as connection:
        core = client.CoreV1Api(connection)
        for number in range(5):
            core.create_namespaced_pod("default", pod(f"p{number}"))
        first = core.list_namespaced_pod("default", limit=2)
        core.delete_namespaced_pod("p3", "default")
        core.create_namespaced_pod("default", pod("p9"))
        second = core.list_namespaced_pod("default", limit=2, _continue=first.metadata._continue)
        third = core.list_namespaced_pod("default", limit=2, _continue=second.metadata._continue)
        names = [one.metadata.name for page in (first, second, third) for one in page.items]
        assert names == ["p0", "p1", "p2", "p3", "p4"]
        assert first.metadata.remaining_item_count == 3
        assert second.metadata.resource_version == first.metadata.resource_version
        assert third.metadata._continue is None
        bare.store.compact()
        with pytest.raises(ApiException) as refused:
            core.list_namespaced_pod("default", limit=2, _continue=first.metadata._continue)
    assert refused.value.status == 410
    assert json.loads(refused.value.body or "")["reason"] == "Expired"


@pytest.mark.parametrize(
    ("labels", "fields", "found"),
    [
        ("app=a", "", "a1 a2"),
        ("app!=a", "", "b1 plain"),
        ("app in (a, b),tier", "", "a2 b1"),
        ("app notin (a)", "", "b1 plain"),
        ("!app", "", "plain"),
        ("tier==x", "metadata.name!=b1", "a2"),
        ("", "status.phase=Running", "a1"),
        ("", "metadata.name=a2,metadata.namespace=default", "a2"),
        ("", "spec.nodeName=", "a1 a2 b1 plain"),
    ],
)
def test_selectors_choose(bare: SimulatedKubernetes, labels: str, fields: str, found: str) -> None:
    with connect(bare) as connection:
        core = client.CoreV1Api(connection)
        for one in (pod("a1", app="a"), pod("a2", app="a", tier="x"), pod("b1", app="b", tier="x"), pod("plain")):
            core.create_namespaced_pod("default", one)
        core.patch_namespaced_pod_status("a1", "default", {"status": {"phase": "Running"}})
        chosen = core.list_namespaced_pod("default", label_selector=labels, field_selector=fields).items
    assert " ".join(one.metadata.name for one in chosen) == found


def test_an_invalid_selector_is_a_400(bare: SimulatedKubernetes) -> None:
    assert raw(bare, "/api/v1/pods", labelSelector="a in b")["reason"] == "BadRequest"
    assert (
        "field label not supported: spec.colour" in raw(bare, "/api/v1/pods", fieldSelector="spec.colour=1")["message"]
    )


def test_the_status_of_a_pod_that_was_written_stays_as_it_is(bare: SimulatedKubernetes) -> None:
    with connect(bare) as connection:
        core = client.CoreV1Api(connection)
        created = core.create_namespaced_pod("default", pod("one") | {"status": {"phase": "Running"}})
        assert created.status.phase == "Pending"
        body = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
        core.patch_namespaced_pod_status("one", "default", body)
        patched = core.patch_namespaced_pod("one", "default", {"metadata": {"labels": {"a": "b"}}})
        assert (patched.status.phase, patched.metadata.generation) == ("Running", 1)
        assert patched.metadata.uid == created.metadata.uid
        assert patched.metadata.creation_timestamp == created.metadata.creation_timestamp


def test_a_stale_replacement_conflicts(bare: SimulatedKubernetes) -> None:
    with connect(bare) as connection:
        core = client.CoreV1Api(connection)
        stale = core.create_namespaced_config_map("default", {"metadata": {"name": "one"}, "data": {"a": "1"}})
        core.patch_namespaced_config_map("one", "default", {"data": {"a": "2"}})
        with pytest.raises(ApiException) as refused:
            core.replace_namespaced_config_map("one", "default", stale)
        body = json.loads(refused.value.body or "")
    assert (refused.value.status, body["reason"]) == (409, "Conflict")
    assert body["details"] == {"name": "one", "kind": "configmaps"}
    assert "please apply your changes to the latest version" in body["message"]


def test_a_watch_continues_from_a_revision(bare: SimulatedKubernetes) -> None:
    with connect(bare) as connection:
        core = client.CoreV1Api(connection)
        core.create_namespaced_pod("default", pod("before", app="a"))
        start = core.list_namespaced_pod("default").metadata.resource_version
        core.create_namespaced_pod("default", pod("other"))
        core.create_namespaced_pod("default", pod("late", app="a"))
        core.patch_namespaced_pod("other", "default", {"metadata": {"labels": {"app": "a"}}})
        core.patch_namespaced_pod("before", "default", {"metadata": {"labels": {"app": "b"}}})
        core.delete_namespaced_pod("late", "default")
        core.create_namespaced_pod("default", pod("last", app="a"))
        watching, seen = watch.Watch(), []
        for event in watching.stream(
            core.list_namespaced_pod, "default", label_selector="app=a", resource_version=start
        ):
            seen.append((event["type"], event["object"].metadata.name))
            if seen[-1][1] == "last":
                watching.stop()
    assert seen == [
        *(("ADDED", "late"), ("ADDED", "other"), ("DELETED", "before"), ("DELETED", "late")),
        ("ADDED", "last"),
    ]


def test_a_watch_from_a_forgotten_revision_is_gone(bare: SimulatedKubernetes) -> None:
    with connect(bare) as connection:
        core = client.CoreV1Api(connection)
        start = core.list_namespaced_pod("default").metadata.resource_version
        core.create_namespaced_pod("default", pod("one"))
        bare.store.compact()
        with pytest.raises(ApiException) as refused:
            list(watch.Watch().stream(core.list_namespaced_pod, "default", resource_version=start, timeout_seconds=2))
    assert refused.value.status == 410


def test_a_watch_without_changes_sends_one_bookmark_two_seconds_before_its_end(bare: SimulatedKubernetes) -> None:
    query = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": "3"}
    trusting = ssl.create_default_context(cadata=authority(bare))
    headers = {"Authorization": f"Bearer {bare.token}"}

    def before_the_end() -> float:
        with httpx.stream("GET", f"{bare.url}/api/v1/pods", params=query, headers=headers, verify=trusting) as response:
            lines = [(json.loads(line)["type"], time.monotonic()) for line in response.iter_lines()]
        assert [kind for kind, _ in lines] == ["BOOKMARK"]
        return time.monotonic() - lines[0][1]

    # On a busy machine it may be read late, never early.
    assert any(before_the_end() > 1.0 for _ in range(3))


def test_a_refusal_can_be_staged_and_lifted(bare: SimulatedKubernetes) -> None:
    bare.routes.refusal = ApiError(503, "ServiceUnavailable", "the server is currently unable to handle the request")
    assert raw(bare, "/api/v1/pods")["code"] == 503
    bare.routes.refusal = None
    assert raw(bare, "/api/v1/pods")["kind"] == "PodList"


def test_a_table_can_be_had_without_the_objects(production: SimulatedKubernetes) -> None:
    path, form = f"/api/v1/namespaces/{NAMESPACE}/pods", "application/json;as=Table;v=v1;g=meta.k8s.io"
    got = raw(production, path, form, includeObject="None", limit="2")
    assert (got["kind"], len(got["rows"])) == ("Table", 2)
    assert "object" not in got["rows"][0]
    assert got["metadata"]["continue"]


def test_accidents_move_the_production(production: SimulatedKubernetes) -> None:
    assert production.controllers
    cluster = modelmuxer.ClusterOperations(production.store, production.controllers)
    first, second = (one["metadata"]["name"] for one in cluster.pods("modelmuxer")[:2])

    async def restarted() -> Any:
        await cluster.restart_pod(first)
        return production.store.get(PODS, NAMESPACE, first)["status"]["containerStatuses"][0]

    # Read at once: the pod is ready again a moment later.
    dead = production.call(restarted())
    assert (dead["restartCount"], dead["ready"]) == (1, False)
    assert dead["lastState"]["terminated"]["reason"] == "OOMKilled"
    production.call(cluster.delete_pod(second))
    production.call(cluster.roll_out("modelmuxer", modelmuxer.image_of("2.4.1")))

    def rolled_out() -> bool:
        status = production.store.get(DEPLOYMENTS, NAMESPACE, "modelmuxer")["status"]
        counts = [status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        return counts == [3, 3, 3] and status["observedGeneration"] == 2

    wait_until(rolled_out, "the release is rolled out")
    production.call(cluster.roll_out("modelmuxer", f"{modelmuxer.REPOSITORY}-broken:0.0.0"))
    wait_until(lambda: not rolled_out(), "the broken release has begun")
    status = production.store.get(DEPLOYMENTS, NAMESPACE, "modelmuxer")["status"]
    assert status["availableReplicas"] == 3


@pytest.mark.anyio
async def test_the_asynchronous_client_lists_and_watches(tmp_path: Path) -> None:
    before = threading.active_count()
    async with SimulatedKubernetes(tmp_path, objects=modelmuxer.objects(), pod_start_s=0.1) as api:
        assert api.controllers
        cluster = modelmuxer.ClusterOperations(api.store, api.controllers)
        async with await aio.config.new_client_from_config(str(api.kubeconfig)) as connection:
            core = aio.client.CoreV1Api(connection)
            listed = await core.list_namespaced_pod(NAMESPACE, label_selector=API_PODS)
            assert len(listed.items) == 3
            await cluster.delete_pod(listed.items[0].metadata.name)
            kinds = set()
            async with aio.watch.Watch() as watching:
                stream = watching.stream(
                    core.list_namespaced_pod, NAMESPACE, resource_version=listed.metadata.resource_version
                )
                async for event in stream:
                    kinds.add(event["type"])
                    if kinds == {"ADDED", "MODIFIED", "DELETED"}:
                        break
    assert threading.active_count() - before < 20


@pytest.mark.anyio
async def test_a_server_that_comes_back_has_kept_objects_and_address(tmp_path: Path) -> None:
    api = SimulatedKubernetes(tmp_path)
    await api.start()
    api.store.create(CONFIGMAPS, {"metadata": {"name": "one", "namespace": "default"}})
    await api.stop()
    await api.start()
    async with await aio.config.new_client_from_config(str(api.kubeconfig)) as connection:
        found = await aio.client.CoreV1Api(connection).read_namespaced_config_map("one", "default")
    await api.stop()
    assert found.metadata.name == "one"
