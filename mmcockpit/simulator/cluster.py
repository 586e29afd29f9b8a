"""The simulated Kubernetes with the objects of a service's production, changed by the scenario."""

from collections.abc import Callable
from pathlib import Path

from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.resources import DEPLOYMENTS, PODS, ROLLOUTS
from mmcockpit.simulator.kubernetes.node_images import pull_all
from mmcockpit.simulator.kubernetes.objects import Object, condition_of, name_of
from mmcockpit.simulator.kubernetes.production.canary import canary_objects
from mmcockpit.simulator.kubernetes.production.modelmuxer import ClusterOperations, objects
from mmcockpit.simulator.kubernetes.production.shop import shop_objects
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.simulator.production import SLOTS
from mmcockpit.simulator.release import REPOSITORY, image_of, version_of
from mmcockpit.simulator.scenarios import OLD_VERSION
from mmcockpit.simulator.services import SimulatedService


class SimulatedCluster:
    """An API server with its cluster; scenario changes to an object that an operator deleted have no effect."""

    def __init__(
        self,
        folder: Path,
        port: int,
        pod_start_s: float,
        seed: int,
        service: SimulatedService,
        canary: bool = False,
    ) -> None:
        """Create the objects of a service; does not listen yet."""
        if canary:
            things = canary_objects(service, OLD_VERSION)
        elif service.repository == REPOSITORY:
            things = objects(service.namespace, service.name, OLD_VERSION)
        else:
            things = shop_objects(service, OLD_VERSION)
        pull_all(things)
        self._service = service
        self._api = SimulatedKubernetes(folder, port=port, objects=things, pod_start_s=pod_start_s, seed=seed)
        assert self._api.controllers is not None
        self._cluster = ClusterOperations(self._api.store, self._api.controllers, service.namespace)
        self._planned, self._left = OLD_VERSION, False

    async def start(self) -> None:
        """Start listening, and write the kubeconfig."""
        await self._api.start()

    async def stop(self) -> None:
        """Close all connections."""
        await self._api.stop()

    async def roll_out(self, version: str) -> None:
        """Start the rollout of a version."""
        self._planned = version
        try:
            await self._cluster.roll_out(self._service.name, image_of(version, self._service.repository))
        except ApiError:
            return

    async def restart(self, slot: int) -> None:
        """Restart the container of one pod."""
        try:
            pods = self._cluster.pods(self._service.name)
            if pods:
                await self._cluster.restart_pod(name_of(pods[slot % len(pods)]))
        except ApiError:
            return

    async def follow(self, rolled: Callable[[int, str], None]) -> None:
        """Report which slot gets a pod of which version, from the first rollout on that is not the scenario's.

        A slot is reported once that many pods of the wanted version are ready, and again on every later change.
        """
        store = self._api.store
        revision = store.revision
        while True:
            try:
                changes = await store.changes(revision)
            except ApiError:
                # The history was truncated after too many changes: use the current state.
                changes = []
            revision = store.revision
            if not changes or any(change.resource in (DEPLOYMENTS, PODS) for change in changes):
                self._compare(rolled)

    def measure(self, query: Callable[[str], float | None], speed: float) -> None:
        """Let analyses get their values from this function, at the speed of the world; before the start."""
        assert self._api.controllers is not None
        client = self._api.controllers.client
        client.measure, client.speed = query, speed

    async def follow_canary(self, split: Callable[[str, float], None]) -> None:
        """Report which part of the traffic the Rollout's version gets, on every change."""
        store = self._api.store
        revision = store.revision
        while True:
            try:
                await store.changes(revision)
            except ApiError:
                revision = store.revision
                continue
            revision = store.revision
            rollout = store.find(ROLLOUTS, self._service.namespace, self._service.name)
            status = rollout.get("status", {}) if rollout is not None else {}
            # Before the controller has seen a new version, the weight is that of the old one.
            if rollout is not None and status.get("observedGeneration") == str(rollout["metadata"]["generation"]):
                weight = status["canary"]["weights"]["canary"]["weight"]
                split(version_of(_image(rollout["spec"]["template"])), weight / 100)

    def _compare(self, rolled: Callable[[int, str], None]) -> None:
        deployment = self._api.store.find(DEPLOYMENTS, self._service.namespace, self._service.name)
        if deployment is None:
            return
        version = version_of(_image(deployment["spec"]["template"]))
        self._left = self._left or version != self._planned
        if self._left:
            pods = self._cluster.pods(self._service.name)
            ready = sum(_ready(pod) and version_of(_image(pod)) == version for pod in pods)
            for slot in range(min(ready, SLOTS)):
                rolled(slot, version)


def _image(owner: Object) -> str:
    image: str = owner["spec"]["containers"][0]["image"]
    return image


def _ready(pod: Object) -> bool:
    condition = condition_of(pod, "Ready")
    return condition is not None and condition["status"] == "True"
