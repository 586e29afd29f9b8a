"""The services that the simulator can run: ModelMuxer, and a web shop that shares nothing with it but the world."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmcockpit.simulator.release import REPOSITORY


@dataclass(frozen=True, slots=True)
class SimulatedService:
    """A service: its name is its Deployment's and its job's in Prometheus."""

    name: str
    namespace: str
    repository: str
    metrics_path: str


SERVICES: Mapping[str, SimulatedService] = {
    "modelmuxer": SimulatedService("modelmuxer", "modelmuxer", REPOSITORY, "/metrics/prometheus"),
    "shop": SimulatedService("shop", "shop", "registry.example.com/shop", "/metrics"),
}
