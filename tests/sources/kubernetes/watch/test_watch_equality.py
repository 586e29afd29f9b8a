"""A probe that reads caches returns what a probe returns that lists, whatever changes; selectors select the same."""

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import pytest

from mmcockpit.core.model.reading import Answer, Fault, Probe
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.selectors import parsed, selects
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.wait import PATIENCE_S
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.manifests import container, deployment, policy
from tests.sources.polling import answer, opened, probe

pytestmark = pytest.mark.anyio
NAMESPACE = "equal"
CHANGES, EACH = 60, 6
AGES = ("age_s", "last_success_age_s", "restarts")
"""Fields that depend on when a probe polled, or polled first."""
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("pods", {}),
    ("pods", {"selector": "app in (a, b), !skipped"}),
    ("list", {"kind": "pod", "selector": "app!=a"}),
    ("list", {"kind": "pod", "field_selector": "status.phase=Running"}),
    ("list", {"kind": "configmap"}),
    ("list", {"kind": "event"}),
    ("get", {"kind": "configmap/a"}),
    ("get", {"kind": "configmap/b"}),
    ("get", {"kind": "pod/a"}),
    ("get", {"kind": "deployment/a"}),
    ("get", {"kind": "certificate/a"}),
    ("get", {"kind": f"namespace/{NAMESPACE}"}),
    ("rollout", {"name": "a"}),
    ("rollout", {"name": "b", "kind": "statefulset"}),
    ("rollout", {"name": "a", "kind": "daemonset"}),
    ("workloads", {"kind": "deployment"}),
    ("revisions", {"name": "a"}),
    ("templates", {"kind": "deployment"}),
    ("templates", {"kind": "pod", "selector": "app=a"}),
    ("network", {"selector": "app=a", "port": "80", "from_namespaces": [NAMESPACE], "to_ports": ["53/UDP"]}),
    ("service", {"name": "a"}),
    ("ingress", {"name": "a"}),
    ("jobs", {"prefix": "a"}),
    ("cronjob", {"name": "a"}),
    ("budget", {"name": "a", "selector": "app=a"}),
    ("autoscaler", {"name": "a"}),
    ("events", {}),
]
SELECTORS = (
    *("", "app", "!app", "app=a", "app==a", "app!=a", "app=", "app!="),
    *("app in (a)", "app in (a,b)", "app in ( a , )", "app notin (a,b)", "app notin (a,),tier"),
    *("tier=web,app=a", " tier = web , !app ", "example.test/slot=blue", "in=x", "notin in (y)", "app in ()"),
)

Made = Callable[[str], dict[str, Any]]


def _pod(name: str) -> dict[str, Any]:
    return {"spec": {"containers": [container()]}, "metadata": {"labels": {"app": name}}}


def _workload(name: str) -> dict[str, Any]:
    spec = deployment(name)["spec"]
    return {"spec": spec, "metadata": {"labels": {"app": name}}}


def _stateful(name: str) -> dict[str, Any]:
    return {"spec": {**_workload(name)["spec"], "serviceName": name}}


def _daemons(name: str) -> dict[str, Any]:
    spec = _workload(name)["spec"]
    return {"spec": {key: spec[key] for key in ("selector", "template")}}


def _event(name: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    about = {"kind": "Pod", "name": name, "namespace": NAMESPACE}
    return {"involvedObject": about, "type": "Warning", "reason": "Failed", "lastTimestamp": now, "count": 1}


def _slice(name: str) -> dict[str, Any]:
    ready = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
    labels = {"labels": {"kubernetes.io/service-name": "a"}}
    return {"addressType": "IPv4", "endpoints": ready, "ports": [{"name": "", "port": 80}], "metadata": labels}


def _ingress(name: str) -> dict[str, Any]:
    backend = {"service": {"name": "a", "port": {"number": 80}}}
    return {"spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}}


def _job(name: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}}}


def _cron(name: str) -> dict[str, Any]:
    return {"spec": {"schedule": "*/5 * * * *", "jobTemplate": _job(name)}}


def _autoscaler(name: str) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return {"spec": {"maxReplicas": 5, "scaleTargetRef": target}}


