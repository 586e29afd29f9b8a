"""How a Deployment gets on, as pure functions: how large its ReplicaSets should be now, and its conditions."""

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

Object = dict[str, Any]
"""A Kubernetes object as decoded from JSON."""


class Sized(Protocol):
    """How many pods a ReplicaSet should have, and how many of them are ready."""

    @property
    def replicas(self) -> int: ...
    @property
    def available(self) -> int: ...
    @property
    def pods(self) -> list[Object]: ...


def same_template(replica_set: Object, deployment: Object, hash_label: str) -> bool:
    """Return whether the ReplicaSet stands for the Deployment's template; only the label of its own may differ."""
    ours = json.loads(json.dumps(replica_set["spec"]["template"]))
    theirs = json.loads(json.dumps(deployment["spec"]["template"]))
    for template in (ours, theirs):
        (template["metadata"].get("labels") or {}).pop(hash_label, None)
        template["metadata"].pop("creationTimestamp", None)
    return bool(ours == theirs)


def steps(deployment: Object, current: Sized, old: Sequence[Sized]) -> list[int]:
    """Return how large the current set and the old ones should be after the next step of the strategy."""
    desired = deployment["spec"]["replicas"]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        gone = not any(one.pods for one in old)
        return [desired if gone else current.replicas, *(0 for _ in old)]
    surge, unavailable = _bounds(deployment)
    total = current.replicas + sum(one.replicas for one in old)
    size = min(desired, current.replicas + max(0, desired + surge - total))
    minimum = desired - unavailable
    spare = total - current.replicas + size - minimum - (size - min(size, current.available))
    sizes = [one.replicas for one in old]
    # Pods of old sets that are not ready go first: nobody would miss them.
    for number, one in enumerate(old):
        taken = max(0, min(one.replicas - one.available, spare))
        sizes[number] -= taken
        spare -= taken
    free = min(spare, current.available + sum(one.available for one in old) - minimum)
    for number in range(len(sizes)):
        taken = max(0, min(sizes[number], free))
        sizes[number] -= taken
        free -= taken
    return [size, *sizes]


def conditions(deployment: Object, counts: dict[str, int], current: str, now: str) -> list[Object]:
    """Return the conditions that follow from the counts of pods; one that says the same keeps its times."""
    desired = deployment["spec"]["replicas"]
    enough = counts["availableReplicas"] >= desired - _bounds(deployment)[1]
    available = ("True", "MinimumReplicasAvailable") if enough else ("False", "MinimumReplicasUnavailable")
    word = "has" if enough else "does not have"
    told = [("Available", *available, f"Deployment {word} minimum availability.", False)]
    return [_condition(deployment, now, *one) for one in (*told, _progressing(deployment, counts, current, now))]


def condition(one: Object, kind: str) -> str:
    """Return the status of a condition, empty where it has none of the type."""
    found = _present(one, kind)
    return str(found["status"]) if found else ""


def _progressing(deployment: Object, counts: dict[str, int], current: str, now: str) -> tuple[str, str, str, str, bool]:
    """Return (type, status, reason, message, whether something has moved)."""
    desired, present = deployment["spec"]["replicas"], _present(deployment, "Progressing")
    before = deployment.get("status") or {}
    about = f'ReplicaSet "{current}"'
    if deployment["spec"].get("paused"):
        return "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", False
    if counts["updatedReplicas"] == counts["availableReplicas"] == counts["replicas"] == desired:
        return "Progressing", "True", "NewReplicaSetAvailable", f"{about} has successfully progressed.", False
    rising = ("updatedReplicas", "readyReplicas", "availableReplicas")
    older = counts["replicas"] - counts["updatedReplicas"]
    moved = older < before.get("replicas", 0) - before.get("updatedReplicas", 0)
    moved = moved or any(counts[name] > before.get(name, 0) for name in rising)
    if present is None or about not in present["message"] or moved:
        return "Progressing", "True", "ReplicaSetUpdated", f"{about} is progressing.", True
    waited = (datetime.fromisoformat(now) - datetime.fromisoformat(present["lastUpdateTime"])).total_seconds()
    reason = str(present["reason"])
    if reason != "NewReplicaSetAvailable" and waited > deployment["spec"]["progressDeadlineSeconds"]:
        return "Progressing", "False", "ProgressDeadlineExceeded", f"{about} has timed out progressing.", False
    return "Progressing", present["status"], reason, present["message"], False


def _condition(deployment: Object, now: str, kind: str, status: str, reason: str, message: str, moved: bool) -> Object:
    present = _present(deployment, kind)
    told = {"type": kind, "status": status, "reason": reason, "message": message}
    if present and not moved and told.items() <= present.items():
        return present
    since = present["lastTransitionTime"] if present and present["status"] == status else now
    return {**told, "lastUpdateTime": now, "lastTransitionTime": since}


def _present(one: Object, kind: str) -> Object | None:
    found: list[Object] = (one.get("status") or {}).get("conditions") or []
    return next((each for each in found if each["type"] == kind), None)


def _bounds(deployment: Object) -> tuple[int, int]:
    """Return how many pods more and fewer than desired an update may have."""
    desired, strategy = deployment["spec"]["replicas"], deployment["spec"]["strategy"]
    rolling = strategy.get("rollingUpdate")
    if rolling is None:
        return 0, desired
    surge = _count(rolling.get("maxSurge", "25%"), desired, math.ceil)
    unavailable = _count(rolling.get("maxUnavailable", "25%"), desired, math.floor)
    return surge, unavailable if surge or unavailable else 1


def _count(amount: int | str, total: int, rounded: Any) -> int:
    if isinstance(amount, str) and amount.endswith("%"):
        return int(rounded(int(amount.rstrip("%")) * total / 100))
    return int(amount)
