"""Readings of progressive delivery and GitOps, and a session that shows them in the automatic layout."""

from typing import Any

import msgspec

from mmcockpit.config.delivery import delivery_procedures
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.automatic_layout import automatic_layout
from tests.core.sessions import manual, plan
from tests.shapes import with_shapes
from tests.ui.go_lives import GoLive

COMPLETE = Rule("value.complete")
SIGNALS = with_shapes(
    (
        Signal("canary", "Shop canary", "cluster", "argo_rollout", {"name": "shop"}, COMPLETE),
        Signal("weight", "Shop weight", "cluster", "argo_rollout", {"name": "shop"}, Rule("value.weight >= 20")),
        Signal("flagger", "Cart canary", "cluster", "flagger_canary", {"name": "cart"}, COMPLETE),
        Signal("application", "Shop in Git", "cluster", "argo_application", {"name": "shop"}, COMPLETE),
        Signal("flux", "Platform", "cluster", "flux", {}, COMPLETE),
        Signal("release", "Ingress release", "cluster", "helm", {"name": "ingress"}, COMPLETE),
    )
)


def _set(role: str, revision: str, tag: str, ready: int, desired: int, **more: Any) -> dict[str, Any]:
    hashed = {"canary": "84c5b97d8", "stable": "6b7d9c5f4"}[role]
    names = {"hash": hashed, "name": f"shop-{hashed}"}
    image = {"revision": revision, "image": f"registry.test/team/shop:{tag}"}
    counts = {"ready": ready, "desired": desired, "restarts": 0, "reason": "", "waiting": [], "age_s": 240}
    return {"replicas": role, **image, **counts, **names, **more}


def _measured(metric: str, phase: str, value: str, age_s: int) -> dict[str, Any]:
    return {"metric": metric, "phase": phase, "value": value, "message": "", "age_s": age_s, "run": "shop-2-1"}


_METRIC = {"condition": "result[0] < 0.01", "inconclusive": 0, "errors": 0, "dry_run": False, "run": "shop-2-1"}
CANARY: dict[str, Any] = {
    "exists": True,
    "phase": "Progressing",
    "message": "more replicas need to be updated",
    "strategy": "canary",
    "step": 2,
    "steps": 5,
    "step_text": "analysis error-share",
    "weight": 20,
    "full_weight": 100,
    "desired_weight": 20,
    "complete": False,
    "promoted": False,
    "observed": True,
    "aborted": False,
    "paused": False,
    "pause_reason": "",
    "desired": 5,
    "updated": 1,
    "ready": 5,
    "available": 5,
    "revision": "8",
    "image": "registry.test/team/shop:1.5.0",
    "stable_revision": "7",
    "stable_image": "registry.test/team/shop:1.4.0",
    "stuck": [],
    "stale": "",
    "why": "progressing at step 2 of 5: more replicas need to be updated",
    "sets": [_set("canary", "8", "1.5.0", 1, 1), _set("stable", "7", "1.4.0", 4, 4, age_s=864_000)],
    "metrics": [
        {
            "metric": "error-share",
            "phase": "Running",
            "value": "[0.0042]",
            "successful": 2,
            "failed": 1,
            "failure_limit": 2,
            "count": 5,
            "message": "",
            "analysis": "step",
            **_METRIC,
        }
    ],
    "measurements": [
        _measured("error-share", "Successful", "[0.0042]", 30),
        _measured("error-share", "Failed", "[0.0124]", 60),
    ],
}
OLD, NEW = "1f0c" * 10, "9ab3" * 10
FLAGGER: dict[str, Any] = {
    "exists": True,
    "phase": "Progressing",
    "message": "New revision detected, progressing canary analysis.",
    "promoted": "Unknown",
    "complete": False,
    "strategy": "canary",
    "weight": 30,
    "full_weight": 100,
    "max_weight": 50,
    "checks": "2 failed, Flagger rolls back at 5",
    "failed_checks": 2,
    "threshold": 5,
    "suspended": False,
    "transition_age_s": 40,
    "target": "Deployment/cart",
    "image": "registry.test/team/cart:3.1.0",
    "primary_image": "registry.test/team/cart:3.0.2",
    "control": "promotes it by itself; to pause it: kubectl --namespace=shop patch canaries.flagger.app cart "
    """--type=merge --patch='{"spec":{"suspend":true}}'""",
    "why": "progressing at weight 30%, 2 failed checks",
}
APPLICATION: dict[str, Any] = {
    "exists": True,
    "sync": "OutOfSync",
    "health": "Healthy",
    "health_message": "",
    "complete": False,
    "at_revision": False,
    "revision": OLD,
    "compared_revision": NEW,
    "target": "main",
    "operation": "Succeeded",
    "operation_message": "successfully synced (all tasks run)",
    "operation_started_s": 7_300,
    "operation_finished_s": 7_260,
    "reconciled_age_s": 42,
    "retries": 0,
    "auto_sync": False,
    "observed": True,
    "conditions": [],
    "images": ["registry.test/team/shop:1.4.0"],
    "why": f"OutOfSync; at {OLD[:12]}, not at {NEW[:12]}",
    "resources": [
        {
            "kind": "Rollout",
            "name": "shop",
            "sync": "OutOfSync",
            "health": "Healthy",
            "message": "",
            "namespace": "shop",
        }
    ],
    "resource_count": 9,
    "history": [{"id": 12, "revision": OLD, "age_s": 7_260}, {"id": 11, "revision": "77aa" * 10, "age_s": 864_000}],
}
FLUX: dict[str, Any] = {
    "exists": True,
    "ready": "False",
    "reason": "BuildFailed",
    "message": "kustomization path not found",
    "complete": False,
    "suspended": False,
    "observed": True,
    "revision": f"main@sha1:{OLD}",
    "attempted_revision": f"main@sha1:{NEW}",
    "source": "GitRepository/platform",
    "source_revision": f"main@sha1:{NEW}",
    "ready_since_s": 180,
    "reconciled_age_s": 20,
    "why": "BuildFailed: kustomization path not found",
}
RELEASE: dict[str, Any] = {
    "exists": True,
    "status": "pending-upgrade",
    "revision": 4,
    "complete": False,
    "pending": True,
    "stuck": True,
    "deployed_revision": 3,
    "age_s": 2_040,
    "why": "pending-upgrade for 34m; its Helm process is gone: roll back to the last deployed revision",
    "history": [
        {"revision": 4, "status": "pending-upgrade", "age_s": 2_040},
        {"revision": 3, "status": "deployed", "age_s": 90_000},
    ],
}
READINGS = {
    "canary": CANARY,
    "weight": CANARY,
    "flagger": FLAGGER,
    "application": APPLICATION,
    "flux": FLUX,
    "release": RELEASE,
}


def delivering(**changed: Any) -> GoLive:
    """Return a session with these readings; `changed` are fields of the canary."""
    return _shown((), changed)


def offering(**changed: Any) -> GoLive:
    """Return the same session with the actions of the canary."""
    return _shown(delivery_procedures(SIGNALS, {"cluster": SourceSpec("cluster", "kubernetes")}, ()), changed)


def _shown(procedures: tuple[Procedure, ...], changed: dict[str, Any]) -> GoLive:
    made = plan(manual("deploy"), manual("check", "deployment"), signals=SIGNALS, procedures=procedures)
    kinds = {"cluster": "kubernetes"}
    layout = automatic_layout(made.checklist, made.signals, (), kinds)
    file = msgspec.structs.replace(made, sources=(SourceSpec("cluster", "kubernetes"),), layout=layout)
    return GoLive(file).see(**{**READINGS, "canary": {**CANARY, **changed}})
