"""Makes the objects of all cases at once on one control plane, and judges the shipped signals on them."""

import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import msgspec

from mmcockpit import sources
from mmcockpit.config.library import PACKAGE
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from tests.servers.cert_manager import CERTIFICATES
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import answer, opened, probe
from tests.spellings.case import HEX, NAMESPACE, Case, Object

MARKERS = {
    "namespace": NAMESPACE,
    "ingress_namespace": "marked-ingress",
    "monitoring_namespace": "marked-monitoring",
    "storage_class": "marked-class",
    "ingress_class": "marked-way-class",
    "old_digest": "marked-old-digest",
    "replicas": "2",
    "least_replicas": "1",
    "nodes": "3",
    "redis_nodes": "2",
    "version": "2.4.1",
    "digest": f"sha256:{HEX}",
}
"""Vars of the checklist; a case replaces those that are marked."""
SHARED = {"ingress_namespace": "spelled-ingress", "monitoring_namespace": "spelled-monitoring", "old_digest": ""}
_SHORT = {
    "PodDisruptionBudget": "pdb",
    "HorizontalPodAutoscaler": "hpa",
    "PersistentVolumeClaim": "pvc",
    "PersistentVolume": "pv",
}


def _signals() -> tuple[Session, dict[str, Signal]]:
    cockpit = load_cockpit(PACKAGE / "checklists" / "demo.yaml", sources, vars=MARKERS).cockpit
    session = Session()
    opened_ = facts.Opened("s", "x", "me", "here", facts.SessionMode.DEMO, cockpit)
    evolve(session, facts.Event(1, Stamp(0.0, time.time()), opened_))
    return session, {one.name: one for one in cockpit.signals if one.source == "cluster"}


def _key(case: Case) -> str:
    return json.dumps([case.objects, case.vars, id(case.act), id(case.during)])


def _ready(workload: Object) -> bool:
    """Return whether all pods of a workload are ready, those of a DaemonSet on every node that it fits."""
    status = workload.get("status", {})
    if "replicas" not in workload["spec"]:
        return "observedGeneration" in status and status["numberReady"] >= status["desiredNumberScheduled"]
    return bool(status.get("readyReplicas", 0) >= workload["spec"]["replicas"])


SESSION, SIGNALS = _signals()
"""A session that began when the tests did, and the signals that are polled from Kubernetes."""


