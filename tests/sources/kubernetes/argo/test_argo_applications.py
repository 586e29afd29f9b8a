"""Applications of Argo CD in each state, written through the real API: the old revision never passes."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.custom_kinds import uninstall
from tests.sources.kubernetes.delivery_kinds import APPLICATION, ago, ensure_installed
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()
OLD, NEW = "1f0c" * 10, "9ab3" * 10
BROKEN = {"status": "Degraded", "message": "no pods"}
SOURCE = {"repoURL": "https://git.test/shop.git", "path": "deploy", "targetRevision": "main"}


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, f"argo-cd-{next(_numbers)}") as writer:
        ensure_installed(writer, APPLICATION)
        yield writer


def status(revision: str = NEW, **more: Any) -> dict[str, Any]:
    """Return the status of an application that is synced to a revision and healthy."""
    return {
        "sync": {"status": "Synced", "revision": revision, "comparedTo": {"source": SOURCE}},
        "health": {"status": "Healthy"},
        "operationState": operation("Succeeded", revision),
        "history": [
            {"id": 11, "revision": OLD, "deployedAt": ago(days=2)},
            {"id": 12, "revision": revision, "deployedAt": ago(minutes=5)},
        ],
        "resources": [
            {"kind": "Deployment", "name": "shop", "status": "Synced", "health": {"status": "Healthy"}},
            {"kind": "ConfigMap", "name": "shop", "status": "Synced"},
        ],
        "summary": {"images": ["registry.test/shop:1.5.0"]},
        **more,
    }


def operation(phase: str, revision: str, message: str = "") -> dict[str, Any]:
    ended = {} if phase == "Running" else {"finishedAt": ago(minutes=4)}
    done = {"syncResult": {"revision": revision}}
    return {"phase": phase, "message": message, "startedAt": ago(minutes=5), "retryCount": 2, **ended, **done}


def compared(state: str, revision: str = NEW, source: Any = None) -> dict[str, Any]:
    return {"sync": {"status": state, "revision": revision, "comparedTo": {"source": source or SOURCE}}}


def make(writer: Writer, written: dict[str, Any], **spec: Any) -> None:
    automated = {"syncPolicy": {"automated": {"prune": True}}}
    writer.make(APPLICATION, "shop", spec={"project": "default", "source": SOURCE, **automated, **spec})
    # Statuses of parameters were made when the tests were collected, which may be long ago.
    writer.patch(APPLICATION, "shop", {"status": {"reconciledAt": ago(seconds=40), **written}})


async def read(writer: Writer, **args: Any) -> Any:
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        return await value(probe("kubernetes", source, "argo_application", {"name": "shop", **args}))


async def test_a_synced_and_healthy_application_is_complete(writer: Writer) -> None:
    make(writer, status())
    application = await read(writer)
    assert (application["complete"], application["why"], application["revision"]) == (True, "", NEW)
    assert (application["sync"], application["health"], application["operation"]) == ("Synced", "Healthy", "Succeeded")
    assert (application["auto_sync"], application["retries"], application["target"]) == (True, 2, "main")
    assert (application["resources"], application["resource_count"]) == ([], 2)
    assert [one["id"] for one in application["history"]] == [12, 11]
    assert 30 <= application["reconciled_age_s"] <= 600
    assert "at_revision" not in application


@pytest.mark.parametrize(
    ("written", "wanted", "at"),
    [
        (status(), NEW, True),
        (status(), NEW[:7], True),
        (status(), NEW[:12].upper(), True),
        (status(), NEW[:6], False),
        (status(), OLD, False),
        (status(), "main", True),
        (status(), "v1.5.0", False),
        (status(OLD), NEW, False),
        # The newest commit changes nothing of the application: the live objects are those of both.
        (status(OLD, **compared("Synced", NEW)), OLD, True),
        (status(OLD, **compared("Synced", NEW)), NEW, True),
        # Out of sync, the status has the revision that is wanted, and the live objects are still the old ones.
        (status(OLD, **compared("OutOfSync", NEW)), NEW, False),
        (status(OLD, **compared("Synced", NEW, {**SOURCE, "targetRevision": "release"})), NEW, False),
    ],
)
async def test_healthy_on_the_old_revision_does_not_pass(writer: Writer, written: Any, wanted: str, at: bool) -> None:
    make(writer, written)
    application = await read(writer, revision=wanted)
    assert (application["at_revision"], application["complete"]) == (at, at)
    assert at or f"not at {wanted[:12]}" in application["why"]


async def test_a_tag_that_is_followed_counts_as_its_revision(writer: Writer) -> None:
    tagged = {**SOURCE, "targetRevision": "v1.5.0"}
    make(writer, status(**compared("Synced", NEW, tagged)), source=tagged)
    assert (await read(writer, revision="v1.5.0"))["complete"]
    assert not (await read(writer, revision="v1.4.0"))["complete"]


async def test_an_application_that_is_out_of_sync_still_has_its_last_deployment(writer: Writer) -> None:
    resources = [
        {"kind": "Deployment", "name": "shop", "status": "OutOfSync", "health": BROKEN},
        {"kind": "Service", "name": "shop", "status": "Synced"},
    ]
    make(writer, status(OLD, **compared("OutOfSync", NEW), resources=resources))
    application = await read(writer)
    assert (application["revision"], application["compared_revision"]) == (OLD, NEW)
    (row,) = application["resources"]
    assert [row[key] for key in ("kind", "name", "sync", "health", "message")] == [
        *("Deployment", "shop", "OutOfSync", "Degraded", "no pods")
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (compared("OutOfSync"), "OutOfSync"),
        (compared("Unknown"), "Unknown"),
        ({"health": {"status": "Degraded", "message": "Deployment exceeded its deadline"}}, "Degraded: Deployment"),
        ({"health": {"status": "Progressing"}}, "Progressing"),
        ({"operationState": operation("Running", NEW)}, "a sync is running"),
        ({"operationState": operation("Failed", NEW, "hook failed")}, "the last sync failed: hook failed"),
        ({"conditions": [{"type": "ComparisonError", "message": "no such path"}]}, "ComparisonError: no such path"),
        ({"sync": {"status": "Synced", "revision": NEW}}, "has not compared the latest specification"),
        ({"sync": {}, "health": {}}, "without a sync status; without a health status"),
    ],
)
async def test_an_application_that_is_not_done_shows_why(writer: Writer, change: Any, why: str) -> None:
    make(writer, status(**change))
    application = await read(writer)
    assert not application["complete"]
    assert why in application["why"]


@pytest.mark.parametrize(
    "change",
    [
        {"operationState": operation("Failed", OLD, "a sync before this one")},
        {"operationState": None},
        {"conditions": [{"type": "OrphanedResourceWarning", "message": "one orphan"}]},
    ],
)
async def test_what_is_over_or_only_a_warning_does_not_keep_it_from_being_complete(writer: Writer, change: Any) -> None:
    make(writer, status(**change))
    assert (await read(writer))["complete"]


async def test_long_texts_are_cut_and_have_no_logins_in_their_urls(writer: Writer) -> None:
    secret = "oauth2:the-token-of-git"
    failed = f"failed to fetch https://{secret}@git.test/shop.git: " + "x" * 50_000
    broken = [{"type": "ComparisonError", "message": f"https://the-token-of-git@git.test: {'y' * 5_000}"}]
    make(writer, status(operationState=operation("Failed", NEW, failed), conditions=broken * 90))
    application = await read(writer)
    assert application["operation_message"].startswith("failed to fetch https://•••@git.test/shop.git: x")
    assert len(application["conditions"]) == 50
    assert len(repr(application)) < 60_000
    assert "the-token" not in repr(application)


async def test_a_changed_source_is_not_complete_before_it_was_compared(writer: Writer) -> None:
    make(writer, status())
    writer.patch(APPLICATION, "shop", {"spec": {"source": {"targetRevision": "v1.6.0"}}})
    application = await read(writer, revision="v1.6.0")
    assert (application["complete"], application["observed"], application["at_revision"]) == (False, False, False)


async def test_a_requested_sync_is_not_complete(writer: Writer) -> None:
    make(writer, status())
    writer.patch(APPLICATION, "shop", {"operation": {"sync": {"revision": NEW}}})
    assert "a sync is requested" in (await read(writer))["why"]


async def test_several_sources_have_several_revisions(writer: Writer) -> None:
    sources = [SOURCE, {"repoURL": "https://charts.test", "chart": "shop", "targetRevision": "1.5.0"}]
    sync = {"status": "Synced", "revisions": [NEW, "1.5.0"], "comparedTo": {"sources": sources}}
    history = [{"id": 1, "revisions": [NEW, "1.5.0"], "deployedAt": ago(minutes=5)}]
    make(writer, status(sync=sync, history=history), source=None, sources=sources)
    application = await read(writer)
    assert (application["complete"], application["revision"]) == (True, f"{NEW},1.5.0")
    assert application["history"][0]["revision"] == f"{NEW},1.5.0"
    for wanted, at in ((NEW[:8], True), ("1.5.0", True), ("1.4.0", False), (OLD, False)):
        assert (await read(writer, revision=wanted))["at_revision"] == at


@pytest.mark.parametrize(
    ("policy", "automatic"), [({}, False), ({"automated": {}}, True), ({"automated": {"enabled": False}}, False)]
)
async def test_a_suspended_automatic_sync_is_shown(writer: Writer, policy: Any, automatic: bool) -> None:
    writer.make(APPLICATION, "shop", spec={"source": SOURCE, "syncPolicy": policy})
    writer.patch(APPLICATION, "shop", {"status": status(reconciledAt=ago(seconds=40))})
    assert (await read(writer))["auto_sync"] is automatic


async def test_a_status_that_is_not_renewed_is_a_fault(writer: Writer) -> None:
    make(writer, status(reconciledAt=ago(minutes=40)))
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        stale = await fault(probe("kubernetes", source, "argo_application", {"name": "shop"}))
        assert stale.kind is FaultKind.STALE
        assert "Application shop was last reconciled 40m" in stale.message
    assert (await read(writer, reconciled_within="2h"))["complete"]


async def test_a_missing_application_is_a_reading_and_a_missing_product_a_fault(writer: Writer) -> None:
    application = await read(writer)
    assert [application[key] for key in ("exists", "complete", "why")] == [
        *(False, False),
        f"not found in namespace {writer.namespace}; set namespace: to that of the Application, such as argocd",
    ]
    assert "argocd" not in (await read(writer, namespace=writer.namespace))["why"]
    assert (await read(writer, revision=NEW))["at_revision"] is False
    uninstall(writer, APPLICATION)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        missing = await fault(probe("kubernetes", source, "argo_application", {"name": "shop"}))
        assert missing.kind is FaultKind.NOT_FOUND
        assert "the cluster has no Argo CD (kind Application.argoproj.io)" in missing.message


async def test_a_user_without_rights_gets_a_fault(writer: Writer) -> None:
    where = {"kubeconfig": str(writer.kubeconfig), "context": "stranger", "namespace": writer.namespace}
    async with opened("kubernetes", **where) as source:
        refused = await fault(probe("kubernetes", source, "argo_application", {"name": "shop"}))
    assert refused.kind is FaultKind.FORBIDDEN
