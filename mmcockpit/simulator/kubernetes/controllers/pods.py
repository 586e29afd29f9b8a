"""The status of a pod at each step of its life: pure functions from pod to status."""

from __future__ import annotations

import hashlib

from mmcockpit.simulator.kubernetes.objects import Object, clone, owner_reference, stamp

CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def pod_from(owner: Object, template: Object, name: str, extra_labels: dict[str, str] | None = None) -> Object:
    """Return a pod of the owner, made from its template."""
    metadata = clone(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    metadata["labels"] = (metadata.get("labels") or {}) | (extra_labels or {})
    metadata |= {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "ownerReferences": [owner_reference(owner)],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": clone(template["spec"])}


def image_id(image: str) -> str:
    """Return the pinned form of an image as container runtimes report it."""
    repository, _, digest = image.partition("@")
    base, _, tag = repository.rpartition("/")
    name = f"{base}/{tag.partition(':')[0]}" if base else tag.partition(":")[0]
    if "." not in name.partition("/")[0]:
        name = f"docker.io/{name if '/' in name else f'library/{name}'}"
    return f"{name}@{digest or 'sha256:' + hashlib.sha256(image.encode()).hexdigest()}"


def container_states(pod: Object, state: Object, *, ready: bool = False, pulled: bool = True) -> list[Object]:
    """Return the status of every container, all in the same state; restart counts and last states are kept."""
    known = {status["name"]: status for status in pod.get("status", {}).get("containerStatuses") or ()}
    statuses = []
    for container in pod["spec"]["containers"]:
        before = known.get(container["name"], {})
        status: Object = {
            "name": container["name"],
            "image": container["image"],
            "imageID": image_id(container["image"]) if pulled else "",
            "ready": ready,
            "started": ready,
            "restartCount": before.get("restartCount", 0),
            "state": state,
            "lastState": before.get("lastState", {}),
        }
        if pulled:
            seed = f"{pod['metadata'].get('uid')}{container['name']}{status['restartCount']}"
            status["containerID"] = f"containerd://{hashlib.sha256(seed.encode()).hexdigest()}"
        statuses.append(status)
    return statuses


def conditions(pod: Object, **values: bool) -> list[Object]:
    """Return the pod's conditions with the named ones set; an unchanged one keeps its time."""
    known = {condition["type"]: condition for condition in pod.get("status", {}).get("conditions") or ()}
    rows = []
    for kind in CONDITIONS:
        present = known.get(kind)
        word = str(values[kind]) if kind in values else (present or {}).get("status", "False")
        if present and present["status"] == word:
            rows.append(present)
        else:
            rows.append({"type": kind, "status": word, "lastTransitionTime": stamp()})
    return rows


def placed(pod: Object, node: Object, ip: str) -> Object:
    """Return the status of a pod that is scheduled on a node that is pulling its images."""
    host = next((a["address"] for a in node["status"].get("addresses") or () if a["type"] == "InternalIP"), "")
    status: Object = clone(pod.get("status") or {}) | {
        "phase": "Pending",
        "startTime": stamp(),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "containerStatuses": container_states(pod, {"waiting": {"reason": "ContainerCreating"}}, pulled=False),
    }
    return status | {"conditions": conditions(pod, PodScheduled=True, Initialized=True, PodReadyToStartContainers=True)}


def running(pod: Object, *, ready: bool, since: str | None = None) -> Object:
    """Return the status of a pod whose containers run."""
    states = container_states(pod, {"running": {"startedAt": since or stamp()}}, ready=ready)
    return clone(pod["status"]) | {
        "phase": "Running",
        "containerStatuses": states,
        "conditions": conditions(pod, Ready=ready, ContainersReady=ready),
    }


def waiting(pod: Object, reason: str, message: str, *, phase: str = "Pending", pulled: bool = False) -> Object:
    """Return the status of a pod whose containers cannot start."""
    state = {"waiting": {"reason": reason, "message": message}}
    return clone(pod["status"]) | {
        "phase": phase,
        "containerStatuses": container_states(pod, state, pulled=pulled),
        "conditions": conditions(pod, Ready=False, ContainersReady=False),
    }


def finished(pod: Object) -> Object:
    """Return the status of a pod whose containers have completed."""
    began = (pod["status"].get("containerStatuses") or [{}])[0].get("state", {}).get("running", {})
    end = {"exitCode": 0, "reason": "Completed", "startedAt": began.get("startedAt", stamp()), "finishedAt": stamp()}
    return clone(pod["status"]) | {
        "phase": "Succeeded",
        "containerStatuses": container_states(pod, {"terminated": end}),
        "conditions": conditions(pod, Ready=False, ContainersReady=False),
    }


def restarted(pod: Object, reason: str, exit_code: int) -> Object:
    """Return the status right after a container crashed: one more restart, the crash in lastState."""
    status = clone(pod["status"])
    for container in status["containerStatuses"]:
        began = container["state"].get("running", {}).get("startedAt", stamp())
        death = {"exitCode": exit_code, "reason": reason, "startedAt": began, "finishedAt": stamp()}
        container["lastState"] = {"terminated": death | {"containerID": container.get("containerID", "")}}
        container["restartCount"] += 1
    return status


def address(number: int) -> str:
    """Return an address for the number-th pod, from 10.244.0.0/16."""
    return f"10.244.{number // 250 % 250}.{2 + number % 250}"


def is_job_pod(pod: Object) -> bool:
    """Return whether the pod is meant to complete."""
    return str(pod["spec"].get("restartPolicy")) in ("Never", "OnFailure")
