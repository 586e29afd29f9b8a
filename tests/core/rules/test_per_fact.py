"""Rules are computed once for many questions, and their kept results are those that they would give now."""

import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from mmcockpit.core import rules
from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.rules.per_fact import MOST_KEPT, per_change, per_fact
from mmcockpit.core.rules.todo import todo
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.session import Session
from tests.core.rules import anything
from tests.core.sessions import BAD, GONE, GOOD, Story, number, plan, sensed

computed: list[tuple[int, str]] = []


@per_fact
def rule(session: Session, name: str = "") -> int:
    """Return the number of the last fact."""
    computed.append((session.seq, name))
    return session.seq


@per_change
def changing(session: Session, number: int = 0) -> int:
    """Return the number of the last fact."""
    computed.append((session.seq, ""))
    return session.seq


def kept_rules() -> list[Callable[..., Any]]:
    """Return every rule whose results are kept."""
    modules = [importlib.import_module(one.name) for one in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}.")]
    known = [value for module in modules for value in vars(module).values()]
    return list(
        {id(one): one for one in known if callable(one) and hasattr(one, "__wrapped__") and _kept(one)}.values()
    )


def _kept(value: Callable[..., Any]) -> bool:
    return getattr(value, "__module__", "") == per_fact.__module__


def test_a_rule_is_computed_again_after_a_fact_for_other_arguments_and_for_another_session() -> None:
    computed.clear()
    story, other = Story(plan(sensed("a"))), Story(plan(sensed("a")))
    first = story.session.seq
    assert [rule(story.session), rule(story.session)] == [first, first]
    assert computed == [(first, "")]
    story.see("a", GOOD)
    assert rule(story.session) == story.session.seq > first
    rule(story.session, "b")
    rule(story.session)
    assert [name for _, name in computed] == ["", "", "b"]
    assert rule(other.session, "b") == other.session.seq != story.session.seq


def test_a_result_is_kept_over_readings_that_repeat_what_is_known() -> None:
    story = Story(plan(sensed("a"), sensed("b")))
    story.see("a", GOOD)
    story.see("b", *[Reading({"x": 1})] * 2)
    first = changing(story.session)
    story.see("a", GOOD, GOOD / 2, 0.5)
    story.see("b", Reading({"x": 2}))
    assert changing(story.session) == first < story.session.seq


@pytest.mark.parametrize(
    ("signal", "answer"),
    [
        *[("a", BAD), ("a", GONE), ("c", GOOD)],
        *[("b", Reading({})), ("b", Reading({"x": 1}, defect="null at x"))],
        ("w", Reading({"min_ready_s": 30})),
    ],
)
def test_a_result_is_dropped_once_a_reading_tells_anything_else(signal: str, answer: Any) -> None:
    shape = Shape(settles=("min_ready_s",))
    workload = msgspec.structs.replace(number("w", passes="true"), shape=shape)
    unruled = msgspec.structs.replace(number("b"), rule=Rule())
    held = sensed("c", hold=Hold(9.0, 9.0))
    story = Story(plan(sensed("a"), sensed("b"), held, sensed("w"), signals=(workload, unruled)))
    for name in ("a", "c"):
        story.see(name, GOOD)
    for name, value in {"b": {"x": 1}, "w": {"min_ready_s": 10}}.items():
        story.see(name, Reading(value))
    changing(story.session)
    before = story.session.seq
    story.answer(signal, answer)
    assert changing(story.session) == story.session.seq > before


def test_a_result_is_dropped_once_another_fault_has_the_same_verdict() -> None:
    story = Story(plan(sensed("a")))
    story.see("a", GONE)
    changing(story.session)
    verdict = story.session.signals["a"].verdict
    story.tell(Observed("a", Fault(FaultKind.TIMEOUT, "slow"), verdict, 1.0))
    assert changing(story.session) == story.session.seq


def test_the_next_item_to_settle_is_first_before_its_state_has_changed() -> None:
    story = Story(plan(sensed("a", hold=Hold(10.0, 10.0)), sensed("b", hold=Hold(12.0, 12.0))))
    settling = []
    for name in ("a", "b", *["b"] * 5):
        story.answer(name, GOOD)
        settling.append(next(group.items for group in todo(story.session) if group.need is Need.SETTLING))
    assert (settling[1], settling[-1]) == (("ready/s/a", "ready/s/b"), ("ready/s/b", "ready/s/a"))


def test_no_more_results_are_kept_than_a_limit() -> None:
    story = Story(plan(sensed("a")))
    computed.clear()
    for _ in range(2):
        for one in range(MOST_KEPT + 1):
            changing(story.session, one)
    assert len(computed) == 2 * (MOST_KEPT + 1)


@pytest.mark.parametrize("seed", range(3))
def test_kept_results_are_those_computed_afresh(seed: int) -> None:
    chance = random.Random(seed)
    story, known = anything.story(), kept_rules()
    assert len(known) > 8
    seen: dict[str, set[str]] = {one.__name__: set() for one in known}
    # Results are kept for each thread: what another one computes of a copy is computed afresh.
    with ThreadPoolExecutor(1) as other:
        for _ in range(160):
            anything.happens(story, chance)
            afresh = other.submit(_results, copied(story.session), story.now, known).result()
            kept = _results(story.session, story.now, known)
            assert kept == afresh, [name for name in kept if kept[name] != afresh[name]]
            for name, result in kept.items():
                seen[name].add(repr(result))
    assert sum(len(results) > 1 for results in seen.values()) >= 8, seen


def _results(session: Session, now: Stamp, known: list[Callable[..., Any]]) -> dict[str, Any]:
    timed = {one: "now" in inspect.signature(inspect.unwrap(one)).parameters for one in known}
    return {one.__name__: one(session, now) if timed[one] else one(session) for one in known}
