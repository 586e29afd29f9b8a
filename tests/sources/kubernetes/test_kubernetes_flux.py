"""Objects of Flux in each state, written through the real API."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.sources.common.git_revision import is_revision
from mmcockpit.sources.kubernetes.api.kinds import ObjectKind
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.custom_kinds import uninstall
from tests.sources.kubernetes.delivery_kinds import (
    GIT_REPOSITORY,
    HELM_CHART,
    HELM_RELEASE,
    HELM_REPOSITORY,
    KUSTOMIZATION,
    OCI_REPOSITORY,
    ago,
    ensure_installed,
)
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()
OLD, NEW = f"main@sha1:{'1f0c' * 10}", f"main@sha1:{'9ab3' * 10}"
KINDS = (KUSTOMIZATION, HELM_RELEASE, GIT_REPOSITORY, OCI_REPOSITORY, HELM_REPOSITORY, HELM_CHART)
APPLY = {"interval": "10m", "path": "./deploy", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "shop"}}


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, f"flux-{next(_numbers)}") as writer:
        ensure_installed(writer, *KINDS)
        yield writer


def ready(state: str = "True", reason: str = "ReconciliationSucceeded", message: str = "", generation: int = 1) -> Any:
    condition = {"type": "Ready", "status": state, "reason": reason, "message": message}
    return {"conditions": [{**condition, "observedGeneration": generation, "lastTransitionTime": ago(minutes=3)}]}


def applied(revision: str = NEW, **more: Any) -> dict[str, Any]:
    """Return the status of a Kustomization that has applied a revision."""
    revisions = {"lastAppliedRevision": revision, "lastAttemptedRevision": revision}
    return {"observedGeneration": 1, **ready(), **revisions, **more}


def make_source(writer: Writer, revision: str = NEW, kind: ObjectKind = GIT_REPOSITORY, **more: Any) -> None:
    artifact = {"artifact": {"revision": revision, "lastUpdateTime": ago(minutes=4)}}
    status = {"observedGeneration": 1, **ready(reason="Succeeded"), **artifact}
    writer.make(kind, "shop", status, spec={"interval": "1m", "url": "https://git.test/shop.git", **more})


async def read(writer: Writer, kind: str = "Kustomization/shop", **args: Any) -> Any:
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        return await value(probe("kubernetes", source, "flux", {"kind": kind, **args}))


async def test_a_kustomization_that_applied_what_its_source_has_is_complete(writer: Writer) -> None:
    make_source(writer)
    writer.make(KUSTOMIZATION, "shop", applied(), spec=APPLY)
    applying = await read(writer)
    assert (applying["complete"], applying["why"], applying["ready"]) == (True, "", "True")
    assert (applying["revision"], applying["source_revision"]) == (NEW, NEW)
    assert applying["source"] == "GitRepository/shop"
    assert 170 <= applying["ready_since_s"] <= 900
    assert (await read(writer, "kustomization/shop"))["complete"]


@pytest.mark.parametrize(
    ("status", "spec", "why"),
    [
        (applied(), {"suspend": True}, "suspended"),
        (applied(OLD), {}, f"applied {OLD}, its source has {NEW}"),
        (
            applied(OLD, lastAttemptedRevision=NEW, **ready("False", "BuildFailed", "no file")),
            {},
            "BuildFailed: no file",
        ),
        (applied(**ready("Unknown", "Progressing", "health checks")), {}, "Progressing: health checks"),
        (applied(OLD, lastAttemptedRevision=NEW), {}, f"applied {OLD}, attempted {NEW}"),
        (applied(observedGeneration=0, **ready(generation=0)), {}, "has not seen the latest specification"),
        ({"observedGeneration": -1}, {}, "has not seen the latest specification; without a condition Ready"),
    ],
)
async def test_a_kustomization_that_is_not_done_shows_why(writer: Writer, status: Any, spec: Any, why: str) -> None:
    make_source(writer)
    writer.make(KUSTOMIZATION, "shop", status, spec={**APPLY, **spec})
    applying = await read(writer)
    assert not applying["complete"]
    assert why in applying["why"]
    assert applying["suspended"] == ("suspend" in spec)


async def test_a_new_specification_and_a_requested_reconciliation_have_to_be_handled(writer: Writer) -> None:
    make_source(writer)
    writer.make(KUSTOMIZATION, "shop", applied(), spec=APPLY)
    request = {"annotations": {"reconcile.fluxcd.io/requestedAt": "2026-12-06T02:00:00Z"}}
    writer.patch(KUSTOMIZATION, "shop", {"metadata": request})
    assert "a requested reconciliation is not done" in (await read(writer))["why"]
    writer.patch(KUSTOMIZATION, "shop", {"status": {"lastHandledReconcileAt": "2026-12-06T02:00:00Z"}}, "/status")
    assert (await read(writer))["complete"]
    writer.patch(KUSTOMIZATION, "shop", {"spec": {"path": "./other"}})
    assert (await read(writer))["observed"] is False


async def test_ready_at_the_old_revision_does_not_pass(writer: Writer) -> None:
    make_source(writer, OLD)
    writer.make(KUSTOMIZATION, "shop", applied(OLD), spec=APPLY)
    assert (await read(writer))["complete"]
    for wanted, at in ((NEW[10:17], False), ("1f0c1f0", True), ("main", True), ("release", False)):
        applying = await read(writer, revision=wanted)
        assert (applying["at_revision"], applying["complete"]) == (at, at)
        assert at or f"not at {wanted}" in applying["why"]


async def test_a_kustomization_that_is_not_reconciled_is_a_fault(writer: Writer) -> None:
    make_source(writer)
    history = [{"lastReconciled": ago(minutes=50), "digest": "sha256:00", "totalReconciliations": 4}]
    writer.make(KUSTOMIZATION, "shop", applied(history=history), spec=APPLY)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        stale = await fault(probe("kubernetes", source, "flux", {"kind": "Kustomization/shop"}))
        assert stale.kind is FaultKind.STALE
        assert re.search(r"last reconciled 50m( \d+s)? ago; its interval is 10m", stale.message), stale.message
    waiting = ready("Unknown", "Progressing", "waits for health checks")
    writer.patch(KUSTOMIZATION, "shop", {"status": waiting}, "/status")
    assert "waits for health checks" in (await read(writer))["why"]
    writer.patch(KUSTOMIZATION, "shop", {"status": ready()}, "/status")
    history[0]["lastReconciled"] = ago(minutes=9)
    writer.patch(KUSTOMIZATION, "shop", {"status": {"history": history}}, "/status")
    applying = await read(writer)
    assert applying["complete"]
    assert 530 <= applying["reconciled_age_s"] <= 1200


@pytest.mark.parametrize(
    ("kind", "revision"),
    [(GIT_REPOSITORY, NEW), (OCI_REPOSITORY, "1.5.0@sha256:" + "ab" * 32), (HELM_CHART, "1.5.0")],
)
async def test_a_source_has_the_revision_of_its_artifact(writer: Writer, kind: ObjectKind, revision: str) -> None:
    make_source(writer, revision, kind)
    fetched = await read(writer, f"{kind.kind}/shop")
    assert (fetched["complete"], fetched["revision"], "source_revision" in fetched) == (True, revision, False)


async def test_an_older_version_of_a_kind_is_found_by_discovery(writer: Writer) -> None:
    bucket = ObjectKind("/apis/source.toolkit.fluxcd.io/v1beta2", "buckets", "Bucket")
    ensure_installed(writer, bucket)
    try:
        make_source(writer, "sha256:" + "ab" * 32, bucket)
        assert (await read(writer, "Bucket/shop", revision="abababa"))["complete"]
    finally:
        uninstall(writer, bucket)


async def test_a_repository_of_an_oci_registry_has_no_status(writer: Writer) -> None:
    writer.make(HELM_REPOSITORY, "oci", spec={"type": "oci", "url": "oci://registry.test/charts"})
    writer.make(HELM_REPOSITORY, "index", spec={"interval": "1m", "url": "https://charts.test"})
    assert (await read(writer, "HelmRepository/oci"))["complete"]
    assert not (await read(writer, "HelmRepository/index"))["complete"]


@pytest.mark.parametrize(
    ("status", "complete", "revision", "why"),
    [
        ({**ready(), "history": [{"version": 3, "status": "deployed", "chartVersion": "1.5.0"}]}, True, "1.5.0", ""),
        ({**ready(), "lastAppliedRevision": "1.5.0"}, True, "1.5.0", ""),
        (
            {
                **ready("False", "UpgradeFailed", "timed out"),
                "history": [
                    {"version": 4, "status": "failed", "chartVersion": "1.6.0"},
                    {"version": 3, "status": "deployed", "chartVersion": "1.5.0"},
                ],
            },
            *(False, "1.5.0", "UpgradeFailed: timed out"),
        ),
    ],
)
async def test_a_helm_release_is_at_the_version_of_its_deployed_chart(
    writer: Writer, status: Any, complete: bool, revision: str, why: str
) -> None:
    make_source(writer, "1.6.0", HELM_CHART)
    spec = {
        "interval": "10m",
        "chart": {"spec": {"chart": "shop", "sourceRef": {"kind": "HelmRepository", "name": "x"}}},
    }
    chart = {"helmChart": f"{writer.namespace}/shop"}
    writer.make(HELM_RELEASE, "shop", {"observedGeneration": 1, **status, **chart}, spec=spec)
    release = await read(writer, "HelmRelease/shop")
    assert (release["complete"], release["revision"], release["why"]) == (complete, revision, why)
    assert (release["source"], release["source_revision"]) == ("HelmChart/shop", "1.6.0")


async def test_a_source_that_does_not_exist_is_a_remark(writer: Writer) -> None:
    writer.make(KUSTOMIZATION, "shop", applied(), spec=APPLY)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        seen = await answer(probe("kubernetes", source, "flux", {"kind": "Kustomization/shop"}))
    assert isinstance(seen, Reading)
    assert seen.remark == "its source GitRepository shop does not exist"


async def test_a_missing_object_is_a_reading_and_a_missing_kind_a_fault(writer: Writer) -> None:
    missing = await read(writer)
    assert [missing[key] for key in ("exists", "complete", "why")] == [
        *(False, False, f"not found in namespace {writer.namespace}")
    ]
    assert (await read(writer, revision="main"))["at_revision"] is False
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        absent = await fault(probe("kubernetes", source, "flux", {"kind": "Bucket/shop"}))
    assert absent.kind is FaultKind.NOT_FOUND
    assert "the cluster has no Flux (kind Bucket.source.toolkit.fluxcd.io)" in absent.message
    where = {"kubeconfig": str(writer.kubeconfig), "context": "stranger", "namespace": writer.namespace}
    async with opened("kubernetes", **where) as source:
        refused = await fault(probe("kubernetes", source, "flux", {"kind": "Kustomization/shop"}))
    assert refused.kind is FaultKind.FORBIDDEN


COMMIT = "9ab3" * 10


@pytest.mark.parametrize(
    ("wanted", "reported", "same"),
    [
        (COMMIT, COMMIT, True),
        (COMMIT[:7], COMMIT, True),
        (COMMIT[:6], COMMIT, False),
        (COMMIT, f"main@sha1:{COMMIT}", True),
        (f"sha1:{COMMIT}", f"main@sha1:{COMMIT}", True),
        ("main", f"main@sha1:{COMMIT}", True),
        ("v1.5.0", f"refs/tags/v1.5.0@sha1:{COMMIT}", True),
        ("refs/tags/v1.5.0", f"refs/tags/v1.5.0@sha1:{COMMIT}", True),
        ("v1.5", f"refs/tags/v1.5.0@sha1:{COMMIT}", False),
        (COMMIT[:9], f"sha1:{COMMIT}", True),
        (COMMIT[:9], f"main/{COMMIT}", True),
        ("feature/a", f"feature/a@sha1:{COMMIT}", True),
        ("1.5.0", f"1.5.0@sha256:{'ab' * 32}", True),
        ("1.5.0", "1.5.0", True),
        ("1.5.0", "1.5.0+2", False),
        # Flux adds the beginning of the digest, or of the commit, to the version of a chart.
        ("1.5.0", f"1.5.0+{COMMIT[:12]}", True),
        (f"1.5.0+{COMMIT[:12]}", f"1.5.0+{COMMIT[:12]}", True),
        (COMMIT, f"1.5.0+{COMMIT[:12]}", True),
        (COMMIT[:8], f"1.5.0+{COMMIT[:12]}", True),
        ("1.5", f"1.5.0+{COMMIT[:12]}", False),
        (COMMIT[1:], f"1.5.0+{COMMIT[:12]}", False),
        (COMMIT[:6], f"1.5.0+{COMMIT[:12]}", False),
        ("1.5", "1.5.0", False),
        ("", COMMIT, False),
        (COMMIT, "", False),
        ("ab3" + "9ab3" * 2, COMMIT, False),
    ],
)
def test_revisions_are_compared_by_commit_or_name(wanted: str, reported: str, same: bool) -> None:
    assert is_revision(wanted, reported) is same
