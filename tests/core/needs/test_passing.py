"""What makes an item pass: one line for every state, with the key that does it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Hold, Item
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.passing import Condition, Passing
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.passing import item_passing
from mmcockpit.core.words.passing import passing_text
from tests.core.sessions import BAD, GONE, GOOD, Story, attested, manual, number, plan, sensed

KEYS = {"tick": "Space", "resense": "r", "resense_all": "Ctrl+R", "verify": "V"}


def text(story: Story, title: str = "one") -> str:
    """Return what makes an item pass."""
    story.settle()
    state = next(state for name, state in story.session.items.items() if name.endswith(f"/{title}"))
    return passing_text(item_passing(story.session, state), KEYS)


def seen(item: Item, *answers: Any, signal: Signal | None = None) -> Story:
    story = Story(plan(item, signals=(signal,) if signal else ()))
    story.see("one", *answers)
    return story


def marked(**mark: Any) -> Story:
    story = Story(plan(manual("one", approvals=2)))
    story.do(commands.MarkItem("ana", "ready/s/one", **mark))
    return story


def test_what_another_person_has_to_tick_names_them_and_no_key() -> None:
    story = Story(plan(manual("one", assignee="bo")))
    state = story.session.items["ready/s/one"]
    texts = [passing_text(item_passing(story.session, state, name), KEYS) for name in ("ana", "bo")]
    assert texts == ["a tick by bo", "your tick (Space)"]


def members() -> Story:
    both = Signal("one", "one", "session", "all_of", {"signals": ["left", "right"]})
    story = Story(plan(attested("one"), signals=(number("left"), number("right"), both)))
    story.see("left", BAD)
    story.see("right", GOOD)
    return story


def unconfigured() -> Story:
    told = plan(attested("one"))
    return Story(msgspec.structs.replace(told, sources=(SourceSpec("other", "prometheus"),)))


CASES: dict[str, tuple[Callable[[], Story], str]] = {
    "manual": (lambda: Story(plan(manual("one"))), "your tick (Space)"),
    "attested and passing": (lambda: seen(attested("one"), GOOD), "your tick (Space)"),
    "failing": (lambda: seen(sensed("one"), BAD), "value below 1"),
    "failing, attested": (lambda: seen(attested("one"), BAD), "value below 1, then your tick (Space)"),
    "settling": (
        lambda: seen(sensed("one", hold=Hold(60.0, 60.0)), GOOD, GOOD, GOOD),
        "settles in 58s",
    ),
    "settling in two parts": (
        lambda: seen(sensed("one", hold=Hold(60.0, 3600.0)), GOOD, GOOD),
        "settles in 59m 59s, for the gate in 59s",
    ),
    "undecided": (
        lambda: seen(sensed("one"), BAD, BAD, GOOD, signal=number("one", agree=2, of=2)),
        "1 more passing result",
    ),
    "satisfied": (lambda: seen(sensed("one"), GOOD), ""),
    "later phase": (lambda: Story(plan(sensed("one", "cutover"))), "phase Cutover must open"),
    "second person": (lambda: marked(), "1 other person must agree (V)"),
    "blocked": (lambda: marked(mark=Mark.BLOCK, reason="no budget"), "ana must unblock it"),
    "members": (members, "left must pass, then your tick (Space)"),
    "source missing": (unconfigured, "source `prometheus` must be configured, then your tick (Space)"),
    "source failing": (lambda: seen(sensed("one"), GONE), "Prometheus: no answer: Ctrl+R polls again"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_state_shows_what_makes_it_pass(name: str) -> None:
    make, expected = CASES[name]
    assert text(make()) == expected


def test_an_action_without_a_key_is_named_by_its_command() -> None:
    story = Story(plan(manual("one")))
    assert passing_text(item_passing(story.session, story.session.items["ready/s/one"]), {}) == "your tick (:tick)"


def test_every_condition_has_a_text() -> None:
    for condition in Condition:
        assert passing_text(Passing(condition), KEYS) or condition in (Condition.NOTHING, Condition.RULE)
