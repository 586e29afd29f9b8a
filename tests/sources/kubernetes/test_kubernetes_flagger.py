"""Canaries of Flagger in each phase, with the status that its controller writes, through the real API.

Source of the statuses: https://github.com/fluxcd/flagger/blob/main/pkg/canary/status.go
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.custom_kinds import uninstall
from tests.sources.kubernetes.delivery_kinds import CANARY, IMAGES, NEWEST, STABLE, ago, ensure_installed, template
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()
OLD, NEW = IMAGES[STABLE], IMAGES[NEWEST]
ANALYSIS = {"interval": "1m", "threshold": 5, "maxWeight": 50, "stepWeight": 10}
CONDITIONS = {
    "Initializing": ("Unknown", "New Deployment detected, starting initialization."),
    "Initialized": ("True", "Deployment initialization completed."),
    "Waiting": ("Unknown", "Waiting for approval."),
    "WaitingPromotion": ("Unknown", "Waiting for approval."),
    "Progressing": ("Unknown", "New revision detected, progressing canary analysis."),
    "Promoting": ("Unknown", "Canary analysis completed, starting primary rolling update."),
    "Finalising": ("Unknown", "Canary analysis completed, routing all traffic to primary."),
    "Succeeded": ("True", "Canary analysis completed successfully, promotion finished."),
    "Failed": ("False", "Canary analysis failed, Deployment scaled to zero."),
}
"""Status and message of the condition Promoted in each phase."""


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, f"flagger-{next(_numbers)}") as writer:
        ensure_installed(writer, CANARY)
        yield writer


def status(phase: str, weight: int = 0, **more: Any) -> dict[str, Any]:
    promoted, message = CONDITIONS.get(phase, ("Unknown", "New Deployment detected, starting initialization."))
    times = {"lastUpdateTime": ago(minutes=3), "lastTransitionTime": ago(minutes=3)}
    condition = {"type": "Promoted", "status": promoted, "reason": phase, "message": message, **times}
    return {
        "phase": phase,
        "canaryWeight": weight,
        "failedChecks": 0,
        "iterations": 0,
        "lastAppliedSpec": "5454669676",
        "lastPromotedSpec": "6f8f5b5f9c",
        "lastTransitionTime": ago(seconds=40),
        "conditions": [condition],
        **more,
    }


def make(writer: Writer, state: Any, analysis: Any = ANALYSIS, kind: str = "Deployment", **spec: Any) -> None:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "shop"}
    whole = {"targetRef": target, "service": {"port": 80}, "analysis": analysis, **spec}
    writer.make(CANARY, "shop", state, spec=whole)


def make_workloads(writer: Writer, target: str = NEW, primary: str = OLD) -> None:
    for name, image in (("shop", target), ("shop-primary", primary)):
        selector = {"matchLabels": {"app": "shop"}}
        writer.make("deployment", name, spec={"selector": selector, "template": template(image)})


async def read(writer: Writer, **args: Any) -> Any:
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        return await value(probe("kubernetes", source, "flagger_canary", {"name": "shop", **args}))


async def refused(writer: Writer, context: str = "") -> Any:
    where = {"kubeconfig": str(writer.kubeconfig), "namespace": writer.namespace}
    async with opened("kubernetes", **where, **({"context": context} if context else {})) as source:
        return await fault(probe("kubernetes", source, "flagger_canary", {"name": "shop"}))


async def test_an_analysis_shows_its_weight_its_failed_checks_and_both_versions(writer: Writer) -> None:
    make(writer, status("Progressing", 20, failedChecks=2))
    make_workloads(writer)
    canary = await read(writer)
    assert (canary["phase"], canary["promoted"], canary["complete"]) == ("Progressing", "Unknown", False)
    assert [canary[key] for key in ("strategy", "weight", "max_weight", "failed_checks", "threshold")] == [
        *("canary", 20, 50, 2, 5)
    ]
    assert (canary["image"], canary["primary_image"], canary["target"]) == (NEW, OLD, "Deployment/shop")
    assert canary["message"] == "New revision detected, progressing canary analysis."
    assert canary["why"] == "progressing at weight 20%, 2 failed checks"
    assert canary["checks"] == "2 failed, Flagger rolls back at 5"
    assert canary["control"] == (
        f"promotes it by itself; to pause it: kubectl --namespace={writer.namespace} patch canaries.flagger.app shop "
        """--type=merge --patch='{"spec":{"suspend":true}}'"""
    )
    assert 30 <= canary["transition_age_s"] <= 300


@pytest.mark.parametrize(
    ("phase", "weight", "shown", "why"),
    [
        ("Initializing", 0, None, "initializing: New Deployment detected, starting initialization"),
        ("Waiting", 0, 0, "waits for the approval of its analysis"),
        ("Progressing", 0, 0, "progressing at weight 0%"),
        # Flagger writes 0 while the traffic stays at the canary.
        ("WaitingPromotion", 0, None, "waits for the approval of its promotion"),
        ("Promoting", 50, 50, "promoting: Canary analysis completed, starting primary rolling update"),
        ("Finalising", 0, 0, "finalising: Canary analysis completed, routing all traffic to primary"),
        ("Failed", 0, 0, "failed: Canary analysis failed, Deployment scaled to zero"),
        # Its promotion failed: the canary is the only version that works.
        ("Failed", 100, 100, "Deployment scaled to zero; 100% of the traffic is still at it"),
        ("Terminating", 0, None, "terminating: New Deployment detected"),
        ("Terminated", 0, None, "terminated: New Deployment detected"),
    ],
)
async def test_a_canary_that_is_not_promoted_shows_why(
    writer: Writer, phase: str, weight: int, shown: int | None, why: str
) -> None:
    make(writer, status(phase, weight))
    make_workloads(writer, NEW, NEW)
    canary = await read(writer)
    assert not canary["complete"]
    assert canary.get("weight") == shown
    assert why in canary["why"]


async def test_a_failed_canary_stays_failed_after_its_target_was_taken_back(writer: Writer) -> None:
    make(writer, status("Failed"))
    make_workloads(writer, NEW, OLD)
    failed = "failed: Canary analysis failed, Deployment scaled to zero"
    assert (await read(writer))["why"] == failed
    writer.patch("deployment", "shop", {"spec": {"template": template(OLD)}})
    canary = await read(writer)
    assert not canary["complete"]
    assert canary["why"] == (
        f"{failed}; both Deployments have the same images, and Flagger stays Failed until there is a new version"
    )


@pytest.mark.parametrize("phase", ["Initialized", "Succeeded"])
async def test_a_promoted_canary_is_complete_until_its_target_has_another_version(writer: Writer, phase: str) -> None:
    make(writer, status(phase))
    make_workloads(writer, NEW, NEW)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        asked = probe("kubernetes", source, "flagger_canary", {"name": "shop"})
        for _ in range(2):
            canary = await value(asked)
            assert (canary["complete"], canary["why"], "weight" in canary) == (True, "", False)
        writer.patch("deployment", "shop", {"spec": {"template": template("registry.test/shop:1.6.0")}})
        canary = (await poll_until(asked, lambda now: not now["complete"])).value
        assert canary["why"] == "Flagger has not seen the new version of Deployment shop"
        writer.patch(CANARY, "shop", {"status": status("Progressing", 10)}, "/status")
        await poll_until(asked, lambda now: now.get("weight") == 10)


@pytest.mark.parametrize(
    ("change", "spec", "why"),
    [
        ({}, {"suspend": True}, "suspended"),
        ({"conditions": []}, {}, "its condition Promoted is missing"),
        (
            {"conditions": [{"type": "Promoted", "status": "False", "reason": "x"}]},
            {},
            "its condition Promoted is False",
        ),
    ],
)
async def test_a_phase_alone_does_not_make_a_canary_complete(writer: Writer, change: Any, spec: Any, why: str) -> None:
    make(writer, {**status("Succeeded"), **change}, **spec)
    make_workloads(writer, NEW, NEW)
    canary = await read(writer)
    assert (canary["complete"], canary["why"]) == (False, why)


async def test_a_missing_workload_is_named(writer: Writer) -> None:
    make(writer, status("Succeeded"))
    canary = await read(writer)
    assert (canary["complete"], canary["image"]) == (False, "")
    assert canary["why"] == "Deployment shop, shop-primary does not exist"


async def test_an_analysis_by_iterations_has_no_weight(writer: Writer) -> None:
    analysis = {"interval": "1m", "threshold": 2, "iterations": 10}
    make(writer, status("Progressing", iterations=4), analysis, kind="Service")
    canary = await read(writer)
    assert (canary["strategy"], canary["iteration"], canary["iterations"]) == ("blue-green", 4, 10)
    assert {"weight", "max_weight", "image"}.isdisjoint(canary)


async def test_a_canary_without_a_status_or_with_an_unknown_phase_is_a_fault(writer: Writer) -> None:
    make(writer, None)
    missing = await refused(writer)
    assert missing.kind is FaultKind.NO_DATA
    assert "Canary shop has no status; does Flagger run, and watch its namespace?" in missing.message
    writer.patch(CANARY, "shop", {"status": status("Frozen")}, "/status")
    unknown = await refused(writer)
    assert unknown.kind is FaultKind.MALFORMED
    assert "Canary shop has the unknown phase 'Frozen'" in unknown.message


async def test_an_unchanged_analysis_is_stale_unless_it_is_held(writer: Writer) -> None:
    late = {"lastTransitionTime": ago(minutes=20)}
    make(writer, status("Progressing", 20, **late))
    make_workloads(writer)
    stale = await refused(writer)
    assert stale.kind is FaultKind.STALE
    assert "Canary shop is Progressing and has not changed for 20m" in stale.message
    writer.patch(CANARY, "shop", {"spec": {"suspend": True}})
    assert (await read(writer))["why"] == "suspended; progressing at weight 20%"
    hooks = {"webhooks": [{"name": "gate", "type": "confirm-traffic-increase", "url": "http://gate.test"}]}
    writer.patch(CANARY, "shop", {"spec": {"suspend": False, "analysis": {**ANALYSIS, **hooks}}})
    assert (await read(writer))["why"] == "progressing at weight 20%"
    writer.patch(CANARY, "shop", {"spec": {"progressDeadlineSeconds": 3600, "analysis": {"webhooks": []}}})
    assert (await read(writer))["weight"] == 20


async def test_a_missing_canary_is_a_reading_and_a_missing_flagger_a_fault(writer: Writer) -> None:
    canary = await read(writer)
    assert [canary[key] for key in ("exists", "complete", "why")] == [
        *(False, False, f"not found in namespace {writer.namespace}")
    ]
    assert (await refused(writer, "stranger")).kind is FaultKind.FORBIDDEN
    uninstall(writer, CANARY)
    missing = await refused(writer)
    assert missing.kind is FaultKind.NOT_FOUND
    assert "the cluster has no Flagger (kind Canary.flagger.app)" in missing.message