class Bench:
    """The cases on one control plane, each in a namespace of its own."""

    def __init__(self, plane: ControlPlane, cases: Iterable[Case], prefix: str = "spelled") -> None:
        self.plane = plane
        self.cases = list(cases)
        groups: dict[str, str] = {}
        for case in self.cases:
            # Cases that differ in nothing but the signal share a namespace.
            groups.setdefault(_key(case), f"{prefix}-{len(groups)}")
        self._groups = groups
        self._leaders = list({_key(case): case for case in reversed(self.cases)}.values())
        config = json.loads(plane.kubectl("default")("config", "view", "--raw", "-o", "json"))
        token = next(one["user"]["token"] for one in config["users"] if "token" in one["user"])
        self._client = httpx.Client(
            base_url=plane.url,
            headers={"Authorization": f"Bearer {token}"},
            verify=False,
            trust_env=False,
            timeout=PATIENCE_S,
        )

    def kubectl(self, case: Case) -> Kubectl:
        return self.plane.kubectl(self._name(case))

    def fill(self) -> None:
        """Make everything, and wait until the Deployments of the cases that settle are complete."""
        names = [*self._groups.values(), *SHARED.values()]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._namespace, filter(None, names)))
            self._wait_for_accounts(set(filter(None, names)))
            self._define_certificates()
            list(pool.map(self._make_all, self._leaders))
        self._settle()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._act, self._leaders))

    def close(self) -> None:
        """Leave everything to the end of the control plane."""
        self._client.close()

    def signal(self, case: Case) -> Signal:
        """The shipped signal with the names of the case."""
        text = msgspec.json.encode(SIGNALS[case.signal]).decode()
        for name, marker in MARKERS.items():
            if marker.startswith("marked-"):
                text = text.replace(marker, case.vars.get(name, SHARED.get(name, f"{name}-{NAMESPACE}")))
        made = msgspec.json.decode(text.replace(NAMESPACE, self._name(case)), type=Signal)
        if kind := case.vars.get("ingress_kind"):
            made = msgspec.structs.replace(made, args={**made.args, "kind": kind})
        return made

    async def judge(self, case: Case) -> tuple[Level, Any]:
        """Return the level of the signal, and what it was decided on, once it is the expected one or time is up."""
        # After a node is gone, a DaemonSet counts it until the pod that it still made for it is collected.
        signal, until = self.signal(case), time.monotonic() + PATIENCE_S
        value: Any
        where = {"kubeconfig": str(self.plane.kubeconfig), "namespace": self._name(case)}
        async with opened("kubernetes", **where) as source:
            asked = probe("kubernetes", source, signal.probe, signal.args, timeout=20)
            while True:
                self._write_status(case)
                read = await answer(asked)
                if isinstance(read, Fault):
                    level, value = Level.UNKNOWN, read
                else:
                    assert isinstance(read, Reading)
                    verdict = judge(signal, read, SESSION, Stamp(1.0, time.time()))
                    level, value = verdict.raw, (verdict, read.value)
                if level is case.level or time.monotonic() > until:
                    return level, value
                await anyio.sleep(0.3)

    def _name(self, case: Case) -> str:
        return self._groups[_key(case)]

    def _define_certificates(self) -> None:
        """Make the kind of cert-manager known."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        answer_ = self._client.post(path, json=CERTIFICATES)
        assert answer_.status_code in (201, 409), answer_.text
        until = time.monotonic() + PATIENCE_S
        while self._client.get("/apis/cert-manager.io/v1/certificates").status_code != 200:
            assert time.monotonic() < until, "certificates are not served"
            time.sleep(0.2)

    def _act(self, case: Case) -> None:
        if case.act:
            case.act(self.kubectl(case))

    def _namespace(self, name: str) -> None:
        body = {"metadata": {"name": name}}
        answer_ = self._client.post("/api/v1/namespaces", json=body)
        assert answer_.status_code in (201, 409), answer_.text

    def _wait_for_accounts(self, names: set[str]) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            found = self._client.get("/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault").json()
            if names <= {one["metadata"]["namespace"] for one in found["items"]}:
                return
            assert time.monotonic() < until, "the default accounts are missing"
            time.sleep(0.2)

    def _make_all(self, case: Case) -> None:
        for one in self._objects(case):
            answer_ = self._client.post(self._path(case, one, ""), json=one)
            assert answer_.status_code in (201, 409), f"{case.id}: {answer_.text}"
        self._write_status(case)

    def _objects(self, case: Case) -> list[Object]:
        found: list[Object] = json.loads(json.dumps(case.objects).replace(NAMESPACE, self._name(case)))
        return [one for one in found if one["kind"] != "Namespace"]

    def _path(self, case: Case, one: Object, name: str) -> str:
        kind = _SHORT.get(one["kind"], one["kind"].lower())
        return KINDS[kind].path(one["metadata"].get("namespace", self._name(case)), name)

    def _write_status(self, case: Case) -> None:
        """Write the status of the objects that bring one, as their controllers would."""
        merge = {"Content-Type": "application/merge-patch+json"}
        for one in self._objects(case):
            if "status" in one:
                path = self._path(case, one, one["metadata"]["name"]) + "/status"
                answer_ = self._client.patch(path, content=json.dumps({"status": one["status"]}), headers=merge)
                assert answer_.status_code == 200, f"{case.id}: {answer_.text}"

    def _settle(self) -> None:
        until = time.monotonic() + 2 * PATIENCE_S
        settling = {self._name(case) for case in self._leaders if case.settles}
        while True:
            open_ = [
                f"{one['metadata']['namespace']}/{one['metadata']['name']}"
                for plural in ("deployments", "statefulsets", "daemonsets")
                for one in self._client.get(f"/apis/apps/v1/{plural}").json()["items"]
                if one["metadata"]["namespace"] in settling and not _ready(one)
            ]
            if not open_:
                return
            assert time.monotonic() < until, f"not ready: {open_[:10]}"
            time.sleep(0.5)
