"""The simulated controller of Argo Rollouts: a canary through its weights, aborted, taken back and promoted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.simulator.kubernetes.api.resources import ROLLOUTS
from mmcockpit.simulator.kubernetes.objects import Object
from mmcockpit.simulator.kubernetes.production.canary import canary_objects
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.simulator.services import SERVICES
from tests.servers.wait import wait_until


class Canary:
    """A Rollout in a running simulated cluster."""

    def __init__(self, api: SimulatedKubernetes) -> None:
        self._api = api

    @property
    def status(self) -> Any:
        return self._api.store.get(ROLLOUTS, "shop", "shop").get("status") or {}

    @property
    def weight(self) -> int:
        return int(self.status["canary"]["weights"]["canary"]["weight"]) if "canary" in self.status else -1

    def change(self, change: Callable[[Object], None]) -> None:
        async def edit() -> None:
            self._api.store.edit(ROLLOUTS, "shop", "shop", change)

        self._api.call(edit())

    def image(self, tag: str) -> None:
        self.change(
            lambda one: one["spec"]["template"]["spec"]["containers"][0].update(
                image=f"{SERVICES['shop'].repository}:{tag}"
            )
        )

    def promote(self) -> None:
        self.change(lambda one: one["status"].pop("pauseConditions"))

    def paused_at(self, weight: int) -> None:
        wait_until(lambda: self.weight == weight and bool(self.status.get("pauseConditions")), f"a pause at {weight}%")

    def healthy(self) -> None:
        wait_until(lambda: self.status.get("phase") == "Healthy" and self.weight == 100, "a healthy Rollout")


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    objects = canary_objects(SERVICES["shop"], "2.4.0")
    with SimulatedKubernetes(tmp_path, objects=objects, pod_start_s=0.05).in_thread() as api:
        yield Canary(api)


def test_a_canary_stops_at_each_weight_until_it_is_promoted(canary: Canary) -> None:
    canary.healthy()
    stable = canary.status["stableRS"]
    canary.image("2.4.1")
    for weight in (5, 20, 50):
        canary.paused_at(weight)
        assert canary.status["stableRS"] == stable
        canary.promote()
    canary.healthy()
    assert canary.status["stableRS"] != stable


def test_an_aborted_canary_gives_all_traffic_back_and_the_old_image_makes_it_healthy(canary: Canary) -> None:
    canary.healthy()
    stable = canary.status["stableRS"]
    canary.image("2.4.1")
    canary.paused_at(5)
    canary.promote()
    canary.paused_at(20)
    canary.change(lambda one: one["status"].update(abort=True))
    wait_until(lambda: canary.weight == 0 and canary.status["phase"] == "Degraded", "the canary is aborted")
    canary.image("2.4.0")
    canary.healthy()
    assert canary.status["stableRS"] == stable
    assert "abort" not in canary.status
