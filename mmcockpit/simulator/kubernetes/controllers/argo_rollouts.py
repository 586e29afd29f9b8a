"""The controller of Argo Rollouts: takes a canary through its steps, as the real one does with a traffic router.

It knows the steps setWeight, analysis and pause, and the analysis in the background.
Source: https://github.com/argoproj/argo-rollouts/tree/master/rollout
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil

from mmcockpit.simulator.kubernetes.api.resources import REPLICASETS, ROLLOUTS
from mmcockpit.simulator.kubernetes.controllers import argo_analysis
from mmcockpit.simulator.kubernetes.controllers.client import Client
from mmcockpit.simulator.kubernetes.objects import (
    Object,
    annotations_of,
    clone,
    labels_of,
    name_of,
    owner_reference,
    short_hash,
    stamp,
)

HASH = argo_analysis.HASH
REVISION = "rollout.argoproj.io/revision"
FULL = 100


def reconcile(client: Client, rollout: Object) -> None:
    """Move the Rollout one step closer to its spec, or back to its stable version."""
    sets = client.owned(REPLICASETS, rollout)
    digest = short_hash(rollout["spec"]["template"])
    current = next((one for one in sets if labels_of(one).get(HASH) == digest), None)
    if current is None:
        current = client.put(REPLICASETS, _replica_set(rollout, digest, _last_revision(sets) + 1))
        sets = [*sets, current]
    status = _begun(clone(rollout.get("status") or {}), digest)
    stable = next((one for one in sets if labels_of(one).get(HASH) == status["stableRS"]), None)
    steps = rollout["spec"]["strategy"]["canary"].get("steps") or []
    if current is stable or stable is None:
        status["currentStepIndex"], weight = len(steps), FULL
    else:
        weight = _stepped(client, rollout, status, current)
        _background(client, rollout, status, current)
    if status.get("abort"):
        status["currentStepIndex"], weight = 0, 0
        status.setdefault("abortedAt", stamp())
        status.pop("pauseConditions", None)
        status["controllerPause"] = False
    if status.get("abort") or current is stable:
        argo_analysis.cancel(client, rollout)
    if weight == FULL and _available(current) >= rollout["spec"]["replicas"]:
        status["stableRS"], stable = digest, current
    _scale(client, rollout, sets, current, stable, weight)
    _write(client, rollout, status, current, weight)


def _begun(status: Object, digest: str) -> Object:
    """Return the status, reset where the pod template has changed."""
    if status.get("currentPodHash") != digest:
        for name in ("pauseConditions", "abort", "abortedAt", "abortMessage", "promoteFull", "canary"):
            status.pop(name, None)
        status |= {"currentPodHash": digest, "currentStepIndex": 0, "controllerPause": False}
    status.setdefault("stableRS", digest)
    return status


def _stepped(client: Client, rollout: Object, status: Object, current: Object) -> int:
    """Finish the running step if it is done; return the weight that the steps ask for so far."""
    steps = rollout["spec"]["strategy"]["canary"].get("steps") or []
    index = len(steps) if status.pop("promoteFull", False) else status["currentStepIndex"]
    if index < len(steps) and not rollout["spec"].get("paused") and not status.get("abort"):
        index += _is_done(client, rollout, status, current, index)
    status["currentStepIndex"] = index
    if index >= len(steps):
        return FULL
    weights = [step["setWeight"] for step in steps[: index + 1] if "setWeight" in step]
    return int(weights[-1]) if weights else 0


def _is_done(client: Client, rollout: Object, status: Object, current: Object, index: int) -> bool:
    step = rollout["spec"]["strategy"]["canary"]["steps"][index]
    if "setWeight" in step:
        return _available(current) >= _pods(rollout, step["setWeight"])
    if "analysis" in step:
        run = _analysed(client, rollout, status, current, step["analysis"], argo_analysis.STEP, index)
        return argo_analysis.phase_of(run) == "Successful"
    if status.get("pauseConditions"):
        return False
    if status.get("controllerPause"):
        status["controllerPause"] = False
        return True
    status["controllerPause"] = True
    status["pauseConditions"] = [{"reason": "CanaryPauseStep", "startTime": stamp()}]
    return False


def _background(client: Client, rollout: Object, status: Object, current: Object) -> None:
    """Keep the analysis in the background running, from its first step until all traffic is at the new version."""
    canary = rollout["spec"]["strategy"]["canary"]
    analysis, last = canary.get("analysis"), len(canary.get("steps") or [])
    if analysis and not status.get("abort") and analysis.get("startingStep", 0) <= status["currentStepIndex"] < last:
        _analysed(client, rollout, status, current, analysis, argo_analysis.BACKGROUND, None)


def _analysed(
    client: Client, rollout: Object, status: Object, current: Object, analysis: Object, kind: str, index: int | None
) -> Object:
    """Return the AnalysisRun of an analysis, made if there is none yet; one that failed aborts the rollout."""
    run = argo_analysis.run_of(client, rollout, current, kind, index)
    # After an abort that was taken back, everything is measured again.
    if run is None or "abortedAt" in status:
        status.pop("abortedAt", None)
        run = argo_analysis.start(client, rollout, current, analysis, kind, index)
    shown = "currentBackgroundAnalysisRunStatus" if index is None else "currentStepAnalysisRunStatus"
    status.setdefault("canary", {})[shown] = argo_analysis.run_status(run)
    if argo_analysis.phase_of(run) in ("Failed", "Error"):
        message = run["status"].get("message", "")
        begins = "Background" if index is None else "Step-based"
        status["abort"], status["abortMessage"] = True, f"{begins} analysis phase error/failed: {message}"
    return run


def _scale(
    client: Client, rollout: Object, sets: Sequence[Object], current: Object, stable: Object | None, weight: int
) -> None:
    replicas = rollout["spec"]["replicas"]
    for one in sets:
        wanted = replicas if one is stable else _pods(rollout, weight) if one is current else 0
        if one["spec"]["replicas"] != wanted:
            client.edit(REPLICASETS, one["metadata"]["namespace"], name_of(one), partial(_resize, wanted))


def _resize(replicas: int, copy: Object) -> None:
    copy["spec"]["replicas"] = replicas


def _write(client: Client, rollout: Object, status: Object, current: Object, weight: int) -> None:
    namespace = rollout["metadata"]["namespace"]
    sets = client.owned(REPLICASETS, rollout)
    current = client.get(REPLICASETS, namespace, name_of(current))
    replicas, ready, available = (
        sum(one["status"].get(key, 0) for one in sets) for key in ("replicas", "readyReplicas", "availableReplicas")
    )
    promoted = status["stableRS"] == status["currentPodHash"]
    routed = FULL if promoted else weight if _available(current) >= _pods(rollout, weight) else _routed(status)
    status |= {
        "observedGeneration": str(rollout["metadata"]["generation"]),
        "replicas": replicas,
        "updatedReplicas": current["status"].get("replicas", 0),
        "readyReplicas": ready,
        "availableReplicas": available,
        "canary": {
            **(status.get("canary") or {}),
            "weights": {"canary": {"weight": routed}, "stable": {"weight": FULL - routed}},
        },
    }
    status["phase"], status["message"] = _phase(rollout, status, current, promoted)
    client.set_status(ROLLOUTS, rollout, status)


def _phase(rollout: Object, status: Object, current: Object, promoted: bool) -> tuple[str, str]:
    if status.get("abort"):
        revision = annotations_of(current).get(REVISION, "")
        why = f": {status['abortMessage']}" if "abortMessage" in status else ""
        return "Degraded", f"RolloutAborted: Rollout aborted update to revision {revision}{why}"
    if rollout["spec"].get("paused"):
        return "Paused", "manually paused"
    if status.get("pauseConditions"):
        return "Paused", status["pauseConditions"][0]["reason"]
    if promoted and _available(current) >= rollout["spec"]["replicas"]:
        return "Healthy", ""
    return "Progressing", "more replicas need to be updated"


def _routed(status: Object) -> int:
    weights = (status.get("canary") or {}).get("weights") or {}
    return int((weights.get("canary") or {}).get("weight", 0))


def _pods(rollout: Object, weight: int) -> int:
    return ceil(int(rollout["spec"]["replicas"]) * weight / FULL)


def _available(one: Object) -> int:
    return int(one["status"].get("availableReplicas", 0))


def _last_revision(sets: Sequence[Object]) -> int:
    return max((int(annotations_of(one).get(REVISION, "0")) for one in sets), default=0)


def _replica_set(rollout: Object, digest: str, revision: int) -> Object:
    template = clone(rollout["spec"]["template"])
    template["metadata"]["labels"][HASH] = digest
    selector = clone(rollout["spec"]["selector"])
    selector["matchLabels"][HASH] = digest
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(rollout)}-{digest}",
            "namespace": rollout["metadata"]["namespace"],
            "labels": dict(template["metadata"]["labels"]),
            "annotations": {REVISION: str(revision)},
            "ownerReferences": [owner_reference(rollout)],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
        "status": {"replicas": 0},
    }
