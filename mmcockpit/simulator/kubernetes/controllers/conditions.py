"""Conditions of a Deployment with the wording of the real controller: Available, Progressing, ReplicaFailure."""

from __future__ import annotations

import math

from mmcockpit.simulator.kubernetes.objects import Object, age_s, condition_of, name_of, stamp


def surge_and_unavailable(deployment: Object) -> tuple[int, int]:
    """Return how many pods more and fewer than desired an update may have."""
    desired, strategy = deployment["spec"]["replicas"], deployment["spec"]["strategy"]
    rolling = strategy.get("rollingUpdate")
    if rolling is None:
        return 0, desired
    surge = count_of(rolling.get("maxSurge", 1), desired, up=True)
    unavailable = count_of(rolling.get("maxUnavailable", 0), desired, up=False)
    return surge, unavailable if surge or unavailable else 1


def count_of(amount: int | str, total: int, *, up: bool) -> int:
    """Return a number of pods, given as such or as a percentage of the total."""
    if isinstance(amount, int) or not amount.endswith("%"):
        return int(amount)
    share = int(amount.rstrip("%")) * total / 100
    return math.ceil(share) if up else math.floor(share)


def conditions(deployment: Object, counts: dict[str, int], status: Object, current: Object | None) -> list[Object]:
    """Return the conditions for the counts of replicas and the status so far."""
    desired = deployment["spec"]["replicas"]
    enough = counts["availableReplicas"] >= desired - surge_and_unavailable(deployment)[1]
    word = "has" if enough else "does not have"
    availability = condition(
        deployment,
        "Available",
        enough,
        f"MinimumReplicas{'Available' if enough else 'Unavailable'}",
        f"Deployment {word} minimum availability.",
    )
    present = [availability]
    progressing = _progressing(deployment, counts, status, current)
    if progressing:
        present.append(progressing)
    failed = condition_of(current, "ReplicaFailure") if current else None
    return [*present, failed | {"lastUpdateTime": failed["lastTransitionTime"]}] if failed else present


def _progressing(deployment: Object, counts: dict[str, int], status: Object, current: Object | None) -> Object | None:
    desired = deployment["spec"]["replicas"]
    present = condition_of(deployment, "Progressing")
    if deployment["spec"].get("paused"):
        return condition(deployment, "Progressing", None, "DeploymentPaused", "Deployment is paused")
    if present and present["reason"] == "DeploymentPaused":
        return condition(deployment, "Progressing", None, "DeploymentResumed", "Deployment is resumed")
    subject = f'ReplicaSet "{name_of(current)}"' if current else f'Deployment "{name_of(deployment)}"'
    if counts["updatedReplicas"] == counts["availableReplicas"] == counts["replicas"] == desired:
        message = f"{subject} has successfully progressed."
        return condition(deployment, "Progressing", True, "NewReplicaSetAvailable", message)
    old = counts["replicas"] - counts["updatedReplicas"]
    before = status.get("replicas", 0) - status.get("updatedReplicas", 0)
    moved = old < before or any(
        counts[name] > status.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )
    if present is None or moved:
        message = f"{subject} is progressing."
        return condition(deployment, "Progressing", True, "ReplicaSetUpdated", message, touched=moved)
    late = age_s(present["lastUpdateTime"]) > deployment["spec"]["progressDeadlineSeconds"]
    if late and present["reason"] != "NewReplicaSetAvailable":
        message = f"{subject} has timed out progressing."
        return condition(deployment, "Progressing", False, "ProgressDeadlineExceeded", message)
    return present


def condition(
    value: Object, kind: str, true: bool | None, reason: str, message: str, *, touched: bool = False
) -> Object:
    """Return a condition that keeps its times if it has not changed; None is Unknown."""
    now = stamp()
    word = "Unknown" if true is None else str(true)
    present = condition_of(value, kind)
    same = present is not None and present["status"] == word
    if present and same and present["reason"] == reason and not touched:
        return present | {"message": message}
    return {
        "type": kind,
        "status": word,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now,
        "lastTransitionTime": present["lastTransitionTime"] if present and same else now,
    }
