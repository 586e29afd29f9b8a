"""Readiness of Deployments, StatefulSets, DaemonSets, ReplicaSets and Jobs."""

from collections.abc import Callable, Mapping, Sequence

from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.kubernetes.kstatus.document import ObjectFields, Readiness, current, failed, in_progress

_COMPLETE = "NewReplicaSetAvailable"
NO_DEADLINE = 2**31 - 1
"""The progress deadline, in seconds, of a Deployment without one: it has no condition Progressing."""


def deployment(document: ObjectFields) -> Readiness:
    """Return the readiness of a Deployment: Failed once its progress deadline is exceeded."""
    progressing, available = document.condition("Progressing"), document.holds("Available")
    if progressing is not None and progressing.reason == "ProgressDeadlineExceeded":
        return failed(progressing.message or "progress deadline exceeded")
    if (early := _unobserved(document)) is not None:
        return early
    wanted, updated = document.number("spec.replicas", 1), document.number("status.updatedReplicas")
    present = document.number("status.replicas")
    counts = (
        ("replicas", present, wanted),
        ("updated", updated, wanted),
        ("surplus", wanted, present),
        ("available", document.number("status.availableReplicas"), updated),
        ("ready", document.number("status.readyReplicas"), wanted),
    )
    if (missing := _missing(counts)) is not None:
        return missing
    deadline = document.number("spec.progressDeadlineSeconds", NO_DEADLINE)
    complete = progressing is not None and progressing.status == "True" and progressing.reason == _COMPLETE
    if deadline != NO_DEADLINE and not complete:
        paused = document.part("spec.paused") is True
        return in_progress("paused" if paused else "its new ReplicaSet is not available yet")
    return current(_replicas(present)) if available else in_progress("condition Available is not True")


def stateful_set(document: ObjectFields) -> Readiness:
    """Return the readiness of a StatefulSet; its controller never reports a failure."""
    if (early := _unobserved(document)) is not None:
        return early
    wanted, present = document.number("spec.replicas", 1), document.number("status.replicas")
    updated = document.number("status.updatedReplicas")
    counts = [
        ("replicas", present, wanted),
        ("ready", document.number("status.readyReplicas"), wanted),
        ("surplus", wanted, present),
    ]
    partition = document.number("spec.updateStrategy.rollingUpdate.partition", 0)
    by_hand = document.text("spec.updateStrategy.type") == "OnDelete"
    if not by_hand:
        counts.append(("updated", updated, max(0, wanted - partition)))
    if (missing := _missing(counts)) is not None:
        return missing
    if by_hand:
        return current(f"{_replicas(present)}; pods are updated when they are deleted")
    if partition:
        return current(f"{_replicas(present)}, {updated} updated; partition {partition}")
    if document.text("status.currentRevision") != document.text("status.updateRevision"):
        return in_progress("its current revision is not the updated one yet")
    return current(_replicas(present))


def daemon_set(document: ObjectFields) -> Readiness:
    """Return the readiness of a DaemonSet."""
    if (early := _unobserved(document)) is not None:
        return early
    wanted = document.number("status.desiredNumberScheduled", -1)
    if wanted < 0:
        return in_progress("the number of its nodes is not known yet")
    counts = (
        ("scheduled", document.number("status.currentNumberScheduled"), wanted),
        ("updated", document.number("status.updatedNumberScheduled"), wanted),
        ("available", document.number("status.numberAvailable"), wanted),
        ("ready", document.number("status.numberReady"), wanted),
    )
    return _missing(counts) or current(counted(wanted, "pod", "pods"))


def replica_set(document: ObjectFields) -> Readiness:
    """Return the readiness of a ReplicaSet."""
    failure = document.condition("ReplicaFailure")
    if failure is not None and failure.status == "True":
        return in_progress(failure.why)
    if (early := _unobserved(document)) is not None:
        return early
    wanted, present = document.number("spec.replicas", 1), document.number("status.replicas")
    counts = (
        ("labelled", document.number("status.fullyLabeledReplicas"), wanted),
        ("available", document.number("status.availableReplicas"), wanted),
        ("ready", document.number("status.readyReplicas"), wanted),
        ("surplus", wanted, present),
    )
    return _missing(counts) or current(_replicas(present))


def job(document: ObjectFields) -> Readiness:
    """Return the readiness of a Job: Current once it is complete, or suspended."""
    wanted = document.number("spec.completions", document.number("spec.parallelism", 1))
    done = f"{document.number('status.succeeded')}/{wanted} succeeded"
    if document.holds("Complete"):
        return current(f"complete: {done}")
    for kind in ("Failed", "FailureTarget"):
        condition = document.condition(kind)
        if condition is not None and condition.status == "True":
            return failed(f"failed: {condition.why}; {done}")
    if document.holds("Suspended"):
        return current("suspended")
    if not document.text("status.startTime"):
        return in_progress("not started")
    return in_progress(f"{document.number('status.active')} active, {document.number('status.failed')} failed, {done}")


def _unobserved(document: ObjectFields) -> Readiness | None:
    """Return InProgress for an object that its controller has not seen: it would have no replicas to wait for."""
    if document.part("metadata.generation") is None or document.part("status.observedGeneration") is not None:
        return None
    return in_progress("its controller has not observed it yet")


def _missing(counts: Sequence[tuple[str, int, int]]) -> Readiness | None:
    """Return InProgress for the first count that is less than it has to be."""
    for name, present, wanted in counts:
        if present < wanted:
            surplus = f"{counted(wanted - present, 'pod', 'pods')} too many"
            return in_progress(surplus if name == "surplus" else f"{name} {present}/{wanted}")
    return None


def _replicas(count: int) -> str:
    return counted(count, "replica", "replicas")


RULES: Mapping[str, Callable[[ObjectFields], Readiness]] = {
    "apps/Deployment": deployment,
    "apps/StatefulSet": stateful_set,
    "apps/DaemonSet": daemon_set,
    "apps/ReplicaSet": replica_set,
    "batch/Job": job,
}
"""Group and kind to the rule."""
