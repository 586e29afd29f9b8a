"""Releases of Helm, by Secrets and ConfigMaps as Helm labels them: their data is never read."""

import base64
import gzip
import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES
from mmcockpit.sources.kubernetes.helm.release import METADATA
from tests.servers.http import Answer, HttpServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.kubernetes_replies import kubeconfig
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()
CANARY = "the-password-of-the-values"


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, f"helm-{next(_numbers)}") as writer:
        yield writer


def make(
    writer: Writer, revision: int, status: str, age_s: float = 60, name: str = "shop", kind: str = "secret"
) -> None:
    """Store a revision of a release as Helm does."""
    labels = {"name": name, "owner": "helm", "status": status, "version": str(revision)}
    labels["createdAt" if status.startswith("pending") else "modifiedAt"] = str(int(time.time() - age_s))
    stored = base64.b64encode(gzip.compress(CANARY.encode(), mtime=0)).decode()
    data = base64.b64encode(stored.encode()).decode() if kind == "secret" else stored
    typed = {"type": "helm.sh/release.v1"} if kind == "secret" else {}
    writer.make(
        kind, f"sh.helm.release.v1.{name}.v{revision}", metadata={"labels": labels}, data={"release": data}, **typed
    )


async def read(writer: Writer, **args: Any) -> Any:
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        return await value(probe("kubernetes", source, "helm", {"name": "shop", **args}))


@pytest.mark.parametrize("kind", ["secret", "configmap"])
async def test_a_deployed_release_shows_its_revisions(writer: Writer, kind: str) -> None:
    for revision in range(1, 13):
        make(writer, revision, "deployed" if revision == 12 else "superseded", 60 * (13 - revision), kind=kind)
    make(writer, 1, "failed", name="shop-api", kind=kind)
    release = await read(writer, storage=kind)
    assert [release[key] for key in ("exists", "status", "revision", "complete", "pending", "stuck", "why")] == [
        *(True, "deployed", 12, True, False, False, "")
    ]
    assert [row["revision"] for row in release["history"]] == list(range(12, 2, -1))
    assert [row["status"] for row in release["history"]] == ["deployed"] + ["superseded"] * 9
    assert 50 <= release["age_s"] <= 600


@pytest.mark.parametrize(
    ("status", "age_s", "pending", "stuck", "why"),
    [
        ("failed", 60, False, False, "failed"),
        ("pending-upgrade", 60, True, False, "pending-upgrade for 1m"),
        ("pending-upgrade", 2040, True, True, "pending-upgrade for 34m"),
        ("pending-rollback", 7200, True, True, "its Helm process is gone: roll back to the last deployed revision"),
        ("uninstalling", 60, False, False, "uninstalling"),
        ("uninstalled", 60, False, False, "uninstalled"),
        ("superseded", 60, False, False, "superseded"),
    ],
)
async def test_a_release_that_is_not_deployed_shows_why(
    writer: Writer, status: str, age_s: float, pending: bool, stuck: bool, why: str
) -> None:
    make(writer, 3, "deployed", 90_000)
    make(writer, 4, status, age_s)
    release = await read(writer)
    assert [release[key] for key in ("status", "revision", "complete", "pending", "stuck", "deployed_revision")] == [
        *(status, 4, False, pending, stuck, 3)
    ]
    assert why in release["why"]
    if stuck:
        assert (await read(writer, stuck_after="3h"))["stuck"] is False


def forms() -> list[str]:
    """Return the canary as it is stored, at every level of encoding."""
    stored = base64.b64encode(gzip.compress(CANARY.encode(), mtime=0)).decode()
    return [CANARY, stored, stored[:40], base64.b64encode(stored.encode()).decode()[:40]]


async def test_the_api_server_does_not_send_the_stored_data(writer: Writer) -> None:
    make(writer, 1, "deployed")
    path = KINDS["secret"].path(writer.namespace)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig)) as source:
        assert isinstance(source, ClusterClient)
        whole = (await source.ask("GET", path, (), None, MAX_PAGE_BYTES)).body.decode()
        lean = (await source.ask("GET", path, (), None, MAX_PAGE_BYTES, METADATA)).body.decode()
    assert forms()[-1] in whole
    assert "sh.helm.release.v1.shop.v1" in lean
    assert not [text for text in (*forms(), '"data"') if text in lean]


async def test_the_stored_data_is_in_no_reading_even_if_a_server_sends_it(
    http_server: HttpServer, tmp_path: Path
) -> None:
    labels = {"name": "shop", "owner": "helm", "status": "deployed", "version": "3"}
    secret = {"metadata": {"name": "s", "labels": labels}, "data": {"release": forms()[-1]}, "note": CANARY}
    path = KINDS["secret"].path("production")
    http_server.answers[path] = Answer(body=json.dumps({"metadata": {}, "items": [secret]}))
    http_server.answers["/api/v1/namespaces/kube-system"] = Answer(body='{"metadata": {"uid": "u"}}')
    where = {"kubeconfig": kubeconfig(tmp_path, http_server.url), "namespace": "production"}
    async with opened("kubernetes", **where) as source:
        asked = probe("kubernetes", source, "helm", {"name": "shop"})
        release = await value(asked)
    assert (release["complete"], release["revision"]) == (True, 3)
    assert not [text for text in forms() if text in repr(release) or text in repr(vars(asked))]
    (request,) = [one for one in http_server.requests if one.path == path]
    assert request.headers["Accept"] == METADATA


async def test_a_missing_release_is_a_reading_and_a_missing_namespace_a_fault(writer: Writer) -> None:
    labels = {"name": "shop", "owner": "helm", "status": "deployed", "version": "1"}
    writer.make("secret", "not-of-helm", metadata={"labels": labels})
    missing = await read(writer)
    assert [missing[key] for key in ("exists", "complete", "revision", "why")] == [
        *(False, False, 0, f"not found in namespace {writer.namespace}")
    ]
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace="nowhere") as source:
        absent = await fault(probe("kubernetes", source, "helm", {"name": "shop"}))
    assert absent.kind is FaultKind.NOT_FOUND
    where = {"kubeconfig": str(writer.kubeconfig), "context": "stranger", "namespace": writer.namespace}
    async with opened("kubernetes", **where) as source:
        refused = await fault(probe("kubernetes", source, "helm", {"name": "shop"}))
    assert refused.kind is FaultKind.FORBIDDEN
