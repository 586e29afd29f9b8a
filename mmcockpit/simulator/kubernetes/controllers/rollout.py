"""The deployment controller: turns a Deployment into ReplicaSets with revisions, one rolling-update step at a time."""

from __future__ import annotations

from collections.abc import Sequence

from mmcockpit.simulator.kubernetes.api.resources import DEPLOYMENTS, REPLICASETS
from mmcockpit.simulator.kubernetes.controllers.client import Client, key_of
from mmcockpit.simulator.kubernetes.controllers.conditions import condition, conditions, surge_and_unavailable
from mmcockpit.simulator.kubernetes.objects import (
    Object,
    age_s,
    annotations_of,
    clone,
    condition_of,
    name_of,
    owner_reference,
    short_hash,
)

COMPONENT = "deployment-controller"
HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
OWN_ANNOTATIONS = (REVISION, HISTORY, DESIRED, MAXIMUM, LAST_APPLIED)


def reconcile(client: Client, deployment: Object) -> None:
    """Moves the Deployment one step closer to its spec."""
    sets = client.owned(REPLICASETS, deployment)
    current = _current(deployment, sets)
    if deployment["spec"].get("paused"):
        if current and current["spec"]["replicas"] != deployment["spec"]["replicas"] and _only(current, sets):
            _scale(client, deployment, current, deployment["spec"]["replicas"])
        _write_status(client, deployment, current, sets)
        return
    if current is None:
        current = client.put(REPLICASETS, replica_set(deployment, _last_revision(sets) + 1))
    current = _claim_revision(client, deployment, current, sets)
    old = [member for member in sets if name_of(member) != name_of(current)]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        _recreate(client, deployment, current, old)
    else:
        _roll(client, deployment, current, old)
    sets = client.owned(REPLICASETS, deployment)
    _write_status(client, deployment, _current(deployment, sets), sets)
    _clean_up(client, deployment, [member for member in sets if name_of(member) != name_of(current)])


def replica_set(deployment: Object, revision: int) -> Object:
    """Return the ReplicaSet for the Deployment's current template, with no replicas yet."""
    digest = short_hash(deployment["spec"]["template"])
    template = clone(deployment["spec"]["template"])
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    labels[HASH] = digest
    selector = clone(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH] = digest
    annotations = {k: v for k, v in annotations_of(deployment).items() if k not in OWN_ANNOTATIONS}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{digest}",
            "namespace": deployment["metadata"]["namespace"],
            "labels": dict(labels),
            "annotations": annotations | _sizes(deployment) | {REVISION: str(revision)},
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
        "status": {"replicas": 0},
    }


def _current(deployment: Object, sets: Sequence[Object]) -> Object | None:
    wanted = clone(deployment["spec"]["template"])
    for member in sets:
        template = clone(member["spec"]["template"])
        template["metadata"]["labels"].pop(HASH, None)
        if template == wanted:
            return member
    return None


def _only(current: Object, sets: Sequence[Object]) -> bool:
    return not any(member["spec"]["replicas"] for member in sets if member is not current)


def _revision(member: Object) -> int:
    return int(annotations_of(member).get(REVISION, "0"))


def _last_revision(sets: Sequence[Object]) -> int:
    return max(map(_revision, sets), default=0)


def _sizes(deployment: Object) -> dict[str, str]:
    desired = deployment["spec"]["replicas"]
    return {DESIRED: str(desired), MAXIMUM: str(desired + surge_and_unavailable(deployment)[0])}


def _claim_revision(client: Client, deployment: Object, current: Object, sets: Sequence[Object]) -> Object:
    """Give the current ReplicaSet the highest revision; one that is reused by a rollback gets a new number."""
    others = _last_revision([member for member in sets if name_of(member) != name_of(current)])
    revision = max(_revision(current), others + 1)

    def renumber(member: Object) -> None:
        annotations = member["metadata"].setdefault("annotations", {})
        if _revision(member) not in (0, revision):
            past = [*filter(None, annotations.get(HISTORY, "").split(",")), str(_revision(member))]
            annotations[HISTORY] = ",".join(past)
        kept = {key: text for key, text in annotations_of(deployment).items() if key not in OWN_ANNOTATIONS}
        annotations.update(kept | _sizes(deployment) | {REVISION: str(revision)})

    def note(copy: Object) -> None:
        copy["metadata"].setdefault("annotations", {})[REVISION] = str(revision)

    namespace = deployment["metadata"]["namespace"]
    current = client.edit(REPLICASETS, namespace, name_of(current), renumber)
    if _revision(deployment) != revision:
        deployment = client.edit(DEPLOYMENTS, namespace, name_of(deployment), note)
        _progress(client, deployment, "NewReplicaSetCreated", f'Created new replica set "{name_of(current)}"')
    return current


