"""What is shown as having happened just before: acts of operators, and changes of production."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.changes import JUST_BEFORE_S
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import CHANGES_KEPT
from tests.core.sessions import BAD, Story, manual, plan, sensed
from tests.shapes import shape

ROLLED = "the rollout: revision 41 to 42; image m:1 to m:2"


def before(story: Story) -> str:
    """What the one reason names."""
    story.settle()
    assert story.session.advised is not None
    return next(reason.before for reason in story.session.advised.reasons if reason.title == "errors")


def watched(*more: Item) -> Story:
    names = ("rollout", "pods", "alerts")
    shapes = {name: shape("alertmanager" if name == "alerts" else "kubernetes", name) for name in names}
    shown = tuple(
        Signal(name, f"the {name}", "cluster", name, rule=Rule("true", empty="value"), shape=shapes[name])
        for name in names
    )
    return Story(plan(sensed("errors"), *more, signals=shown))


@pytest.mark.parametrize(
    ("signal", "was", "now", "said"),
    [
        ("rollout", {"revision": "41", "image": "m:1"}, {"revision": "42", "image": "m:2"}, ROLLED),
        ("pods", {"ready": 6, "restarts": 0}, {"ready": 5, "restarts": 3}, "the pods: restarts 0 to 3"),
        ("pods", {"digests": ["a"]}, {"digests": ["a", "b"]}, "the pods: digests changed"),
        ("alerts", [{"name": "Disk"}], [{"name": "Disk"}, {"name": "High"}, {"name": "High"}], "new alert High"),
        ("alerts", [], [{"name": "Slow"}, {"name": "High"}], "new alerts Slow, High"),
        ("alerts", [], [{"name": "[/b]\x1b[2J"}], "new alert [/b]"),
        ("pods", {"ready": 6, "restarts": 3}, {"ready": 5, "restarts": 0}, ""),
        ("rollout", {"revision": "", "updated": 0}, {"revision": "42", "updated": 6}, ""),
        ("alerts", [{"name": "Disk"}], [], ""),
        ("alerts", [1, "x"], [{"nobody": 1}, 2], ""),
        ("rollout", {"revision": "41"}, [], ""),
    ],
)
def test_changes_of_the_production_just_before_are_named(signal: str, was: object, now: object, said: str) -> None:
    story = watched()
    for value in (was, Fault(FaultKind.TIMEOUT, "slow"), now, now):
        story.see(signal, value if isinstance(value, Fault) else Reading(value))
    story.see("errors", BAD)
    told = before(story)
    assert told.startswith(f"2s before: {said}") if said else told == ""
    assert "\x1b" not in told


def test_a_deployment_is_named_rather_than_what_follows_from_it() -> None:
    story = watched()
    story.see("rollout", Reading({"revision": "41", "image": "m:1"}), Reading({"revision": "42", "image": "m:2"}))
    story.see("pods", Reading({"digests": ["a"], "restarts": 0}), Reading({"digests": ["b"], "restarts": 0}))
    story.see("pods", Reading({"digests": ["b"], "restarts": 2}))
    story.see("alerts", Reading([]), Reading([{"name": "High"}]))
    story.see("errors", BAD)
    assert before(story) == f"6s before: {ROLLED}"


def test_a_restart_is_named_rather_than_an_alert_but_no_deployment_of_the_day_before() -> None:
    story = watched()
    story.see("rollout", Reading({"revision": "41", "image": "m:1"}), Reading({"revision": "42", "image": "m:2"}))
    story.wait(JUST_BEFORE_S)
    story.see("pods", Reading({"restarts": 0}), Reading({"restarts": 2}))
    story.see("alerts", Reading([]), Reading([{"name": "High"}]))
    story.see("errors", BAD)
    assert before(story) == "3s before: the pods: restarts 0 to 2"


def test_changes_by_people_and_by_production_are_listed_together_latest_first() -> None:
    story = watched(manual("deploy"))
    story.see("pods", Reading({"restarts": 0}), Reading({"restarts": 1}))
    story.do(commands.MarkItem("bo", "ready/s/deploy"))
    story.see("errors", BAD)
    assert before(story) == "1s before: bo done: 1 deploy; 2s before: the pods: restarts 0 to 1"
    assert fold(story.events) == story.session


def test_a_change_is_named_rather_than_an_alert_that_came_after_it() -> None:
    story = watched()
    story.see("rollout", Reading({"revision": "41"}), Reading({"revision": "42"}))
    story.see("alerts", Reading([]), Reading([{"name": "High"}]))
    story.see("errors", BAD)
    assert before(story) == "3s before: the rollout: revision 41 to 42"


@pytest.mark.parametrize("act", ["block", "note"])
def test_items_are_named_by_number_and_title(act: str) -> None:
    story = watched(manual("deploy", required=False))
    story.do(
        commands.MarkItem("bo", "ready/s/deploy", "no", Mark.BLOCK)
        if act == "block"
        else commands.AddNote("bo", "canary", "ready/s/deploy")
    )
    story.see("errors", BAD)
    assert "1 deploy" in before(story)
    assert "ready/s" not in before(story)


def test_no_more_changes_are_kept_than_can_be_shown() -> None:
    story = watched()
    story.see("pods", *(Reading({"restarts": n}) for n in range(200)))
    assert len(story.session.changes) == CHANGES_KEPT