MADE: dict[str, Made] = {
    "pod": _pod,
    "deployment": _workload,
    "statefulset": _stateful,
    "daemonset": _daemons,
    "replicaset": _workload,
    "configmap": lambda name: {"data": {"a": name}},
    "event": _event,
    "service": lambda name: {"spec": {"ports": [{"port": 80}], "selector": {"app": name}}},
    "endpointslice": _slice,
    "ingress": _ingress,
    "networkpolicy": lambda name: {"spec": policy(name, podSelector={}, ingress=[{}])["spec"]},
    "job": _job,
    "cronjob": _cron,
    "pdb": lambda name: {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": name}}}},
    "hpa": _autoscaler,
}


class Changes:
    """Random changes of random objects."""

    def __init__(self, writer: Writer, seed: int) -> None:
        self._writer, self._random = writer, random.Random(seed)
        self._there: set[tuple[str, str]] = set()
        self._numbers = count()

    def make(self) -> None:
        """Create, change or delete one object."""
        kind, name = self._random.choice(list(MADE)), self._random.choice("aabc")
        if (kind, name) not in self._there:
            self._writer.make(kind, name, **MADE[kind](name))
            self._there.add((kind, name))
        elif self._random.random() < 0.35:
            self._writer.delete(kind, name)
            self._there.discard((kind, name))
        else:
            self._change(kind, name)

    def _change(self, kind: str, name: str) -> None:
        labels = {"n": str(next(self._numbers)), "skipped": self._random.choice([None, "yes"])}
        if kind == "pod" and self._random.random() < 0.5:
            phase = self._random.choice(["Running", "Failed", "Pending"])
            self._writer.patch(kind, name, {"status": {"phase": phase}}, "/status")
        elif kind in ("deployment", "statefulset"):
            self._writer.patch(kind, name, {"spec": {"replicas": self._random.randrange(4)}})
        else:
            app = self._random.choice("ab")
            self._writer.patch(kind, name, {"metadata": {"labels": {**labels, "app": app}}})


@pytest.fixture(scope="module")
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, NAMESPACE) as writer:
        yield writer


@pytest.mark.parametrize("seed", [1])
async def test_watching_probes_return_what_listing_ones_do(writer: Writer, seed: int) -> None:
    where = {"kubeconfig": str(writer.kubeconfig), "namespace": NAMESPACE}
    changes = Changes(writer, seed)
    async with opened("kubernetes", **where) as source:
        watching = [probe("kubernetes", source, name, args) for name, args in ASKED]
        for _ in range(2):
            for one in watching:
                await answer(one)
        for _ in range(CHANGES // EACH):
            for _ in range(EACH):
                await asyncio.to_thread(changes.make)
            await equal(watching, where)
        watched = [one for one in watching if getattr(await answer(one), "sampled", None) is not None]
        print(f"{len(watched)} of {len(ASKED)} probes read caches, after {CHANGES} changes equal to lists")
        assert len(watched) >= len(ASKED) - 2


async def equal(watching: list[Probe], where: dict[str, str]) -> None:
    """Return once both return the same; how long that takes depends on how busy the machine is."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with opened("kubernetes", **where) as source:
                listing = [probe("kubernetes", source, name, args) for name, args in ASKED]
                fresh = [comparable(await answer(one)) for one in listing]
            cached = [comparable(await answer(one)) for one in watching]
            if cached == fresh:
                return
            differing = [asked for asked, ours, theirs in zip(ASKED, cached, fresh, strict=True) if ours != theirs]
            print(f"not yet: {differing}")


def comparable(read: Answer) -> Any:
    """Return the value or the kind of fault, without ages."""
    return read.kind if isinstance(read, Fault) else _without_ages(read.value)


def _without_ages(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ages(part) for key, part in value.items() if key not in AGES}
    return [_without_ages(part) for part in value] if isinstance(value, list) else value


def test_selectors_select_what_the_api_server_selects(writer: Writer, kube_apiserver: KubeApiserver) -> None:
    labels: list[dict[str, str]] = [
        *({}, {"app": "a"}, {"app": "b", "tier": "web"}, {"app": ""}, {"tier": "web"}, {"app": "a", "tier": ""}),
        *({"in": "x"}, {"notin": "y"}, {"example.test/slot": "blue"}),
    ]
    for number, each in enumerate(labels):
        writer.make("configmap", f"labels-{number}", metadata={"labels": each})
    headers = {"Authorization": f"Bearer {kube_apiserver.tokens['admin']}"}
    with httpx.Client(
        base_url=kube_apiserver.url, headers=headers, verify=False, trust_env=False, timeout=PATIENCE_S
    ) as client:
        for text in SELECTORS:
            selected = client.get(KINDS["configmap"].path(NAMESPACE), params={"labelSelector": text})
            selector = parsed(text)
            if selected.status_code != 200:
                assert selector is None, text
                continue
            theirs = [item["metadata"]["name"] for item in selected.json()["items"]]
            ours = [f"labels-{number}" for number, each in enumerate(labels) if selects(selector, each)]
            assert selector is None or ours == [name for name in theirs if name.startswith("labels-")], text
