"""How a cockpit file names a workload: by its name, or as kubectl does."""

import pytest
from pydantic import ValidationError

from mmcockpit.sources import kind
from mmcockpit.sources.kubernetes.source import RolloutArgs


def rollout(written: dict[str, str]) -> RolloutArgs:
    made = kind("kubernetes").probes["rollout"].args.model_validate(written)
    assert isinstance(made, RolloutArgs)
    return made


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"name": "shop"}, ("deployment", "shop")),
        ({"name": "deployment/shop"}, ("deployment", "shop")),
        ({"name": "statefulset/shop"}, ("statefulset", "shop")),
        ({"name": "shop", "kind": "daemonset"}, ("daemonset", "shop")),
    ],
    ids=str,
)
def test_the_kind_may_stand_before_the_name(written: dict[str, str], expected: tuple[str, str]) -> None:
    made = rollout(written)
    assert (made.kind, made.name) == expected


@pytest.mark.parametrize("written", [{"name": "pod/shop"}, {"name": "deployment/a/b"}, {"name": "/shop"}], ids=str)
def test_a_kind_without_rollouts_is_a_mistake(written: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        rollout(written)
