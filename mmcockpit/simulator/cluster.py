"""The simulated Kubernetes with the objects of ModelMuxer's production, as the scenario moves them."""

from pathlib import Path

from mmcockpit.simulator.exporters import NAMESPACE
from mmcockpit.simulator.kubernetes.errors import ApiError
from mmcockpit.simulator.kubernetes.modelmuxer import Cluster, image_of, objects
from mmcockpit.simulator.kubernetes.objects import name_of
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.simulator.production import OLD_VERSION

DEPLOYMENT = "modelmuxer"


class SimulatedCluster:
    """An API server with its cluster; what the scenario does to a thing that an operator deleted does nothing."""

    def __init__(self, folder: Path, port: int, pod_start_s: float, seed: int) -> None:
        """Make the objects; nothing listens yet."""
        things = objects(NAMESPACE, DEPLOYMENT, OLD_VERSION)
        self._api = SimulatedKubernetes(folder, port=port, objects=things, pod_start_s=pod_start_s, seed=seed)
        assert self._api.controllers is not None
        self._cluster = Cluster(self._api.store, self._api.controllers, NAMESPACE)

    async def start(self) -> None:
        """Listen, and write the kubeconfig."""
        await self._api.start()

    async def stop(self) -> None:
        """End all connections."""
        await self._api.stop()

    async def roll_out(self, version: str) -> None:
        """Begin the rollout of a version."""
        try:
            await self._cluster.roll_out(DEPLOYMENT, image_of(version))
        except ApiError:
            return

    async def restart(self, slot: int) -> None:
        """Let the container of one pod start again."""
        try:
            pods = self._cluster.pods(DEPLOYMENT)
            if pods:
                await self._cluster.restart_pod(name_of(pods[slot % len(pods)]))
        except ApiError:
            return
