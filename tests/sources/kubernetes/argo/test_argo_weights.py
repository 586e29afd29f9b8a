"""Weights of a Rollout whose router has finer ones than per cent (maxTrafficWeight), as percentages."""

from typing import Any

import msgspec
import pytest

from mmcockpit.sources.kubernetes.argo.progress import current_weight
from mmcockpit.sources.kubernetes.argo.rollouts import RolloutObject
from mmcockpit.sources.kubernetes.argo.steps import desired_weight, step_place


def rollout(router: int, most: Any, step: int = 0) -> RolloutObject:
    steps = [{"setWeight": 5}, {"pause": {}}, {"setWeight": 500}]
    routing = {"nginx": {}, **({} if most is None else {"maxTrafficWeight": most})}
    status = {
        "currentPodHash": "b",
        "stableRS": "a",
        "currentStepIndex": step,
        "canary": {"weights": {"canary": {"weight": router}, "stable": {"weight": 0}}},
    }
    spec = {"strategy": {"canary": {"steps": steps, "trafficRouting": routing}}}
    return msgspec.convert({"metadata": {"name": "app"}, "spec": spec, "status": status}, RolloutObject)


@pytest.mark.parametrize(
    ("weight", "most", "percentage"),
    [
        *((500, 1000, 50), (5, 1000, 1), (1, 10_000, 1), (999, 1000, 99), (1000, 1000, 100), (0, 1000, 0)),
        *((20, None, 20), (20, 100, 20), (20, 0, 20), (20, "many", 20), (1, 2, 50)),
    ],
)
def test_the_weight_of_a_router_is_a_share_of_its_full_weight(weight: int, most: Any, percentage: int) -> None:
    assert current_weight(rollout(weight, most), None) == percentage


def test_the_steps_ask_for_percentages_too() -> None:
    last = rollout(0, 1000, 2)
    place = step_place(last)
    assert (desired_weight(last), place and place.text) == (50, "set weight 50%")
    first = step_place(rollout(0, 1000))
    assert (desired_weight(rollout(0, 1000)), first and first.text) == (1, "set weight 1%")
