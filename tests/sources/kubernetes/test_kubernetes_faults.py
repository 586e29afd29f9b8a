"""Invalid answers of a Kubernetes API, and the faults they become."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import PATIENCE_S
from tests.sources.kubernetes.kubernetes_replies import ANSWERS, CANARY, kubeconfig, says_http, says_status
from tests.sources.polling import fault, opened, probe, value
from tests.sources.raw import RawServer, Script

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_invalid_response_is_a_fault_in_time_that_names_the_host(name: str, tmp_path: Path) -> None:
    script, expected = ANSWERS[name]
    with RawServer(script) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            asked = probe("kubernetes", source, "pods", {}, timeout=0.5 if expected is FaultKind.TIMEOUT else 30)
            async with asyncio.timeout(PATIENCE_S):
                found = await fault(asked)
    assert found.kind is expected, found
    assert f"127.0.0.1:{server.port}" in found.message
    assert "\n" not in found.message
    assert CANARY not in found.message


@pytest.mark.parametrize("name", ["404 of no API", "404 of a proxy", "html", "deep"])
async def test_only_kubernetes_itself_can_say_that_an_object_is_not_there(name: str, tmp_path: Path) -> None:
    with RawServer(ANSWERS[name][0]) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            await fault(probe("kubernetes", source, "get", {"kind": "certificate/app"}))
            await fault(probe("kubernetes", source, "rollout", {"name": "app"}))


async def test_a_list_that_may_be_null_is_empty(tmp_path: Path) -> None:
    with RawServer(says_http("200 OK", '{"metadata": {}, "items": null}')) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            assert await value(probe("kubernetes", source, "list", {"kind": "configmap"})) == []


def listed(count: int, **metadata: Any) -> Script:
    metadatas = [{"name": f"pod-{number}", "uid": f"{number}"} for number in range(count)]
    items = [{"metadata": one, "involvedObject": {}, "status": {"phase": "Running"}} for one in metadatas]
    body = json.dumps({"kind": "PodList", "metadata": metadata, "items": items})
    return says_http("200 OK", body, "Date: Sun, 06 Dec 2026 02:00:00 GMT\r\n")


PARTIAL: dict[str, tuple[Script, FaultKind]] = {
    "items remain without a way to ask": (listed(2, remainingItemCount=3), FaultKind.PARTIAL),
    "the same page for ever": (listed(2, **{"continue": "more"}), FaultKind.PARTIAL),
    "a part of the content": (says_http("206 Partial Content", '{"metadata": {}, "items": []}'), FaultKind.PARTIAL),
    "no items at all": (says_http("200 OK", '{"kind": "PodList", "metadata": {}}'), FaultKind.MALFORMED),
    "a failure as 200": (
        says_http("200 OK", '{"kind": "Status", "status": "Failure", "metadata": {}, "items": []}'),
        FaultKind.MALFORMED,
    ),
    "an aggregated API that is down": (
        says_status(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        FaultKind.SERVER_ERROR,
    ),
}


@pytest.mark.parametrize("question", ["pods", "list", "events", "logs"])
@pytest.mark.parametrize("name", PARTIAL)
async def test_a_list_that_is_not_whole_is_a_fault_of_every_probe(name: str, question: str, tmp_path: Path) -> None:
    script, expected = PARTIAL[name]
    arguments = {"list": {"kind": "pod"}, "logs": {"selector": "app=a"}}.get(question, {})
    with RawServer(script) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            found = await fault(probe("kubernetes", source, question, arguments))
    assert found.kind is expected, found


@pytest.mark.parametrize("second", ["410", "another version"])
async def test_a_list_that_changes_between_two_pages_is_a_fault(
    second: str, http_server: HttpServer, tmp_path: Path
) -> None:
    expired = {"kind": "Status", "message": "the continue parameter is too old", "reason": "Expired", "code": 410}
    changed = {"kind": "PodList", "metadata": {"resourceVersion": "8"}, "items": []}
    first = {"kind": "PodList", "metadata": {"resourceVersion": "7", "continue": "c"}, "items": []}
    path = "/api/v1/namespaces/default/pods"
    http_server.answers[path] = Answer(body=json.dumps(first))
    pages = {"410": Answer(410, json.dumps(expired)), "another version": Answer(body=json.dumps(changed))}
    http_server.answers[f"{path}?limit=100&continue=c"] = pages[second]
    async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, http_server.url)) as source:
        found = await fault(probe("kubernetes", source, "pods", {}))
    assert found.kind is FaultKind.PARTIAL, found


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_closed_port_is_a_refused_fault(host: str, tmp_path: Path) -> None:
    async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, f"http://{host}:1")) as source:
        found = await fault(probe("kubernetes", source, "pods", {}))
    assert found.kind is FaultKind.REFUSED, found
    assert f"{host}:1" in found.message
