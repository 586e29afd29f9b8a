"""Kubernetes as a source, asked against the real API server and the simulated one alike."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import FaultKind, normalise
from mmcockpit.sources import kind
from tests.conftest import KubernetesApi
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio
CANARY = "canary-e07b52c9"
DIGEST = "sha256:" + "ab" * 32
_numbers = count()


@pytest.fixture
def writer(kubernetes_api: KubernetesApi) -> Iterator[Writer]:
    """Give a namespace of this test's own, and what writes into it."""
    with Writer(kubernetes_api.kubeconfig, f"test-{next(_numbers)}") as writer:
        yield writer


def options(writer: Writer, **more: Any) -> dict[str, Any]:
    return {"kubeconfig": str(writer.kubeconfig), "namespace": writer.namespace, **more}


def test_describing_the_kind_imports_no_client() -> None:
    script = "import sys, mmcockpit.sources as s; s.kind('kubernetes'); sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


async def test_an_object_is_there_or_is_not(writer: Writer) -> None:
    writer.make(
        "configmap", "settings", data={"MODE": "production", "DB_PASSWORD": CANARY, "URL": f"redis://:{CANARY}@r"}
    )
    async with opened("kubernetes", **options(writer)) as source:
        found = await value(probe("kubernetes", source, "get", {"kind": "configmap/settings"}))
        missing = await value(probe("kubernetes", source, "get", {"kind": "configmap", "name": "nothing"}))
    assert (found["exists"], found["data"]["MODE"], found["metadata"]["name"]) == (True, "production", "settings")
    assert "managedFields" not in found["metadata"]
    assert CANARY not in str(found)
    assert normalise(found)[1] == ""
    assert missing == {"exists": False, "ready": {"status": "NotFound", "message": "does not exist"}}


async def test_a_plain_value_of_a_secret_variable_is_struck_out(writer: Writer) -> None:
    env = [{"name": "API_TOKEN", "value": CANARY}, {"name": "MODE", "value": "production"}]
    writer.make("pod", "app", spec={"containers": [{"name": "app", "image": "app:1", "env": env}]})
    async with opened("kubernetes", **options(writer)) as source:
        found = await value(probe("kubernetes", source, "get", {"kind": "pod/app"}))
    assert CANARY not in str(found)
    assert {"name": "MODE", "value": "production"} in found["spec"]["containers"][0]["env"]


async def test_a_secret_is_read_only_by_size_and_form(writer: Writer) -> None:
    values = {
        "TOKEN": CANARY,
        "KEY": base64.b64encode(b"k" * 32).decode(),
        "TODO": "REPLACE_WITH_KEY",
        "CHANGE": "change_me now",
        "EMPTY": "",
    }
    data = {name: base64.b64encode(text.encode()).decode() for name, text in values.items()}
    note = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    writer.make("secret", "keys", metadata={"annotations": note}, data=data)
    async with opened("kubernetes", **options(writer)) as source:
        found = await value(probe("kubernetes", source, "get", {"kind": "secret/keys"}))
        listed = await value(probe("kubernetes", source, "list", {"kind": "secret"}))
        picked = await value(
            probe("kubernetes", source, "list", {"kind": "secret", "fields": ["data.TOKEN", "metadata"]})
        )
    assert found["data"] == {
        "TOKEN": {"bytes": len(CANARY), "base64": False, "placeholder": False},
        "KEY": {"bytes": 44, "base64": True, "placeholder": False, "decoded_bytes": 32},
        "TODO": {"bytes": 16, "base64": False, "placeholder": True},
        "CHANGE": {"bytes": 13, "base64": False, "placeholder": True},
        "EMPTY": {"bytes": 0, "base64": False, "placeholder": True},
    }
    for text in (CANARY, base64.b64encode(CANARY.encode()).decode()):
        assert text not in f"{found} {listed} {picked}"
    assert [secret["metadata"]["name"] for secret in listed] == ["keys"]


