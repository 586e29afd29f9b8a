"""Readiness by kstatus: a table of objects of each kind, properties of all kinds, and what real controllers write."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mmcockpit.sources.kubernetes.kstatus import Readiness, Status, readiness

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=8),
    lambda inside: some.lists(inside, max_size=3) | some.dictionaries(some.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)
KINDS = (
    *("apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet", "apps/v1 ReplicaSet", "batch/v1 Job", "v1 Pod"),
    *(
        "v1 Service",
        "v1 PersistentVolumeClaim",
        "policy/v1 PodDisruptionBudget",
        "autoscaling/v2 HorizontalPodAutoscaler",
    ),
    *("apiextensions.k8s.io/v1 CustomResourceDefinition", "lab.example.test/v1 Widget", "v1 ConfigMap"),
)

WITHOUT_STATUS = "v1 ConfigMap"
"""The kind of KINDS that no controller reports on."""


def written(what: str, status: Any = None, *, meta: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Return an object of `GROUP/VERSION KIND`, of generation 2."""
    api_version, _, kind = what.partition(" ")
    whole = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "app", "generation": 2, **(meta or {})}}
    return {**whole, "spec": spec, **({} if status is None else {"status": status})}


def condition(kind: str, status: str = "True", reason: str = "", message: str = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message, **more}


def counts(replicas: int = 3, **more: Any) -> dict[str, Any]:
    """Return the status of a workload with so many replicas of everything, and these conditions or other counts."""
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "fullyLabeledReplicas")
    return {"observedGeneration": 2, **dict.fromkeys(names, replicas), **more}


