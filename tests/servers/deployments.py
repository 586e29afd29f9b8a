"""A Deployment controller for a kube-apiserver, which has none: rollouts, undo and pauses work as in a cluster."""

import base64
import contextlib
import hashlib
import json
import ssl
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from tests.servers.rollout import Object, condition, conditions, same_template, steps

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
MAX_PODS = 50
"""Pods of a namespace; beyond them none is made."""

PLURALS = {"Deployment": "deployments", "ReplicaSet": "replicasets", "Pod": "pods"}
VERSIONS = {"Deployment": "apps/v1", "ReplicaSet": "apps/v1", "Pod": "v1"}


@dataclass(slots=True)
class ReplicaSet:
    """A ReplicaSet and those of its pods that live."""

    object: Object
    pods: list[Object]

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def revision(self) -> int:
        return int((self.object["metadata"].get("annotations") or {}).get(REVISION, 0))

    @property
    def replicas(self) -> int:
        return int(self.object["spec"]["replicas"])

    @property
    def available(self) -> int:
        return sum(condition(pod, "Ready") == "True" for pod in self.pods)


class Deployments:
    """Rolls the Deployments of one namespace out, in a thread, by the API and nothing else.

    As there is no kubelet either, it says of the pods that they run: a pass after they were made, except those of an
    image in `broken`, which wait with ImagePullBackOff. `broken` may change at any time. A server that cannot be
    reached is asked again.
    """

    def __init__(self, kubeconfig: Path, namespace: str, *, every_s: float = 0.1) -> None:
        self.namespace, self.every_s = namespace, every_s
        self.broken: set[str] = set()
        self._kubeconfig = kubeconfig
        self._stopping = threading.Event()

    def start(self) -> Self:
        """Look after the namespace until `stop`."""
        self._stopping.clear()
        self._api = _client(self._kubeconfig)
        self._thread = threading.Thread(target=self._work, name=f"deployments of {self.namespace}")
        self._thread.start()
        return self

    def stop(self) -> None:
        """End after the pass under way; the objects stay as they are."""
        self._stopping.set()
        self._thread.join()
        self._api.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _work(self) -> None:
        while not self._stopping.wait(self.every_s):
            with contextlib.suppress(httpx.TransportError):
                self._look_after_all()

    def _look_after_all(self) -> None:
        deployments, sets, pods = (self._list(kind) for kind in PLURALS)
        self._collect(deployments, sets, pods)
        for pod in pods:
            self._run(pod)
        filled = [ReplicaSet(one, [pod for pod in pods if _owned(pod, one) and _lives(pod)]) for one in sets]
        for one in filled:
            self._fill(one, len(pods))
        for deployment in deployments:
            self._roll(deployment, [one for one in filled if _owned(one.object, deployment)])

    def _collect(self, deployments: list[Object], sets: list[Object], pods: list[Object]) -> None:
        """What a deleted object owned goes too."""
        for owners, kind, owned in ((deployments, "ReplicaSet", sets), (sets, "Pod", pods)):
            uids = {owner["metadata"]["uid"] for owner in owners}
            for one in owned:
                references = one["metadata"].get("ownerReferences") or []
                if references and not any(reference["uid"] in uids for reference in references):
                    self._delete(kind, one)

    def _run(self, pod: Object) -> None:
        """Do what a kubelet would."""
        if not _lives(pod) or condition(pod, "Ready") == "True":
            return
        images = [one["image"] for one in pod["spec"]["containers"]]
        stuck = bool(self.broken.intersection(images))
        if stuck and condition(pod, "Ready") == "False":
            return
        now = _now()
        state = {"waiting": {"reason": "ImagePullBackOff"}} if stuck else {"running": {"startedAt": now}}
        containers = [
            {
                "name": one["name"],
                "image": one["image"],
                "imageID": "" if stuck else f"{one['image'].partition('@')[0]}@{_digest(one['image'])}",
                "ready": not stuck,
                "restartCount": 0,
                "state": state,
            }
            for one in pod["spec"]["containers"]
        ]
        told = {"PodScheduled": True, "Initialized": True, "ContainersReady": not stuck, "Ready": not stuck}
        ready = [{"type": kind, "status": str(is_so), "lastTransitionTime": now} for kind, is_so in told.items()]
        phase = "Pending" if stuck else "Running"
        status = {"phase": phase, "startTime": now, "conditions": ready, "containerStatuses": containers}
        self._patch("Pod", pod, {"status": status}, "/status")

    def _fill(self, one: ReplicaSet, total: int) -> None:
        """Make as many pods as the ReplicaSet wants, and tell how many there are."""
        for _ in range(min(one.replicas - len(one.pods), MAX_PODS - total)):
            self._create("Pod", one.object, {"generateName": f"{one.name}-"}, one.object["spec"]["template"])
        doomed = sorted(one.pods, key=lambda pod: condition(pod, "Ready") == "True")
        for pod in doomed[: max(0, len(one.pods) - one.replicas)]:
            self._delete("Pod", pod)
        counts = {"fullyLabeledReplicas": len(one.pods), "readyReplicas": one.available}
        status = {"replicas": len(one.pods), **counts, "availableReplicas": one.available}
        self._write_status("ReplicaSet", one.object, status)

    def _roll(self, deployment: Object, sets: list[ReplicaSet]) -> None:
        """Take the Deployment one step closer to its spec."""
        current = next((one for one in sets if same_template(one.object, deployment, HASH)), None)
        old = [one for one in sets if one is not current]
        if deployment["spec"].get("paused"):
            if current and not any(one.replicas for one in old):
                self._scale(current, deployment["spec"]["replicas"])
        elif current is None:
            self._create_set(deployment, max((one.revision for one in sets), default=0) + 1)
            return
        else:
            self._number(deployment, current, old)
            for one, replicas in zip((current, *old), steps(deployment, current, old), strict=True):
                self._scale(one, replicas)
            self._forget(deployment, old)
        status = {
            "replicas": sum(len(one.pods) for one in sets),
            "updatedReplicas": len(current.pods) if current else 0,
            "readyReplicas": sum(one.available for one in sets),
            "availableReplicas": sum(one.available for one in sets),
        }
        status["unavailableReplicas"] = max(0, sum(one.replicas for one in sets) - status["availableReplicas"])
        told = conditions(deployment, status, current.name if current else "", _now())
        self._write_status("Deployment", deployment, {**status, "conditions": told})

    def _create_set(self, deployment: Object, revision: int) -> None:
        template = json.loads(json.dumps(deployment["spec"]["template"]))
        digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
        template["metadata"].setdefault("labels", {})[HASH] = digest
        selector = {"matchLabels": {**deployment["spec"]["selector"]["matchLabels"], HASH: digest}}
        metadata = {
            "name": f"{deployment['metadata']['name']}-{digest}",
            "labels": template["metadata"]["labels"],
            "annotations": {**_notes(deployment), REVISION: str(revision)},
        }
        spec = {"replicas": 0, "selector": selector, "template": template}
        self._create("ReplicaSet", deployment, metadata, {"spec": spec})

    def _number(self, deployment: Object, current: ReplicaSet, old: Iterable[ReplicaSet]) -> None:
        """Give the current set the highest revision: one that an undo brings back is numbered anew."""
        revision = str(max(current.revision, max((one.revision for one in old), default=0) + 1))
        for kind, one in (("ReplicaSet", current.object), ("Deployment", deployment)):
            notes = one["metadata"].get("annotations") or {}
            wanted = {**_notes(deployment), REVISION: revision}
            if not wanted.items() <= notes.items():
                self._patch(kind, one, {"metadata": {"annotations": wanted}})

    def _scale(self, one: ReplicaSet, replicas: int) -> None:
        if one.replicas != replicas:
            self._patch("ReplicaSet", one.object, {"spec": {"replicas": replicas}})

    def _forget(self, deployment: Object, old: Sequence[ReplicaSet]) -> None:
        idle = sorted((one for one in old if not one.replicas and not one.pods), key=lambda one: one.revision)
        for one in idle[: max(0, len(idle) - deployment["spec"].get("revisionHistoryLimit", 10))]:
            self._delete("ReplicaSet", one.object)

    def _write_status(self, kind: str, one: Object, status: Object) -> None:
        wanted = {**status, "observedGeneration": one["metadata"]["generation"]}
        present = one.get("status") or {}
        # A number that is zero is left out by the server.
        if any(present.get(name, 0) != value for name, value in wanted.items()):
            self._patch(kind, one, {"status": wanted}, "/status")

    def _path(self, kind: str, name: str = "") -> str:
        prefix = "/api/v1" if kind == "Pod" else "/apis/apps/v1"
        return f"{prefix}/namespaces/{self.namespace}/{PLURALS[kind]}" + (f"/{name}" if name else "")

    def _list(self, kind: str) -> list[Object]:
        answer = self._api.get(self._path(kind))
        assert answer.status_code == 200, answer.text
        items: list[Object] = answer.json()["items"]
        return items

    def _create(self, kind: str, owner: Object, metadata: Object, rest: Object) -> None:
        """Create an object that `owner` controls; a pod is made of a template, whose labels it keeps."""
        kind_of_owner = "ReplicaSet" if kind == "Pod" else "Deployment"
        reference = {"apiVersion": VERSIONS[kind_of_owner], "kind": kind_of_owner, "controller": True}
        reference |= {name: owner["metadata"][name] for name in ("name", "uid")}
        kept = {name: rest.get("metadata", {}).get(name) or {} for name in ("labels", "annotations")}
        body = {**rest, "metadata": {**kept, **metadata, "ownerReferences": [reference]}}
        answer = self._api.post(self._path(kind), json=body)
        # Of a namespace that goes away nothing more is made.
        assert answer.status_code in (201, 403, 404, 409), answer.text

    def _patch(self, kind: str, one: Object, change: Object, part: str = "") -> None:
        merge = {"Content-Type": "application/merge-patch+json"}
        path = self._path(kind, one["metadata"]["name"]) + part
        answer = self._api.patch(path, content=json.dumps(change), headers=merge)
        # Somebody may have deleted it since it was listed.
        assert answer.status_code in (200, 404, 409), answer.text

    def _delete(self, kind: str, one: Object) -> None:
        answer = self._api.delete(self._path(kind, one["metadata"]["name"]), params={"gracePeriodSeconds": "0"})
        assert answer.status_code in (200, 202, 404, 409), answer.text


def _client(kubeconfig: Path) -> httpx.Client:
    config: Any = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    data = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
    trust = ssl.create_default_context(cafile=cluster.get("certificate-authority"), cadata=data or None)
    headers = {"Authorization": f"Bearer {user['token']}"}
    return httpx.Client(base_url=cluster["server"], headers=headers, verify=trust, trust_env=False, timeout=10)


def _owned(one: Object, owner: Object) -> bool:
    references = one["metadata"].get("ownerReferences") or []
    return any(reference["uid"] == owner["metadata"]["uid"] for reference in references)


def _lives(pod: Object) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") not in ("Succeeded", "Failed")


def _notes(deployment: Object) -> dict[str, str]:
    """Return what the Deployment's ReplicaSets take over of its annotations, the change's cause above all."""
    notes = deployment["metadata"].get("annotations") or {}
    own = (REVISION, "kubectl.kubernetes.io/last-applied-configuration")
    return {name: text for name, text in notes.items() if name not in own}


def _digest(image: str) -> str:
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
