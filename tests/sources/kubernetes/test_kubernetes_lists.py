"""Long lists of pods on the real API server: few requests, shared between signals, and never older than they may be.

`MMCOCKPIT_PODS=2000 pytest …` writes as many pods; by default there are enough for two pages.
"""

import asyncio
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.reading import Answer, FaultKind, Reading, normalise
from mmcockpit.core.model.signal import Signal
from mmcockpit.sources.kubernetes.api import lists as kubernetes_lists
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES, Query, Reply
from tests.servers.http import Answer as HttpAnswer
from tests.servers.http import HttpServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.wait import PATIENCE_S
from tests.sources.kubernetes.kubernetes_replies import kubeconfig
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.manifests import container
from tests.sources.polling import answer, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio
PODS = int(os.environ.get("MMCOCKPIT_PODS", "600"))
LABELS = {"app.kubernetes.io/name": "modelmuxer", "app.kubernetes.io/component": "api"}
NAMESPACE = "many-pods"
COCKPIT = f"name: n\nenvironment: e\nchecklist: modelmuxer\nvars: {{namespace: {NAMESPACE}}}\n"
SELECTOR = ",".join(f"{name}={text}" for name, text in LABELS.items())


@pytest.fixture(scope="module")
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    """Give a namespace with many pods of the application."""
    with Writer(kube_apiserver.kubeconfig, NAMESPACE) as writer:
        asyncio.run(_fill(kube_apiserver))
        yield writer


async def _fill(api: KubeApiserver) -> None:
    trust = ssl.create_default_context(cafile=str(api.ca))
    headers = {"Authorization": f"Bearer {api.tokens['admin']}"}
    async with httpx.AsyncClient(
        base_url=api.url, headers=headers, verify=trust, trust_env=False, timeout=PATIENCE_S
    ) as client:
        rest = iter(range(PODS))

        async def lane() -> None:
            for number in rest:
                made = await client.post(f"/api/v1/namespaces/{NAMESPACE}/pods", json=pod(number))
                assert made.status_code == 201, made.text

        await asyncio.gather(*(lane() for _ in range(16)))


def pod(number: int) -> dict[str, Any]:
    box = container(
        "api", ports=[{"containerPort": 8000}], env=[{"name": f"N{n}", "value": "v" * 60} for n in range(30)]
    )
    return {"metadata": {"name": f"pod-{number:04}", "labels": LABELS}, "spec": {"containers": [box]}}


def listing(tmp_path: Path) -> list[Signal]:
    """Return the shipped signals that list."""
    (tmp_path / "cockpit.yaml").write_text(COCKPIT)
    signals = load_cockpit(tmp_path / "cockpit.yaml", sources).cockpit.signals
    return [one for one in signals if one.source == "cluster" and one.probe in ("pods", "network", "budget", "list")]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what is asked: the real method runs."""
    asked: list[str] = []
    get = ClusterClient.get

    async def counted(self: ClusterClient, path: str, query: Query = (), limit: int = MAX_PAGE_BYTES) -> Reply:
        asked.append(path)
        return await get(self, path, query, limit)

    monkeypatch.setattr(ClusterClient, "get", counted)
    return asked


def where(writer: Writer) -> dict[str, str]:
    return {"kubeconfig": str(writer.kubeconfig), "namespace": NAMESPACE}


async def test_signals_that_are_polled_together_list_the_pods_once(
    writer: Writer, requests: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine, the first poll may read the list long before the last one needs it.
    monkeypatch.setattr(kubernetes_lists, "SHARED_FOR_S", PATIENCE_S)
    async with opened("kubernetes", **where(writer)) as source:
        probes = {one.name: probe("kubernetes", source, one.probe, one.args, timeout=60) for one in listing(tmp_path)}
        assert {"pods_ready", "old_image", "zones", "mesh", "network_policy", "policy_ports"} <= probes.keys()
        polls = {name: asyncio.create_task(answer(one)) for name, one in probes.items()}
        answers: dict[str, Answer] = {name: await poll for name, poll in polls.items()}
    for name, read in answers.items():
        assert isinstance(read, Reading) or read.kind is not FaultKind.TOO_LARGE, (name, read)
        if isinstance(read, Reading):
            normalise(read.value)
    read = answers["mesh"]
    assert isinstance(read, Reading)
    assert (read.value["total"], read.value["containers"]) == (PODS, {"api": PODS})
    assert requests.count(f"/api/v1/namespaces/{NAMESPACE}/pods") == -(-PODS // kubernetes_lists.PAGE)


async def test_a_signal_never_reads_the_same_list_twice(writer: Writer, requests: list[str]) -> None:
    async with opened("kubernetes", **where(writer)) as source:
        other, mine = (probe("kubernetes", source, "pods", {"selector": SELECTOR}, timeout=60) for _ in range(2))
        assert (await asyncio.create_task(value(other)))["total"] == PODS
        assert (await value(mine))["total"] == PODS, "shared"
        asked = len(requests)
        writer.make("pod", "one-more", spec=pod(0)["spec"], metadata={"labels": LABELS})
        assert (await value(mine))["total"] == PODS + 1, "its second reading is a new one"
        assert len(requests) > asked
        writer.delete("pod", "one-more")
        await poll_until(mine, lambda counted: counted["total"] == PODS)


async def test_a_list_is_shared_for_a_short_time_only(
    writer: Writer, requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_lists, "SHARED_FOR_S", 0.0)
    async with opened("kubernetes", **where(writer)) as source:
        for _ in range(2):
            await asyncio.create_task(value(probe("kubernetes", source, "list", {"kind": "limitrange"})))
    assert requests.count(f"/api/v1/namespaces/{NAMESPACE}/limitranges") == 2


async def test_other_selectors_are_other_lists(writer: Writer, requests: list[str]) -> None:
    async with opened("kubernetes", **where(writer)) as source:
        for selector in ("app=none", "app=neither"):
            found = await asyncio.create_task(value(probe("kubernetes", source, "pods", {"selector": selector})))
            assert found["total"] == 0
    assert requests.count(f"/api/v1/namespaces/{NAMESPACE}/pods") == 2


async def test_who_waits_for_a_list_that_fails_asks_for_itself(http_server: HttpServer, tmp_path: Path) -> None:
    paths = ("/api/v1/namespaces/kube-system", "/api/v1/namespaces/default/pods")
    http_server.answers = dict.fromkeys(paths, HttpAnswer(500, "{}"))
    async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, http_server.url)) as source:
        polls = [asyncio.create_task(answer(probe("kubernetes", source, "pods", {}))) for _ in range(3)]
        assert {getattr(await poll, "kind", None) for poll in polls} == {FaultKind.SERVER_ERROR}


async def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_lists, "MAX_PAGE_BYTES", 300_000)
    async with opened("kubernetes", **where(writer)) as source:
        found = await value(probe("kubernetes", source, "pods", {"selector": SELECTOR}, timeout=60))
    assert found["total"] == PODS
