"""The controller of Argo Rollouts: takes a canary through its steps, as the real one does with a traffic router.

It knows the steps setWeight and pause; there are no analyses.
Source: https://github.com/argoproj/argo-rollouts/tree/master/rollout
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil

from mmcockpit.simulator.kubernetes.api.resources import REPLICASETS, ROLLOUTS
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

HASH = "rollouts-pod-template-hash"
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
    elif status.get("abort"):
        status["currentStepIndex"], weight = 0, 0
        status.pop("pauseConditions", None)
        status["controllerPause"] = False
    else:
        weight = _stepped(rollout, status, steps, current)
    if weight == FULL and _available(current) >= rollout["spec"]["replicas"]:
        status["stableRS"], stable = digest, current
    _scale(client, rollout, sets, current, stable, weight)
    _write(client, rollout, status, current, weight)


def _begun(status: Object, digest: str) -> Object:
    """Return the status, reset where the pod template has changed."""
    if status.get("currentPodHash") != digest:
        for name in ("pauseConditions", "abort", "promoteFull"):
            status.pop(name, None)
        status |= {"currentPodHash": digest, "currentStepIndex": 0, "controllerPause": False}
    status.setdefault("stableRS", digest)
    return status


def _stepped(rollout: Object, status: Object, steps: Sequence[Object], current: Object) -> int:
    """Finish the running step if it is done; return the weight that the steps ask for so far."""
    index = len(steps) if status.pop("promoteFull", False) else status["currentStepIndex"]
    if index < len(steps) and not rollout["spec"].get("paused"):
        step = steps[index]
        if "setWeight" in step:
            done = _available(current) >= _pods(rollout, step["setWeight"])
        elif status.get("pauseConditions"):
            done = False
        elif status.get("controllerPause"):
            done, status["controllerPause"] = True, False
        else:
            done, status["controllerPause"] = False, True
            status["pauseConditions"] = [{"reason": "CanaryPauseStep", "startTime": stamp()}]
        index += done
    status["currentStepIndex"] = index
    if index >= len(steps):
        return FULL
    weights = [step["setWeight"] for step in steps[: index + 1] if "setWeight" in step]
    return int(weights[-1]) if weights else 0


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
        "canary": {"weights": {"canary": {"weight": routed}, "stable": {"weight": FULL - routed}}},
    }
    status["phase"], status["message"] = _phase(rollout, status, current, promoted)
    client.set_status(ROLLOUTS, rollout, status)


def _phase(rollout: Object, status: Object, current: Object, promoted: bool) -> tuple[str, str]:
    if status.get("abort"):
        revision = annotations_of(current).get(REVISION, "")
        return "Degraded", f"RolloutAborted: Rollout aborted update to revision {revision}"
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
