"""The end of a pod's log: which container, what is struck out, and that a replay shows what the live session showed."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from mmcockpit.core.decide.command import ReadLog
from mmcockpit.core.facts.event import Event, LogRead, Refused
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import entry_of
from mmcockpit.journal.reader import read
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.sources.common.values import shape_of
from mmcockpit.sources.kubernetes.values.pods import PodsValue
from tests.engine.engine_run import Watcher, running
from tests.servers.http import Answer, HttpServer, Received
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.kubernetes_writer import Writer

NAMESPACE = "podlogs"
SECRET = "s3cr3t-of-the-cockpit"


class Kubelet(HttpServer):
    """Answers for the logs of a node's containers, as a kubelet does: text, and a 400 before they have started."""

    def __init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(HOST).configure_cert(context)
        super().__init__(tls=context)
        self.logs: dict[tuple[str, str, bool], str] = {}

    def answer(self, request: Received) -> Answer:
        _, _, _, pod, container = request.path.split("/")
        text = self.logs.get((pod, container, "previous=true" in request.target))
        if text is None:
            return Answer(400, f'container "{container}" in pod "{pod}" is waiting to start: ContainerCreating')
        return Answer(body=text, headers={"Content-Type": "text/plain"})


@pytest.fixture
def kubelet(kube_apiserver: KubeApiserver) -> Iterator[tuple[Kubelet, Writer]]:
    """Give a kubelet, whose node the real API server knows, and a writer of the pods that it runs."""
    with Kubelet() as server, Writer(kube_apiserver.kubeconfig, NAMESPACE) as writer:
        status = {
            "addresses": [{"type": "InternalIP", "address": HOST}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": server.port}},
        }
        writer.make("node", "log-node", status)
        try:
            yield server, writer
        finally:
            writer.delete("node", "log-node")


def start(writer: Writer, name: str, *statuses: dict[str, Any]) -> None:
    """Create a pod with the containers app and proxy, and a container that migrates before them."""
    spec = {
        "nodeName": "log-node",
        "automountServiceAccountToken": False,
        "initContainers": [{"name": "migrate", "image": "m:1"}],
        "containers": [{"name": "app", "image": "app:1"}, {"name": "proxy", "image": "proxy:1"}],
    }
    before = [one for one in statuses if one["name"] == "migrate"]
    after = [one for one in statuses if one["name"] != "migrate"]
    status = {"phase": "Running", "initContainerStatuses": before, "containerStatuses": after}
    writer.make(
        "pod", name, status, spec=spec, metadata={"annotations": {"kubectl.kubernetes.io/default-container": "app"}}
    )


def state(name: str, restarts: int = 0, **now: Any) -> dict[str, Any]:
    given = now or {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    ready = "running" in given and not restarts
    return {"name": name, "image": "i", "imageID": "", "restartCount": restarts, "ready": ready, "state": given}


def plan(api: KubeApiserver) -> Cockpit:
    source = SourceSpec("cluster", "kubernetes", {"kubeconfig": str(api.kubeconfig), "namespace": NAMESPACE})
    signal = Signal(
        "pods",
        "pods",
        "cluster",
        "pods",
        {},
        Rule("value.total > 0"),
        every=0.5,
        timeout=10.0,
        shape=shape_of(PodsValue),
    )
    return Cockpit("Logs", "test", Checklist("c", "C", ()), (signal,), Layout("none", ()), (source,))


def read_log(watcher: Watcher, pod: str) -> LogRead:
    """Request the log of a pod and return what is recorded."""
    watcher.until(lambda now: pod in str(now.signals["pods"].value), f"pod {pod} is listed")
    watcher.do(ReadLog("ana", "pods", pod))
    watcher.until(lambda now: entry_of("pods", pod) in now.logs, f"the log of {pod} is read")
    return watcher.session.logs[entry_of("pods", pod)].fact


def test_the_log_that_explains_a_pod_is_read_redacted_and_replayed(
    kube_apiserver: KubeApiserver, kubelet: tuple[Kubelet, Writer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, writer = kubelet
    done = state("migrate", terminated={"exitCode": 0, "reason": "Completed"})
    waits = {"waiting": {"reason": "CrashLoopBackOff"}}
    start(writer, "well", done, state("app"), state("proxy"))
    start(writer, "crashing", done, state("app"), state("proxy", 4, **waits))
    start(writer, "migrating", state("migrate", 2, **waits), state("app", waiting={"reason": "PodInitializing"}))
    start(writer, "starting", done, state("app", waiting={"reason": "ContainerCreating"}))
    lines = [f"line {n}" for n in range(30)] + ["token=abc123 \x1b[31mred", f"ready {'x' * 500}"]
    server.logs = {
        ("well", "app", False): "".join(f"{line}\n" for line in lines[-10:]),
        ("crashing", "proxy", True): "panic: no route\n",
        ("crashing", "proxy", False): "starting\n",
        ("migrating", "migrate", False): "waiting for the lock\n",
    }
    with running(plan(kube_apiserver), tmp_path / "journal.jsonl") as (_, watcher):
        well = read_log(watcher, "well")
        assert (well.container, well.previous, well.failed) == ("app", False, "")
        assert well.lines[-2] == "token=••• ␛[31mred"
        assert len(well.lines) == 10
        assert (len(well.lines[-1]), well.lines[-1][-1]) == (400, "…")
        crashing = read_log(watcher, "crashing")
        assert (crashing.container, crashing.previous, crashing.lines) == ("proxy", True, ("panic: no route",))
        # The node has not kept the log of the earlier run.
        migrating = read_log(watcher, "migrating")
        assert (migrating.container, migrating.previous) == ("migrate", False)
        assert migrating.lines == ("waiting for the lock",)
        starting = read_log(watcher, "starting")
        assert "waiting to start: ContainerCreating" in starting.failed
        watcher.do(ReadLog("ana", "pods", "gone"))
        watcher.until(lambda now: any(unknown(event) for event in now.log), "a log of an unknown pod is refused")
        live = watcher.session.logs
    assert fold(read(tmp_path / "journal.jsonl")).logs == live
    assert [one.target for one in server.requests if "tailLines=10" not in one.target] == []


def unknown(event: Event) -> bool:
    return isinstance(event.body, Refused) and event.body.refusal.code is Code.UNKNOWN_LOG