def _recreate(client: Client, deployment: Object, current: Object, old: Sequence[Object]) -> None:
    for member in old:
        _scale(client, deployment, member, 0)
    if not any(member["status"].get("replicas") for member in old):
        _scale(client, deployment, current, deployment["spec"]["replicas"])


def _roll(client: Client, deployment: Object, current: Object, old: Sequence[Object]) -> None:
    desired = deployment["spec"]["replicas"]
    surge, unavailable = surge_and_unavailable(deployment)
    size = current["spec"]["replicas"]
    total = size + sum(member["spec"]["replicas"] for member in old)
    room = desired + surge - total
    if size > desired:
        size = desired
    elif size < desired and room > 0:
        size = min(desired, size + room)
    current = _scale(client, deployment, current, size)
    minimum = desired - unavailable
    missing = current["spec"]["replicas"] - current["status"].get("availableReplicas", 0)
    total = current["spec"]["replicas"] + sum(member["spec"]["replicas"] for member in old)
    spare = total - minimum - missing
    for member in old:
        dead = member["spec"]["replicas"] - member["status"].get("availableReplicas", 0)
        taken = max(0, min(dead, spare))
        spare -= taken
        if taken:
            _scale(client, deployment, member, member["spec"]["replicas"] - taken)
    old = [client.get(REPLICASETS, member["metadata"]["namespace"], name_of(member)) for member in old]
    available = sum(member["status"].get("availableReplicas", 0) for member in (current, *old))
    free = min(spare, available - minimum)
    for member in old:
        taken = max(0, min(member["spec"]["replicas"], free))
        free -= taken
        if taken:
            _scale(client, deployment, member, member["spec"]["replicas"] - taken)


def _scale(client: Client, deployment: Object, member: Object, replicas: int) -> Object:
    present = member["spec"]["replicas"]
    if present == replicas:
        return member

    def change(copy: Object) -> None:
        copy["spec"]["replicas"] = replicas

    scaled = client.edit(REPLICASETS, member["metadata"]["namespace"], name_of(member), change)
    direction = "up" if replicas > present else "down"
    message = f"Scaled {direction} replica set {name_of(member)} from {present} to {replicas}"
    client.record(deployment, "ScalingReplicaSet", message, COMPONENT)
    return scaled


def _clean_up(client: Client, deployment: Object, old: Sequence[Object]) -> None:
    idle = [member for member in old if not member["spec"]["replicas"] and not member["status"].get("replicas")]
    surplus = len(idle) - deployment["spec"].get("revisionHistoryLimit", 10)
    for member in sorted(idle, key=_revision)[: max(0, surplus)]:
        client.delete(REPLICASETS, member)


def _write_status(client: Client, deployment: Object, current: Object | None, sets: Sequence[Object]) -> None:
    deployment = client.get(DEPLOYMENTS, deployment["metadata"]["namespace"], name_of(deployment))
    status = deployment.get("status") or {}
    desired = deployment["spec"]["replicas"]
    total, ready, available = (
        sum(member["status"].get(field, 0) for member in sets)
        for field in ("replicas", "readyReplicas", "availableReplicas")
    )
    counts = {
        "replicas": total,
        "updatedReplicas": current["status"].get("replicas", 0) if current else 0,
        "readyReplicas": ready,
        "availableReplicas": available,
        "unavailableReplicas": max(0, max(total, desired) - available),
    }
    fresh: Object = {"observedGeneration": deployment["metadata"]["generation"]}
    fresh |= {name: count for name, count in counts.items() if count}
    fresh["conditions"] = conditions(deployment, counts, status, current)
    client.set_status(DEPLOYMENTS, deployment, fresh)
    progressing = condition_of({"status": fresh}, "Progressing")
    if progressing and progressing["reason"] in ("NewReplicaSetCreated", "ReplicaSetUpdated", "FoundNewReplicaSet"):
        left = deployment["spec"]["progressDeadlineSeconds"] - age_s(progressing["lastUpdateTime"])
        client.later(key_of(DEPLOYMENTS, deployment), max(0.1, left + 1.0))


def _progress(client: Client, deployment: Object, reason: str, message: str) -> None:
    status = clone(deployment.get("status") or {})
    kept = [one for one in status.get("conditions") or () if one["type"] != "Progressing"]
    status["conditions"] = [*kept, condition(deployment, "Progressing", True, reason, message, touched=True)]
    client.set_status(DEPLOYMENTS, deployment, status)
