"""Pods and workloads: one good poll satisfies nothing, and a restart within the settle time fails."""

from typing import Any

import pytest

from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judge import hold_of
from tests.core.sessions import Story, plan, sensed
from tests.shapes import shape

SETTLES = Hold(60.0, 60.0, workload=True)


def pods(*restarts: int) -> Reading:
    rows = [{"name": f"p{n}", "restarts": count} for n, count in enumerate(restarts)]
    return Reading({"total": len(rows), "ready": len(rows), "pods": rows})


def listed(*restarts: int) -> Reading:
    rows = [
        {"metadata": {"name": f"p{n}"}, "status": {"containerStatuses": [{"restartCount": count}]}}
        for n, count in enumerate(restarts)
    ]
    return Reading(rows)


def night(rule: str = "value.ready == value.total", probe: str = "pods", phase: str = "ready") -> Story:
    signal = Signal(
        "pods",
        "pods",
        "cluster",
        probe,
        rule=Rule(rule, agree=3, of=3),
        workload=True,
        shape=shape("kubernetes", probe),
    )
    return Story(plan(sensed("pods", phase, hold=SETTLES), signals=(signal,)))


def test_a_pod_that_is_ready_for_one_poll_satisfies_nothing() -> None:
    story = night()
    story.see("pods", pods(0), every=5.0)
    assert story.state("pods") is State.UNKNOWN, "persist"
    story.see("pods", pods(0), pods(0), every=5.0)
    assert story.state("pods") is State.HOLDING, "settling"
    story.see("pods", *[pods(0)] * 11, every=5.0)
    assert story.state("pods") is State.HOLDING
    story.see("pods", pods(0), every=5.0)
    assert story.state("pods") is State.GOOD


@pytest.mark.parametrize(
    ("made", "rule", "probe"), [(pods, "value.ready == value.total", "pods"), (listed, "true", "list")]
)
def test_a_restart_within_the_settle_time_fails_and_starts_it_again(made: Any, rule: str, probe: str) -> None:
    story = night(rule, probe)
    story.see("pods", *[made(0, 3)] * 5, every=5.0)
    assert story.state("pods") is State.HOLDING
    story.see("pods", made(0, 4), every=5.0)
    assert story.state("pods") is State.BAD
    assert story.session.items["ready/s/pods"].because == "p1 restarted within the settle time"
    assert story.session.served(story.session.items["ready/s/pods"].item) == 0.0
    story.see("pods", *[made(0, 4)] * 3, every=5.0)
    assert story.state("pods") is State.HOLDING
    story.see("pods", *[made(0, 4)] * 12, every=5.0)
    assert story.state("pods") is State.GOOD
    story.see("pods", made(1, 4), every=5.0)
    assert story.state("pods") is State.GOOD, "behind the settle time its rule decides"


def test_a_restart_before_the_phase_is_open_is_not_judged() -> None:
    story = night(phase="deployment")
    story.see("pods", *[pods(0)] * 4, pods(1), every=5.0)
    assert story.session.signals["pods"].verdict.level is Level.PASS


@pytest.mark.parametrize(
    ("probe", "value", "seconds"),
    [
        ("rollout", {"complete": True, "min_ready_s": 120}, 120.0),
        ("rollout", {"complete": True, "min_ready_s": 10}, 60.0),
        ("rollout", {"complete": True}, 60.0),
        ("get", {"complete": True, "spec": {"minReadySeconds": 90}}, 90.0),
        ("list", [{"spec": {"minReadySeconds": 70}}, {"spec": {}}], 70.0),
    ],
)
def test_the_settle_time_is_at_least_min_ready_seconds(probe: str, value: Any, seconds: float) -> None:
    both = Signal("both", "both", "session", "all_of", {"signals": ["one"]})
    one = Signal("one", "one", "cluster", probe, rule=Rule("true"), workload=True, shape=shape("kubernetes", probe))
    items = (sensed("one", hold=SETTLES), sensed("both", hold=SETTLES))
    story = Story(plan(*items, signals=(one, both)))
    story.see("one", Reading(value))
    for item in items:
        assert hold_of(item, story.session) == (seconds, seconds)