async def test_lists_are_whole_selected_and_picked(writer: Writer) -> None:
    for number in range(260):
        labels = {"example.test/parity": "odd" if number % 2 else "even"}
        writer.make("configmap", f"c{number:03}", metadata={"labels": labels}, data={"n": str(number)})
    async with opened("kubernetes", **options(writer)) as source:
        odd = {
            "kind": "configmap",
            "selector": "example.test/parity=odd",
            "fields": ["metadata.labels.example.test/parity", "data.n"],
        }
        found = await value(probe("kubernetes", source, "list", odd))
        one = {"kind": "configmap", "field_selector": "metadata.name=c007"}
        every = await value(probe("kubernetes", source, "list", {"kind": "configmap", "fields": ["data"]}))
        assert len(await value(probe("kubernetes", source, "list", one))) == 1
        wrong = await fault(probe("kubernetes", source, "list", {"kind": "configmap", "selector": "a b=="}))
    assert len(found) == 130
    assert found[0] == {"metadata": {"labels": {"example.test/parity": "odd"}}, "data": {"n": "1"}}
    assert len([item for item in every if "n" in item["data"]]) == 260
    assert wrong.kind is FaultKind.QUERY


def running(number: int, restarts: int = 0, ready: bool = True, **state: Any) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "app:1",
        "imageID": f"registry.test/app@{DIGEST}",
        "ready": ready,
        "restartCount": restarts,
        "state": state or {"running": {}},
    }
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {"phase": "Running", "conditions": conditions, "containerStatuses": [container]}


def spec(node: str = "") -> dict[str, Any]:
    return {"containers": [{"name": "app", "image": "app:1"}], **({"nodeName": node} if node else {})}


async def test_pods_are_counted_with_restarts_zones_images_and_reasons(writer: Writer) -> None:
    here = f"{writer.namespace}-node"
    for letter in "ab":
        writer.make("node", f"{here}-{letter}", metadata={"labels": {"topology.kubernetes.io/zone": f"zone-{letter}"}})
        writer.make(
            "pod",
            f"app-{letter}",
            running(1, restarts=2),
            metadata={"labels": {"app": "x"}},
            spec=spec(f"{here}-{letter}"),
        )
    writer.make("pod", "done", {"phase": "Succeeded"}, metadata={"labels": {"app": "x"}}, spec=spec())
    async with opened("kubernetes", **options(writer)) as source:
        asked = probe("kubernetes", source, "pods", {"selector": "app=x"})
        first = await value(asked)
        assert normalise(first)[1] == ""
        rows = first.pop("pods")
        assert first == {
            "total": 2,
            "ready": 2,
            "restarts": 0,
            "restarts_total": 4,
            "digests": [DIGEST],
            "undigested": 0,
            "zones": ["zone-a", "zone-b"],
            "containers": {"app": 2},
            "zones_known": True,
            "waiting": [],
        }
        assert [row["name"] for row in rows] == ["app-a", "app-b", "done"]
        assert 0 <= rows[0]["age_s"] < 60
        assert (rows[0]["zone"], rows[0]["image"], rows[0]["digest"]) == ("zone-a", "app:1", DIGEST)
        writer.patch(
            "pod", "app-a", {"status": running(1, 3, False, waiting={"reason": "CrashLoopBackOff"})}, "/status"
        )
        writer.make("pod", "app-c", running(1, restarts=1), metadata={"labels": {"app": "x"}}, spec=spec(f"{here}-b"))
        later = await value(asked)
    assert (later["total"], later["ready"], later["restarts"], later["restarts_total"]) == (3, 2, 2, 6)
    assert (later["waiting"], later["zones"], later["pods"][0]["name"]) == (["CrashLoopBackOff"], ["zone-b"], "app-a")
    for letter in "ab":
        writer.delete("node", f"{here}-{letter}")


async def test_a_pod_that_is_being_deleted_does_not_count(writer: Writer) -> None:
    held = {"labels": {"app": "x"}, "finalizers": ["example.test/hold"]}
    writer.make("pod", "app", running(1), metadata=held, spec=spec())
    writer.delete("pod", "app")
    async with opened("kubernetes", **options(writer)) as source:
        found = await value(probe("kubernetes", source, "pods", {"selector": "app=x"}))
    assert (found["total"], found["ready"], found["pods"][0]["phase"]) == (0, 0, "Terminating")
    writer.patch("pod", "app", {"metadata": {"finalizers": None}})


