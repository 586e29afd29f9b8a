"""The controllers of all other owners of pods: ReplicaSets, StatefulSets, DaemonSets, Jobs."""

from __future__ import annotations

from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.resources import (
    CLAIMS,
    CRONJOBS,
    DAEMONSETS,
    JOBS,
    NODES,
    PODS,
    REPLICASETS,
    STATEFULSETS,
)
from mmcockpit.simulator.kubernetes.controllers.client import Client
from mmcockpit.simulator.kubernetes.controllers.conditions import condition
from mmcockpit.simulator.kubernetes.controllers.pods import pod_from
from mmcockpit.simulator.kubernetes.objects import (
    Object,
    clone,
    condition_of,
    is_ready,
    name_of,
    namespace_of,
    short_hash,
    stamp,
)

REVISION_HASH = "controller-revision-hash"


def replica_set(client: Client, owner: Object) -> None:
    """Create or delete pods to match spec.replicas; a rejected pod shows as ReplicaFailure."""
    component, failure = "replicaset-controller", None
    active, desired = client.active_pods(owner), owner["spec"]["replicas"]
    for _ in range(desired - len(active)):
        name = f"{name_of(owner)}-{client.suffix()}"
        try:
            client.create(PODS, pod_from(owner, owner["spec"]["template"], name))
        except ApiError as error:
            failure = condition(owner, "ReplicaFailure", True, "FailedCreate", str(error))
            failure.pop("lastUpdateTime", None)
            client.record(owner, "FailedCreate", f"Error creating: {error}", component, warning=True)
            break
        client.record(owner, "SuccessfulCreate", f"Created pod: {name}", component)
    doomed = sorted(active, key=is_ready)[: max(0, len(active) - desired)]
    for pod in doomed:
        client.delete(PODS, pod)
        client.record(owner, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}", component)
    active = client.active_pods(owner)
    ready = sum(map(is_ready, active))
    status: Object = {"replicas": len(active), "observedGeneration": owner["metadata"]["generation"]}
    counts = {"fullyLabeledReplicas": len(active), "readyReplicas": ready, "availableReplicas": ready}
    status |= {name: count for name, count in counts.items() if count}
    if failure:
        status["conditions"] = [failure]
    client.set_status(REPLICASETS, owner, status)


def stateful_set(client: Client, owner: Object) -> None:
    """Create pods 0 to n-1 in order; an update replaces them from the last to the first."""
    revision = revision_of(owner)
    pods = {_ordinal(pod): pod for pod in client.owned(PODS, owner)}
    desired = owner["spec"]["replicas"]
    parallel = owner["spec"].get("podManagementPolicy") == "Parallel"
    for number in range(desired):
        pod = pods.get(number)
        if pod is None:
            _create_ordinal(client, owner, number, revision)
        if not parallel and (pod is None or not is_ready(pod)):
            break
    settled = all(is_ready(pod) for pod in pods.values())
    for number in sorted(pods, reverse=True):
        stale = pods[number]["metadata"]["labels"].get(REVISION_HASH) != revision
        surplus = number >= desired
        if (surplus or (stale and settled and len(pods) >= desired)) and _lives(pods[number]):
            client.delete(PODS, pods[number])
            break
    _stateful_status(client, owner, revision)


def revision_of(owner: Object) -> str:
    """Return the name of the revision for the owner's current template."""
    return f"{name_of(owner)}-{short_hash(owner['spec']['template'])}"


def _create_ordinal(client: Client, owner: Object, number: int, revision: str) -> None:
    name = f"{name_of(owner)}-{number}"
    labels = {
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
        REVISION_HASH: revision,
    }
    pod = pod_from(owner, owner["spec"]["template"], name, labels)
    for template in owner["spec"].get("volumeClaimTemplates") or ():
        claim = claim_from(template, owner, name)
        if client.find(CLAIMS, namespace_of(owner), name_of(claim)) is None:
            client.put(CLAIMS, claim)
        source = {"persistentVolumeClaim": {"claimName": name_of(claim)}, "name": template["metadata"]["name"]}
        pod["spec"].setdefault("volumes", []).append(source)
    try:
        client.create(PODS, pod)
    except ApiError as error:
        message = f"create Pod {name} in StatefulSet {name_of(owner)} failed error: {error}"
        client.record(owner, "FailedCreate", message, "statefulset-controller", warning=True)
        return
    message = f"create Pod {name} in StatefulSet {name_of(owner)} successful"
    client.record(owner, "SuccessfulCreate", message, "statefulset-controller")


