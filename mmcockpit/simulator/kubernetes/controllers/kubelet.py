"""The scheduler and the kubelets: pods are scheduled, start in steps, fail if their image is broken, and stop."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from mmcockpit.simulator.kubernetes.api.resources import NODES, PODS
from mmcockpit.simulator.kubernetes.controllers import pods
from mmcockpit.simulator.kubernetes.controllers.client import Client, key_of
from mmcockpit.simulator.kubernetes.controllers.logs import PodLogs
from mmcockpit.simulator.kubernetes.node_images import with_image
from mmcockpit.simulator.kubernetes.objects import Object, clone, condition_of, labels_of, name_of, namespace_of

SCHEDULER, KUBELET = "default-scheduler", "kubelet"
BACK_OFF_LIMIT_S = 300.0
BROKEN, CRASHING = "broken", "crash"
"""An image whose name contains `broken` cannot be pulled; with `crash` as well, it starts and crashes."""


@dataclass(slots=True)
class PodLife:
    """The state of a pod in its kubelet: when its current step began (loop time), and how often it failed."""

    since: float
    step: str = "creating"
    failures: int = 0


class Kubelet:
    """All kubelets and the scheduler in one. Pods that it did not start are left unchanged."""

    def __init__(self, client: Client, logs: PodLogs, start_s: float) -> None:
        self._client = client
        self._logs = logs
        self._start_s = start_s
        self._lives: dict[str, PodLife] = {}
        self._addresses = 0

    def reconcile(self, pod: Object) -> None:
        """Moves the pod to its next step once that is due."""
        uid = pod["metadata"]["uid"]
        life = self._lives.get(uid)
        if "deletionTimestamp" in pod["metadata"]:
            self._stop(pod, life)
        elif not pod["spec"].get("nodeName"):
            self._schedule(pod)
        elif life is None:
            if not pod["status"].get("containerStatuses") and pod["status"].get("phase") == "Pending":
                self._begin(pod)
        else:
            wait = self._due_s(life) - (_now() - life.since)
            if wait > 0.001:
                self._client.later(key_of(PODS, pod), wait)
            else:
                self._advance(pod, life)

    def forget(self, pod: Object) -> None:
        """Drop the state and logs of a removed pod."""
        self._lives.pop(pod["metadata"]["uid"], None)
        self._logs.forget(namespace_of(pod), name_of(pod))

    def restart(self, pod: Object, reason: str = "Error", exit_code: int = 1) -> None:
        """Restarts a container of the pod after a failure."""
        copy = clone(pod)
        copy["status"] = pods.restarted(copy, reason, exit_code)
        self._set(pod, pods.running(copy, ready=False))
        self._enter(pod, "starting")

    def _set(self, pod: Object, status: Object) -> Object:
        return self._client.set_status(PODS, pod, status)

    def _enter(self, pod: Object, step: str, failures: int = 0) -> None:
        life = self._lives[pod["metadata"]["uid"]] = PodLife(_now(), step, failures)
        self._client.later(key_of(PODS, pod), self._due_s(life))

    def _due_s(self, life: PodLife) -> float:
        """Return the duration of the current step in seconds."""
        half = self._start_s / 2
        if life.step in ("backing off", "crashed"):
            return min(BACK_OFF_LIMIT_S, self._start_s * 2.0**life.failures)
        return self._start_s if life.step == "working" else half

    def _schedule(self, pod: Object) -> None:
        nodes = self._client.items(NODES)
        if not nodes:
            return
        ready = [node for node in nodes if _takes_pods(node)]
        if not ready:
            message = f"0/{len(nodes)} nodes are available: {len(nodes)} node(s) were unschedulable."
            self._client.record(pod, "FailedScheduling", message, SCHEDULER, warning=True)
            return
        node = self._emptiest(pod, ready)

        def bind(copy: Object) -> None:
            copy["spec"]["nodeName"] = name_of(node)

        pod = self._client.edit(PODS, namespace_of(pod), name_of(pod), bind)
        message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {name_of(node)}"
        self._client.record(pod, "Scheduled", message, SCHEDULER)
        self._begin(pod)

    def _emptiest(self, pod: Object, nodes: list[Object]) -> Object:
        """Return the node with the fewest pods of the same labels, then with the fewest pods."""
        alike: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for other in self._client.items(PODS):
            where = other["spec"].get("nodeName", "")
            total[where] += 1
            same = namespace_of(other) == namespace_of(pod) and labels_of(other) == labels_of(pod)
            alike[where] += same and "deletionTimestamp" not in other["metadata"]
        return min(nodes, key=lambda node: (alike[name_of(node)], total[name_of(node)], name_of(node)))

    def _begin(self, pod: Object) -> None:
        node = self._client.find(NODES, "", pod["spec"]["nodeName"])
        if node is None:
            return
        self._addresses += 1
        self._set(pod, pods.placed(pod, node, pods.address(10_000 + self._addresses)))
        image = pod["spec"]["containers"][0]["image"]
        self._client.record(pod, "Pulling", f'Pulling image "{image}"', KUBELET)
        self._enter(pod, "creating")

    def _advance(self, pod: Object, life: PodLife) -> None:
        container = pod["spec"]["containers"][0]
        image, name = container["image"], container["name"]
        broken = BROKEN in image
        match life.step:
            case "creating" | "backing off" if broken and CRASHING not in image:
                self._fail_to_pull(pod, image, life)
            case "creating":
                self._client.record(pod, "Pulled", f'Successfully pulled image "{image}"', KUBELET)
                self._keep(pod, image)
                self._client.record(pod, "Created", f"Created container: {name}", KUBELET)
                self._run(pod, name, life.failures)
            case "crashed":
                self._run(pod, name, life.failures)
            case "starting" if broken:
                self._crash(pod, name, life)
            case "starting":
                self._set(pod, pods.running(pod, ready=True, since=_started(pod)))
                self._enter(pod, "working") if pods.is_job_pod(pod) else self._lives.pop(pod["metadata"]["uid"])
            case "working":
                self._set(pod, pods.finished(pod))
                self._lives.pop(pod["metadata"]["uid"])

    def _keep(self, pod: Object, image: str) -> None:
        """Add an image to those that the pod's node reports."""

        def change(node: Object) -> None:
            node["status"]["images"] = with_image(node["status"].get("images") or (), image)

        node = self._client.find(NODES, "", pod["spec"]["nodeName"])
        if node is not None and with_image(node["status"].get("images") or (), image) != node["status"].get("images"):
            self._client.edit(NODES, "", name_of(node), change)

    def _run(self, pod: Object, name: str, failures: int) -> None:
        self._client.record(pod, "Started", f"Started container {name}", KUBELET)
        self._logs.write(namespace_of(pod), name_of(pod), f"INFO: starting {name}")
        self._set(pod, pods.running(pod, ready=False))
        self._enter(pod, "starting", failures)

    def _fail_to_pull(self, pod: Object, image: str, life: PodLife) -> None:
        if life.step == "creating":
            trouble = f'Failed to pull image "{image}": not found'
            self._client.record(pod, "Failed", trouble, KUBELET, warning=True)
            self._set(pod, pods.waiting(pod, "ErrImagePull", trouble))
            self._enter(pod, "backing off")
            return
        message = f'Back-off pulling image "{image}"'
        self._client.record(pod, "BackOff", message, KUBELET)
        self._set(pod, pods.waiting(pod, "ImagePullBackOff", message))
        self._enter(pod, "backing off", life.failures + 1)

    def _crash(self, pod: Object, name: str, life: PodLife) -> None:
        copy = clone(pod)
        copy["status"] = pods.restarted(copy, "Error", 3)
        delay = self._due_s(PodLife(0.0, "crashed", life.failures + 1))
        message = f"back-off {delay:.0f}s restarting failed container={name} pod={name_of(pod)}"
        self._set(pod, pods.waiting(copy, "CrashLoopBackOff", message, phase="Running", pulled=True))
        trouble = f"Back-off restarting failed container {name} in pod {name_of(pod)}"
        self._client.record(pod, "BackOff", trouble, KUBELET, warning=True)
        self._enter(pod, "crashed", life.failures + 1)

    def _stop(self, pod: Object, life: PodLife | None) -> None:
        if life is None or life.step != "stopping":
            for container in pod["spec"]["containers"]:
                self._client.record(pod, "Killing", f"Stopping container {container['name']}", KUBELET)
            self._set(pod, clone(pod["status"]) | {"conditions": pods.conditions(pod, Ready=False)})
            self._enter(pod, "stopping")
        elif _now() - life.since >= self._due_s(life) - 0.001:
            self._client.remove(PODS, namespace_of(pod), name_of(pod))
        else:
            self._client.later(key_of(PODS, pod), self._due_s(life) - (_now() - life.since))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _started(pod: Object) -> str | None:
    states = pod["status"].get("containerStatuses") or [{}]
    started: str | None = states[0].get("state", {}).get("running", {}).get("startedAt")
    return started


def _takes_pods(node: Object) -> bool:
    ready = condition_of(node, "Ready")
    return ready is not None and ready["status"] == "True" and not node["spec"].get("unschedulable")
