"""A whole Kubernetes control plane: the real API server, controllers and scheduler, and kwok for the kubelets."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from mmcockpit.simulator.servers.process import HOST, ServerFailed, ServerMissing, ServerProcess, accepts
from tests.servers.go_programs import SOURCES, kubernetes_program
from tests.servers.kube_apiserver import LESS_WORK, KubeApiserver
from tests.servers.kubectl import Kubectl
from tests.servers.together import Together
from tests.servers.wait import wait_until

PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
NODES = ("node-a", "node-b", "node-c")
READY_WITHIN_S = 90.0
NODE_MONITOR_S = 2
"""How often the controller manager checks the leases of the nodes."""


class _Client(ServerProcess):
    """A program that works for an API server and serves nothing itself: it is ready when it runs."""

    stop_within_s = 5.0

    def __init__(self, folder: Path, api: KubeApiserver) -> None:
        super().__init__(folder)
        self.api = api

    def command(self) -> list[str]:
        binary = kubernetes_program(self.name)
        if binary is None:
            raise ServerMissing(f"{self.name}: not in $KUBEBUILDER_ASSETS, the cache or PATH: run `make kubernetes`")
        return [str(binary), f"--kubeconfig={self.api.kubeconfig}", *self.flags()]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **LESS_WORK}

    def flags(self) -> list[str]:
        """Return the flags beside the kubeconfig."""
        raise NotImplementedError

    def ready(self) -> bool:
        return self.running


class ControllerManager(_Client):
    """kube-controller-manager: Deployments, Jobs, HPA, PDB, garbage collection, lost nodes."""

    name = "kube-controller-manager"

    def flags(self) -> list[str]:
        return [
            f"--service-account-private-key-file={self.api.accounts_key}",
            f"--root-ca-file={self.api.ca}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--node-monitor-period={NODE_MONITOR_S}s",
            "--node-monitor-grace-period=16s",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--horizontal-pod-autoscaler-sync-period=5s",
        ]


class Scheduler(_Client):
    """kube-scheduler: chooses the node of each pod."""

    name = "kube-scheduler"

    def flags(self) -> list[str]:
        return ["--leader-elect=false", "--secure-port=0"]


class Kwok(_Client):
    """kwok: simulated kubelets for the nodes of NODES; kubernetes/stages.yaml defines what pods do there."""

    name = "kwok"

    def flags(self) -> list[str]:
        return [
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            "--node-lease-duration-seconds=12",
            f"--config={SOURCES / 'stages.yaml'}",
            f"--server-address={HOST}:{self.port}",
        ]

    def ready(self) -> bool:
        return accepts(self.port)


class ControlPlane(Together):
    """A cluster of three nodes in three zones, on which Deployments, Jobs and volumes behave as they do for users."""

    def __init__(self, folder: Path) -> None:
        self.api = KubeApiserver(folder / "api", controllers=True)
        self.controllers = ControllerManager(folder / "controllers", self.api)
        self.scheduler = Scheduler(folder / "scheduler", self.api)
        self.kubelets = Kwok(folder / "kwok", self.api)
        super().__init__()

    @property
    def kubeconfig(self) -> Path:
        return self.api.kubeconfig

    @property
    def url(self) -> str:
        return self.api.url

    def kubectl(self, namespace: str) -> Kubectl:
        """Return the real kubectl, bound to a namespace of this cluster."""
        return Kubectl(self.api, namespace)

    def create_namespace(self, name: str) -> Kubectl:
        """Make a namespace; return its kubectl once pods can be created in it."""
        kubectl = self.kubectl(name)
        kubectl("create", "namespace", name)
        account = ("get", "serviceaccount", "default")
        wait_until(lambda: kubectl.run(*account).returncode == 0, f"the default account of {name}", READY_WITHIN_S)
        return kubectl

    def wait_for_nodes(self) -> None:
        """Return once all nodes stay ready: the controller manager has checked them twice and marked none as lost."""
        ready = 0

        def stay_ready() -> bool:
            nonlocal ready
            waited = self.kubectl("default").run("wait", "--for=condition=Ready", "node", "--all", "--timeout=1s")
            ready = ready + 1 if waited.returncode == 0 else 0
            time.sleep(1)
            return ready > 2 * NODE_MONITOR_S

        wait_until(stay_ready, "nodes that stay ready", READY_WITHIN_S)

    def _start(self) -> None:
        for server in (self.api, self.controllers, self.kubelets, self.scheduler):
            self._open.enter_context(server)
        self._add_nodes()

    def _add_nodes(self) -> None:
        kubectl = self.kubectl("default")
        kubectl.apply({"apiVersion": "v1", "kind": "List", "items": [_node(name) for name in NODES]})
        deadline = time.monotonic() + READY_WITHIN_S
        while kubectl.run("wait", "--for=condition=Ready", "node", "--all", "--timeout=5s").returncode != 0:
            if time.monotonic() > deadline:
                raise ServerFailed(f"the nodes are not ready: {kubectl('get', 'nodes')}")


def _node(name: str) -> dict[str, object]:
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": f"zone-{name}",
    }
    amounts = {"cpu": "32", "memory": "256Gi", "pods": "1000"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