def claim_from(template: Object, owner: Object, pod: str) -> Object:
    """Return the bound volume claim of one pod of a StatefulSet."""
    name = f"{template['metadata']['name']}-{pod}"
    capacity = template["spec"]["resources"]["requests"]["storage"]
    labels = owner["spec"]["selector"].get("matchLabels") or {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace_of(owner), "labels": dict(labels)},
        "spec": clone(template["spec"]) | {"volumeName": f"pvc-{short_hash(name)}", "volumeMode": "Filesystem"},
        "status": {
            "phase": "Bound",
            "accessModes": template["spec"].get("accessModes", ["ReadWriteOnce"]),
            "capacity": {"storage": capacity},
        },
    }


def _stateful_status(client: Client, owner: Object, revision: str) -> None:
    pods = client.owned(PODS, owner)
    updated = sum(pod["metadata"]["labels"].get(REVISION_HASH) == revision for pod in pods)
    ready = sum(map(is_ready, pods))
    done = updated == ready == owner["spec"]["replicas"]
    status: Object = {
        "observedGeneration": owner["metadata"]["generation"],
        "replicas": len(pods),
        "availableReplicas": ready,
        "currentRevision": revision if done else owner["status"].get("currentRevision", revision),
        "updateRevision": revision,
        "collisionCount": 0,
    }
    current = updated if done else len(pods) - updated
    counts = {"readyReplicas": ready, "updatedReplicas": updated, "currentReplicas": current}
    status |= {name: count for name, count in counts.items() if count}
    client.set_status(STATEFULSETS, owner, status)


def daemon_set(client: Client, owner: Object) -> None:
    """Run one pod on every node."""
    nodes = [name_of(node) for node in client.items(NODES)]
    revision = revision_of(owner)
    by_node = {pod["spec"].get("nodeName"): pod for pod in client.owned(PODS, owner)}
    for node in nodes:
        pod = by_node.get(node)
        if pod is None:
            name = f"{name_of(owner)}-{client.suffix()}"
            fresh = pod_from(owner, owner["spec"]["template"], name, {REVISION_HASH: revision})
            fresh["spec"]["nodeName"] = node
            client.create(PODS, fresh)
    pods = client.active_pods(owner)
    stale = [pod for pod in pods if pod["metadata"]["labels"].get(REVISION_HASH) != revision]
    if stale and all(map(is_ready, pods)) and len(pods) == len(nodes):
        client.delete(PODS, stale[0])
    ready = sum(map(is_ready, pods))
    status: Object = {
        "observedGeneration": owner["metadata"]["generation"],
        "currentNumberScheduled": len(pods),
        "desiredNumberScheduled": len(nodes),
        "numberMisscheduled": 0,
        "numberReady": ready,
    }
    counts = {"updatedNumberScheduled": len(pods) - len(stale), "numberAvailable": ready}
    status |= {name: count for name, count in counts.items() if count}
    client.set_status(DAEMONSETS, owner, status)


def job(client: Client, owner: Object) -> None:
    """Run one pod to completion; a successful job of a CronJob updates that CronJob."""
    complete = condition_of(owner, "Complete")
    if complete or owner["spec"].get("suspend"):
        return
    pods = client.owned(PODS, owner)
    if not pods:
        name = f"{name_of(owner)}-{client.suffix()}"
        labels = {"job-name": name_of(owner), "batch.kubernetes.io/job-name": name_of(owner)}
        pods = [client.create(PODS, pod_from(owner, owner["spec"]["template"], name, labels))]
        client.record(owner, "SuccessfulCreate", f"Created pod: {name}", "job-controller")
    status: Object = clone(owner.get("status") or {})
    status.setdefault("startTime", stamp())
    succeeded = sum(pod["status"].get("phase") == "Succeeded" for pod in pods)
    if not succeeded:
        ready = sum(map(is_ready, pods))
        client.set_status(JOBS, owner, status | {"active": len(pods), "ready": ready, "terminating": 0})
        return
    reason, message = "CompletionsReached", "Reached expected number of succeeded pods"
    done = [condition(owner, kind, True, reason, message) for kind in ("SuccessCriteriaMet", "Complete")]
    for row in done:
        row["lastProbeTime"] = row.pop("lastUpdateTime")
    status |= {"ready": 0, "terminating": 0, "succeeded": succeeded, "completionTime": stamp(), "conditions": done}
    status.pop("active", None)
    client.set_status(JOBS, owner, status)
    client.record(owner, "Completed", "Job completed", "job-controller")
    _report_success(client, owner)


def _report_success(client: Client, owner: Object) -> None:
    for reference in owner["metadata"].get("ownerReferences") or ():
        parent = client.find(CRONJOBS, namespace_of(owner), reference["name"])
        if parent and reference["kind"] == "CronJob":
            status = clone(parent.get("status") or {}) | {"lastSuccessfulTime": stamp()}
            client.set_status(CRONJOBS, parent, status)


def _ordinal(pod: Object) -> int:
    return int(name_of(pod).rpartition("-")[2])


def _lives(pod: Object) -> bool:
    return "deletionTimestamp" not in pod["metadata"]