COMPLETE = [condition("Progressing", reason="NewReplicaSetAvailable"), condition("Available")]
LATE = [condition("Progressing", "False", "ProgressDeadlineExceeded", 'ReplicaSet "app-1" has timed out')]
WAITING = {"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
PULLING = {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
UNSCHEDULED = [condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available")]
BORN = {"creationTimestamp": "2026-11-28T00:00:00Z"}
BORN_AT = 1795824000.0
DAEMONS = {"observedGeneration": 2, "currentNumberScheduled": 3, "desiredNumberScheduled": 3}
ALL_DAEMONS = {**DAEMONS, "updatedNumberScheduled": 3, "numberAvailable": 3, "numberReady": 3}
DEPLOYMENT, STATEFUL_SET, POD, JOB = "apps/v1 Deployment", "apps/v1 StatefulSet", "v1 Pod", "batch/v1 Job"
CRD, WIDGET = "apiextensions.k8s.io/v1 CustomResourceDefinition", "lab.example.test/v1 Widget"

TABLE: list[tuple[dict[str, Any], str, str]] = [
    # What all kinds have in common.
    (written(WIDGET, meta={"deletionTimestamp": "2026-11-28T00:00:00Z"}), "Terminating", "is being deleted"),
    (written(WIDGET, {"observedGeneration": 1}), "InProgress", "generation 2 is not observed yet, only 1"),
    (written(WIDGET, {"observedGeneration": "2"}), "Current", "its status has no condition Ready"),
    (written(WIDGET, {"conditions": [condition("Stalled", message="bad spec")]}), "Failed", "bad spec"),
    (written(WIDGET, {"conditions": [condition("Reconciling", reason="Progressing")]}), "InProgress", "Progressing"),
    (written(WIDGET, {"conditions": [condition("Stalled", "False")]}), "Current", "neither stalled nor reconciling"),
    # Kinds without rules of their own.
    (written(WIDGET, {"conditions": [condition("Ready", message="all good")]}), "Current", "all good"),
    (written(WIDGET, {"conditions": [condition("Ready", "False", "NoPods")]}), "InProgress", "NoPods"),
    (written(WIDGET, {"conditions": [condition("Ready", "Unknown")]}), "InProgress", "condition Ready is Unknown"),
    (
        written(WIDGET, {"conditions": [condition("Ready", observedGeneration=1)]}),
        "InProgress",
        "condition Ready is of generation 1, not 2",
    ),
    (written(WIDGET), "Unknown", "no status: no controller has reported on it"),
    (written(WIDGET, {}), "Unknown", "no status: no controller has reported on it"),
    (
        written(WIDGET, {"phase": "Pending"}),
        "Unknown",
        "its status has neither a condition Ready nor an observed generation",
    ),
    (written("v1 ConfigMap"), "Current", ""),
    (written("rbac.authorization.k8s.io/v1 Role"), "Current", ""),
    (written("batch/v1 CronJob", {}), "Current", ""),
    (written("networking.k8s.io/v1 Ingress", {"loadBalancer": {}}), "Current", "its status has no condition Ready"),
    (
        written("v1 Node", {"conditions": [condition("Ready", "False", "KubeletNotReady")]}),
        "InProgress",
        "KubeletNotReady",
    ),
    # Workloads.
    (
        written(DEPLOYMENT, counts(conditions=COMPLETE), replicas=3, progressDeadlineSeconds=600),
        "Current",
        "3 replicas",
    ),
    (written(DEPLOYMENT, counts(2, conditions=COMPLETE), replicas=3), "InProgress", "replicas 2/3"),
    (written(DEPLOYMENT, counts(updatedReplicas=1, conditions=COMPLETE), replicas=3), "InProgress", "updated 1/3"),
    (written(DEPLOYMENT, counts(replicas=4), replicas=3), "InProgress", "1 pod too many"),
    (written(DEPLOYMENT, counts(availableReplicas=1), replicas=3), "InProgress", "available 1/3"),
    (written(DEPLOYMENT, counts(readyReplicas=2), replicas=3), "InProgress", "ready 2/3"),
    (
        written(DEPLOYMENT, counts(conditions=LATE), replicas=3),
        "Failed",
        'ReplicaSet "app-1" has timed out',
    ),
    (written(DEPLOYMENT, counts(), replicas=3), "InProgress", "condition Available is not True"),
    (
        written(DEPLOYMENT, counts(conditions=[condition("Available")]), replicas=3, progressDeadlineSeconds=600),
        "InProgress",
        "its new ReplicaSet is not available yet",
    ),
    (written(DEPLOYMENT, replicas=0), "InProgress", "its controller has not observed it yet"),
    (written(STATEFUL_SET, counts(currentRevision="a", updateRevision="a"), replicas=3), "Current", "3 replicas"),
    (
        written(STATEFUL_SET, counts(currentRevision="a", updateRevision="b"), replicas=3),
        "InProgress",
        "its current revision is not the updated one yet",
    ),
    (written(STATEFUL_SET, counts(readyReplicas=1), replicas=3), "InProgress", "ready 1/3"),
    (written(STATEFUL_SET, replicas=0), "InProgress", "its controller has not observed it yet"),
    (
        written(
            STATEFUL_SET,
            counts(updatedReplicas=1, currentRevision="a", updateRevision="b"),
            replicas=3,
            updateStrategy={"rollingUpdate": {"partition": 2}},
        ),
        "Current",
        "3 replicas, 1 updated; partition 2",
    ),
    (
        written(STATEFUL_SET, counts(readyReplicas=0), replicas=3, updateStrategy={"type": "OnDelete"}),
        "InProgress",
        "ready 0/3",
    ),
    (written("apps/v1 DaemonSet", ALL_DAEMONS), "Current", "3 pods"),
    (written("apps/v1 DaemonSet", {**ALL_DAEMONS, "numberAvailable": 2}), "InProgress", "available 2/3"),
    (written("apps/v1 DaemonSet"), "InProgress", "its controller has not observed it yet"),
    (written("apps/v1 ReplicaSet", counts(), replicas=3), "Current", "3 replicas"),
    (written("apps/v1 ReplicaSet", counts(availableReplicas=0), replicas=3), "InProgress", "available 0/3"),
    (
        written("apps/v1 ReplicaSet", {"conditions": [condition("ReplicaFailure", message="no quota")]}, replicas=3),
        "InProgress",
        "no quota",
    ),
    (written(JOB, {"succeeded": 1, "conditions": [condition("Complete")]}), "Current", "complete: 1/1 succeeded"),
    (
        written(JOB, {"failed": 4, "conditions": [condition("Failed", reason="BackoffLimitExceeded")]}, completions=2),
        "Failed",
        "failed: BackoffLimitExceeded; 0/2 succeeded",
    ),
    (written(JOB, {"startTime": "t", "active": 1}), "InProgress", "1 active, 0 failed, 0/1 succeeded"),
    (written(JOB), "InProgress", "not started"),
    (written(JOB, {"conditions": [condition("Suspended")]}), "Current", "suspended"),
    # Pods.
    (written(POD, {"phase": "Running", "conditions": [condition("Ready")]}), "Current", "ready"),
    (written(POD, {"phase": "Running"}), "InProgress", "running, not ready"),
    (written(POD, {"phase": "Running", "containerStatuses": [WAITING]}), "Failed", "crash loop: app"),
    (written(POD, {"phase": "Pending", "initContainerStatuses": [WAITING]}), "Failed", "crash loop: app"),
    (written(POD, {"phase": "Pending", "containerStatuses": [PULLING]}), "InProgress", "pending: ImagePullBackOff"),
    (
        written(POD, {"phase": "Pending", "conditions": UNSCHEDULED}, meta=BORN),
        "Failed",
        "cannot be scheduled: 0/3 nodes are available",
    ),
    (written(POD, {"phase": "Succeeded"}), "Current", "completed"),
    (written(POD, {"phase": "Failed", "reason": "Evicted"}), "Failed", "failed: Evicted"),
    (written(POD, {"phase": "Unknown"}), "Unknown", "phase Unknown"),
    (written(POD), "InProgress", "no phase yet"),
    # Others.
    (written("v1 Service", {"loadBalancer": {}}, type="ClusterIP"), "Current", "no load balancer to wait for"),
    (written("v1 Service", type="LoadBalancer"), "InProgress", "no cluster IP yet"),
    (
        written("v1 Service", {"loadBalancer": {}}, type="LoadBalancer", clusterIP="10.0.0.1"),
        "InProgress",
        "no address of the load balancer yet",
    ),
    (
        written("v1 Service", {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}, type="LoadBalancer", clusterIP="x"),
        "Current",
        "load balancer 192.0.2.1",
    ),
    (written("v1 PersistentVolumeClaim", {"phase": "Bound"}), "Current", "bound"),
    (written("v1 PersistentVolumeClaim", {"phase": "Pending"}), "InProgress", "phase Pending"),
    (written("v1 PersistentVolumeClaim", {"phase": "Lost"}), "Failed", "its volume is lost"),
    (written("v1 PersistentVolumeClaim"), "InProgress", "phase unknown"),
    (written("v1 Namespace", {"phase": "Active"}), "Current", "active"),
    (
        written("policy/v1 PodDisruptionBudget", {"observedGeneration": 2, "disruptionsAllowed": 0}),
        "Current",
        "disruptions allowed: 0",
    ),
    (written("policy/v1 PodDisruptionBudget"), "InProgress", "its controller has not observed it yet"),
    (written(CRD, {"conditions": [condition("Established")]}), "Current", "established"),
    (written(CRD, {"conditions": [condition("NamesAccepted", "False", "Conflict")]}), "Failed", "Conflict"),
    (written(CRD, {"conditions": [condition("Established", "False", "Installing")]}), "InProgress", "installing"),
    (written(CRD), "InProgress", "installing"),
]


@pytest.mark.parametrize(("shown", "status", "message"), TABLE, ids=lambda part: str(part)[:60])
def test_an_object_has_this_readiness(shown: dict[str, Any], status: str, message: str) -> None:
    assert readiness(shown) == Readiness(status, message)  # type: ignore[arg-type]


def test_an_object_that_does_not_exist_is_not_found() -> None:
    assert readiness(None) == Readiness("NotFound", "does not exist")


def test_a_pod_has_some_seconds_to_be_scheduled() -> None:
    waiting = written(POD, {"phase": "Pending", "conditions": UNSCHEDULED}, meta=BORN)
    assert readiness(waiting, now=BORN_AT + 5).status == "InProgress"
    assert readiness(waiting, now=BORN_AT + 16).status == "Failed"


def test_a_kind_without_the_subresource_status_needs_none() -> None:
    assert readiness(written(WIDGET), has_status=False) == Readiness("Current", "")
    assert readiness(written(WIDGET), has_status=True).status == "Unknown"
    assert readiness(written("argoproj.io/v1alpha1 Application"), has_status=False).status == "Unknown"


@given(some.sampled_from(KINDS), JSON, some.dictionaries(some.text(max_size=8), JSON, max_size=4))
def test_an_object_of_any_shape_has_a_readiness(what: str, status: Any, spec: dict[str, Any]) -> None:
    known = readiness({**written(what), "status": status, "spec": spec})
    assert known.status in get_args(Status)
    if what == WITHOUT_STATUS and not status:
        assert known == Readiness("Current", "")
    else:
        assert known.message


@given(some.sampled_from(KINDS), some.integers(0, 2**40), some.integers(0, 2**40))
def test_a_specification_that_no_controller_has_seen_is_never_current(what: str, generation: int, seen: int) -> None:
    status = {**counts(conditions=[*COMPLETE, condition("Ready")], phase="Bound"), "observedGeneration": seen}
    known = readiness(written(what, status, meta={"generation": generation}))
    assert generation == seen or known.status == "InProgress"


@given(some.sampled_from(KINDS), JSON)
def test_an_object_that_is_being_deleted_is_never_current(what: str, status: Any) -> None:
    deleted = {**written(what, meta={"deletionTimestamp": "2026-11-28T00:00:00Z"}), "status": status}
    assert readiness(deleted).status == "Terminating"


@given(some.integers(0, 5), some.integers(0, 5), some.integers(0, 5), some.integers(0, 5), some.integers(0, 5))
def test_a_deployment_is_current_only_with_all_its_replicas(
    wanted: int, present: int, updated: int, ready: int, available: int
) -> None:
    status = counts(
        present, updatedReplicas=updated, readyReplicas=ready, availableReplicas=available, conditions=COMPLETE
    )
    known = readiness(written(DEPLOYMENT, status, replicas=wanted))
    whole = present == wanted and min(updated, ready) >= wanted and available >= updated
    assert (known.status == "Current") == whole
