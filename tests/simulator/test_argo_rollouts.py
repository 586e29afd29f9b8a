"""The simulated controller of Argo Rollouts: a canary through its weights, aborted, taken back and promoted."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.simulator.kubernetes.api.resources import ANALYSISRUNS, ROLLOUTS
from mmcockpit.simulator.kubernetes.objects import Object
from mmcockpit.simulator.kubernetes.production.canary import canary_objects
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.simulator.services import SERVICES
from tests.servers.wait import wait_until

SPEED = 200.0
"""How many times faster than real time its analyses pass."""


class Canary:
    """A Rollout in a running simulated cluster."""

    def __init__(self, api: SimulatedKubernetes) -> None:
        self._api = api
        self.errors: float | None = 0.002
        """What its analyses measure."""
        assert api.controllers is not None
        client = api.controllers.client
        client.measure, client.speed = lambda _: self.errors, SPEED

    @property
    def status(self) -> Any:
        return self._api.store.get(ROLLOUTS, "shop", "shop").get("status") or {}

    @property
    def weight(self) -> int:
        return int(self.status["canary"]["weights"]["canary"]["weight"]) if "canary" in self.status else -1

    def runs(self) -> dict[str, tuple[str, str]]:
        """Return phase and message of the newest AnalysisRun of each kind."""
        runs = sorted(
            self._api.store.items(ANALYSISRUNS, "shop"), key=lambda one: int(one["metadata"]["resourceVersion"])
        )
        return {
            one["metadata"]["labels"]["rollout-type"]: (
                (one.get("status") or {}).get("phase", ""),
                (one.get("status") or {}).get("message", ""),
            )
            for one in runs
        }

    def measured(self, kind: str, result: str) -> int:
        """Return how many measurements of the only AnalysisRun of a kind had a result."""
        (run,) = (
            one
            for one in self._api.store.items(ANALYSISRUNS, "shop")
            if one["metadata"]["labels"]["rollout-type"] == kind
        )
        (metric,) = (run.get("status") or {}).get("metricResults") or [{}]
        return int(metric.get(result, 0))

    def change(self, change: Callable[[Object], None]) -> None:
        async def edit() -> None:
            self._api.store.edit(ROLLOUTS, "shop", "shop", change)

        self._api.call(edit())

    def count(self) -> int:
        """Return how many AnalysisRuns there are."""
        return len(self._api.store.items(ANALYSISRUNS, "shop"))

    def weights_until(self, last: int) -> Callable[[], list[int]]:
        """Follow the weights of what the controller has seen, from now on; return them once the last one is there."""
        store, seen = self._api.store, list[int]()

        async def following() -> None:
            revision = store.revision
            while last not in seen:
                await store.changes(revision)
                revision = store.revision
                rollout = store.get(ROLLOUTS, "shop", "shop")
                if rollout["status"]["observedGeneration"] == str(rollout["metadata"]["generation"]):
                    seen.append(self.weight)

        async def begin() -> None:
            self._following = asyncio.create_task(following())

        self._api.call(begin())

        def weights() -> list[int]:
            wait_until(lambda: last in seen, f"the weight {last}%")
            return seen

        return weights

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
    wait_until(lambda: canary.runs()["Background"] == ("Successful", "Run Terminated"), "the analysis ends with it")
    assert canary.runs()["Step"] == ("Successful", "")


def test_a_new_version_has_no_traffic_before_its_first_weight(canary: Canary) -> None:
    canary.healthy()
    weights = canary.weights_until(5)
    canary.image("2.4.1")
    assert set(weights()) == {0, 5}


def test_failed_measurements_abort_a_canary_once_there_are_too_many(canary: Canary) -> None:
    canary.healthy()
    canary.image("2.4.1")
    canary.paused_at(5)
    canary.promote()
    canary.paused_at(20)
    wait_until(lambda: canary.runs()["Background"] == ("Running", ""), "the analysis runs")
    canary.errors = 0.06

    def is_aborted() -> bool:
        aborted, failed = bool(canary.status.get("abort")), canary.measured("Background", "failed")
        assert not aborted or failed > 100
        return canary.weight == 0 and canary.status["phase"] == "Degraded"

    wait_until(is_aborted, "the analysis aborts the canary")
    failed = 'Metric "error-share" assessed Failed due to failed (101) > failureLimit (100)'
    assert canary.runs()["Background"] == ("Failed", failed)
    assert canary.status["message"].endswith(f"revision 2: Background analysis phase error/failed: {failed}")


def test_an_analysis_without_data_is_an_error_that_aborts(canary: Canary) -> None:
    canary.healthy()
    canary.errors = None
    canary.image("2.4.1")
    wait_until(lambda: bool(canary.status.get("abort")), "the abort")
    assert "Error" in [phase for phase, _ in canary.runs().values()]


def test_a_retry_measures_again(canary: Canary) -> None:
    canary.healthy()
    canary.image("2.4.1")
    canary.paused_at(5)
    canary.change(lambda one: one["status"].update(abort=True))
    wait_until(lambda: canary.weight == 0 and "abortedAt" in canary.status, "the canary is aborted")
    before = canary.count()
    canary.change(lambda one: one["status"].update(abort=False))
    canary.paused_at(5)
    assert canary.count() > before
    wait_until(lambda: canary.runs()["Background"][0] == "Running", "the analysis runs again")


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