def workload(**more: Any) -> dict[str, Any]:
    labels = {"app": "x"}
    return {
        "replicas": 3,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": spec()},
        **more,
    }


async def test_a_deployment_that_no_controller_has_seen_is_not_observed(writer: Writer) -> None:
    note = {"deployment.kubernetes.io/revision": "7"}
    writer.make("deployment", "app", metadata={"annotations": note}, spec=workload())
    async with opened("kubernetes", **options(writer)) as source:
        found = await value(probe("kubernetes", source, "rollout", {"name": "app"}))
    assert (found["observed"], found["complete"], found["exists"]) == (False, False, True)
    assert (found["desired"], found["updated"], found["revision"], found["image"]) == (3, 0, "7", "app:1")


async def test_a_paused_or_missing_workload_is_described(writer: Writer) -> None:
    writer.make("deployment", "app", spec=workload(paused=True))
    async with opened("kubernetes", **options(writer)) as source:
        paused = await value(probe("kubernetes", source, "rollout", {"name": "app"}))
        missing = await value(probe("kubernetes", source, "rollout", {"name": "nothing"}))
    assert (paused["paused"], paused["complete"]) == (True, False)
    assert (missing["exists"], missing["complete"], missing["reason"]) == (False, False, "NotFound")
    assert normalise(missing)[1] == ""


async def test_a_user_without_permissions_gets_a_forbidden_fault(writer: Writer) -> None:
    async with opened("kubernetes", **options(writer, context="stranger")) as source:
        for name, args in (("pods", {}), ("get", {"kind": "secret/x"}), ("rollout", {"name": "x"})):
            found = await fault(probe("kubernetes", source, name, args))
            assert (found.kind, "forbidden" in found.message) == (FaultKind.FORBIDDEN, True)
        health = await source.check()
    assert (health.reachable, health.authorised) == (True, True)


async def test_without_the_right_to_list_nodes_zones_are_unknown_or_a_fault(writer: Writer) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    writer.make("role", "reader", rules=rules)
    group = "rbac.authorization.k8s.io"
    who = [{"kind": "User", "name": "stranger", "apiGroup": group}]
    writer.make("rolebinding", "reader", roleRef={"kind": "Role", "name": "reader", "apiGroup": group}, subjects=who)
    writer.make("pod", "app", running(1), spec=spec("somewhere"))
    async with opened("kubernetes", **options(writer, context="stranger")) as source:
        asked = probe("kubernetes", source, "pods", {})
        # Rights that were just given take a moment to reach the part of the server that checks them.
        found = (await poll_until(asked, lambda now: True)).value
        refused = await fault(probe("kubernetes", source, "pods", {"zones": True}))
    assert (found["ready"], found["zones"], found["zones_known"]) == (1, [], False)
    assert refused.kind is FaultKind.FORBIDDEN
    assert ": may not list nodes (cluster-wide): 403 " in refused.message


async def test_check_tells_version_and_that_nothing_is_missing(writer: Writer) -> None:
    async with opened("kubernetes", **options(writer)) as source:
        health = await source.check()
    assert (health.reachable, health.authorised, health.missing) == (True, True, ())
    assert health.version.startswith("v1.")


@pytest.mark.parametrize(
    "args",
    [
        {"kind": "deploymnt", "name": "x"},
        {"kind": "pod", "name": "../secrets/x"},
        {"kind": "pod", "name": "x/log"},
        {"kind": "pod/x/log"},
        {"kind": "pod"},
        {"kind": "pod/x", "namespace": "a/b"},
    ],
)
def test_an_invalid_name_is_refused(args: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        kind("kubernetes").probes["get"].args.model_validate(args)


def test_a_misspelt_kind_is_guessed() -> None:
    with pytest.raises(ValidationError, match="did you mean deployment"):
        kind("kubernetes").probes["get"].args.model_validate({"kind": "deploymnt/x"})
