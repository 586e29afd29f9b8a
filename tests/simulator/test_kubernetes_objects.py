"""The parts of the simulated API server that need no server: patches, selectors, store, quotas, protobuf."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from mmcockpit.simulator.kubernetes.api import quota
from mmcockpit.simulator.kubernetes.api.cells import human
from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.patch import (
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    apply_patch,
    json_patch,
    merge,
    strategic,
)
from mmcockpit.simulator.kubernetes.api.protobuf import MAGIC, decode
from mmcockpit.simulator.kubernetes.api.resources import CERTIFICATES, CONFIGMAPS, DEPLOYMENTS, PODS
from mmcockpit.simulator.kubernetes.api.selectors import label_selector, object_selector
from mmcockpit.simulator.kubernetes.api.store import Store
from mmcockpit.simulator.kubernetes.controllers.pods import image_id
from mmcockpit.simulator.kubernetes.production import modelmuxer


def config(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}, "data": data}


def test_every_write_has_a_revision_of_its_own_and_an_empty_one_has_none() -> None:
    store = Store()
    first = store.create(CONFIGMAPS, config("a", x="1"))
    second = store.replace(CONFIGMAPS, config("a", x="2"))
    assert int(second["metadata"]["resourceVersion"]) == int(first["metadata"]["resourceVersion"]) + 1
    assert store.replace(CONFIGMAPS, config("a", x="2")) is second
    assert [change.revision for change in store.since(store.revision - 2)] == [store.revision - 1, store.revision]


def test_a_list_can_be_asked_as_it_was() -> None:
    store = Store()
    store.create(CONFIGMAPS, config("a", x="1"))
    then = store.revision
    store.replace(CONFIGMAPS, config("a", x="2"))
    store.create(CONFIGMAPS, config("b"))
    store.remove(CONFIGMAPS, "default", "a")
    assert [value["data"] for value in store.items(CONFIGMAPS, at=then)] == [{"x": "1"}]
    assert [value["metadata"]["name"] for value in store.items(CONFIGMAPS)] == ["b"]


def test_history_is_bounded_and_what_is_forgotten_is_gone() -> None:
    store = Store(history=10)
    start = store.revision
    for number in range(50):
        store.create(CONFIGMAPS, config(f"c{number}"))
    assert len(store.since(store.revision - 10)) == 10
    with pytest.raises(ApiError) as refused:
        store.since(start)
    assert refused.value.code == 410


def test_only_a_change_of_spec_counts_the_generation_up() -> None:
    store = Store()
    value = {"metadata": {"name": "a", "namespace": "default"}, "spec": {"replicas": 1}, "status": {}}
    store.create(DEPLOYMENTS, value)
    labelled = store.edit(DEPLOYMENTS, "default", "a", lambda copy: copy["metadata"].update(labels={"a": "b"}))
    scaled = store.edit(DEPLOYMENTS, "default", "a", lambda copy: copy["spec"].update(replicas=2))
    assert (labelled["metadata"]["generation"], scaled["metadata"]["generation"]) == (1, 2)


def test_who_waits_for_changes_is_woken_by_the_first() -> None:
    async def scene() -> int:
        store = Store()
        waiting = asyncio.create_task(store.changes(store.revision))
        await asyncio.sleep(0)
        assert not waiting.done()
        store.create(CONFIGMAPS, config("a"))
        return len(await waiting)

    assert asyncio.run(scene()) == 1


def test_a_merge_patch_removes_by_null_and_replaces_lists() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "l": [1]}, {"a": {"b": None}, "l": [2]}) == {"a": {"c": 2}, "l": [2]}


def test_a_strategic_patch_merges_containers_by_name_and_obeys_directives() -> None:
    spec = {"containers": [{"name": "a", "image": "x:1", "env": [{"name": "K", "value": "1"}]}, {"name": "b"}]}
    patch = {"containers": [{"name": "a", "image": "x:2"}, {"name": "b", "$patch": "delete"}, {"name": "c"}]}
    env = [{"name": "K", "value": "1"}]
    assert strategic(spec, patch) == {"containers": [{"name": "a", "image": "x:2", "env": env}, {"name": "c"}]}
    ports = {"ports": [{"port": 1, "name": "one"}, {"port": 2}]}
    assert strategic(ports, {"ports": [{"port": 1, "name": "uno"}]})["ports"][0]["name"] == "uno"
    order = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "b"}]}
    assert [one["name"] for one in strategic({"containers": [{"name": "a"}]}, order)["containers"]] == ["b", "a"]
    assert strategic(
        {"strategy": {"type": "A", "rollingUpdate": {}}}, {"strategy": {"$patch": "replace", "type": "B"}}
    ) == {"strategy": {"type": "B"}}
    assert strategic({"s": {"a": 1, "b": 2}}, {"s": {"$retainKeys": ["a"], "a": 3}}) == {"s": {"a": 3}}


def test_a_json_patch_walks_pointers() -> None:
    operations: list[dict[str, Any]] = [
        {"op": "test", "path": "/a", "value": [1]},
        {"op": "add", "path": "/a/-", "value": 2},
        {"op": "add", "path": "/b~1c", "value": 3},
        {"op": "move", "from": "/b~1c", "path": "/d"},
        {"op": "copy", "from": "/a/0", "path": "/e"},
        {"op": "remove", "path": "/a/0"},
        {"op": "replace", "path": "/d", "value": 4},
    ]
    assert json_patch({"a": [1]}, operations) == {"a": [2], "d": 4, "e": 1}


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("text/plain", b"{}", 415),
        (STRATEGIC_PATCH, b"{}", 415),
        (MERGE_PATCH, b"{", 400),
        (MERGE_PATCH, b"[]", 400),
        (JSON_PATCH, b'[{"op": "replace", "path": "/nothing/here", "value": 1}]', 422),
        (JSON_PATCH, b'[{"op": "test", "path": "/metadata", "value": 1}]', 422),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(kind: str, body: bytes, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        apply_patch(CERTIFICATES, kind, {"metadata": {}}, body)
    assert refused.value.code == code


def test_the_selector_of_an_object_means_what_the_text_means() -> None:
    expressions = [
        {"key": "a", "operator": "In", "values": ["1", "2"]},
        {"key": "b", "operator": "DoesNotExist"},
    ]
    by_object = object_selector({"matchLabels": {"c": "3"}, "matchExpressions": expressions})
    by_text = label_selector("c=3,a in (1,2),!b")
    for labels in ({"a": "1", "c": "3"}, {"a": "3", "c": "3"}, {"a": "1", "b": "", "c": "3"}, {}):
        assert by_object(labels) == by_text(labels)


@pytest.mark.parametrize(("text", "amount"), [("200m", "0.2"), ("1", "1"), ("2Gi", "2147483648"), ("1500k", "1500000")])
def test_quantities_are_read(text: str, amount: str) -> None:
    assert quota.amount(text) == Decimal(amount)


def test_a_pod_over_the_quota_is_refused_with_the_sums() -> None:
    limits = {"limits": {"cpu": "1"}}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"resources": limits}]}, "status": {}}
    bound = {"metadata": {"name": "q"}, "spec": {"hard": {"limits.cpu": "2"}}}
    quota.admit(pod, [pod], [bound])
    with pytest.raises(ApiError, match=r"exceeded quota: q, requested: limits.cpu=1, used: limits.cpu=2"):
        quota.admit(pod, [pod, pod], [bound])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (119, "119s"), (185, "3m5s"), (600, "10m"), (9000, "150m"), (3 * 3600, "3h"), (26 * 3600, "26h")],
)
def test_durations_are_written_as_kubectl_writes_them(seconds: float, text: str) -> None:
    assert human(seconds) == text


@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        ("ghcr.io/a/b:1@sha256:ff", "ghcr.io/a/b@sha256:ff"),
        ("redis:7@sha256:ff", "docker.io/library/redis@sha256:ff"),
        ("a/b@sha256:ff", "docker.io/a/b@sha256:ff"),
        ("localhost.test:5000/b:1@sha256:ff", "localhost.test:5000/b@sha256:ff"),
    ],
)
def test_an_image_is_reported_by_its_digest(image: str, pinned: str) -> None:
    assert image_id(image) == pinned


@pytest.mark.parametrize(
    "body", [b"", b"{}", MAGIC, MAGIC + b"\x0a", MAGIC + b"\x0a\x04\x0a\x02v1", MAGIC + b"\xff" * 9]
)
def test_a_truncated_protobuf_body_is_a_400(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        decode(body)
    assert refused.value.code == 400


def test_the_production_answers_to_other_names() -> None:
    found = modelmuxer.objects("modelmuxer-production", "modelmuxer-production", "2.5.0")
    names = {(value["kind"], value["metadata"]["name"]) for value in found}
    assert {("Deployment", "modelmuxer-production"), ("Secret", "modelmuxer-production-tls")} <= names
    images = {
        value["spec"]["containers"][0]["image"]
        for value in found
        if value["kind"] == PODS.kind and value["metadata"]["labels"]["app.kubernetes.io/name"] == "modelmuxer"
    }
    assert images == {modelmuxer.image_of("2.5.0")}


def test_a_namespace_is_not_mistaken_for_one_whose_name_begins_alike() -> None:
    store = Store()
    for namespace in ("a", "a-b", "b"):
        for name in ("x", "y"):
            store.create(CONFIGMAPS, {"metadata": {"name": name, "namespace": namespace}})

    def found(namespace: str, after: tuple[str, str] = ("", "")) -> list[str]:
        values = store.items(CONFIGMAPS, namespace, after=after)
        return [f"{value['metadata']['namespace']}/{value['metadata']['name']}" for value in values]

    assert found("a") == ["a/x", "a/y"]
    assert found("a", ("a", "x")) == ["a/y"]
    assert found("", ("a", "y")) == ["a-b/x", "a-b/y", "b/x", "b/y"]
