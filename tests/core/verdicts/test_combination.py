"""Combinations: fail, unknown, warn, pass; each member that does not pass is named; judged when a member changes."""

from itertools import product

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Basis, Level
from mmcockpit.core.rules.combination import polled_by
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.signals import SignalState
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, manual, number, plan, sensed

OLD_RULE = Rule("size(value.failing) == 0", "has(value.warning) && size(value.warning) == size(value.failing)")
ANSWERS: dict[Level, float | Fault] = {Level.PASS: GOOD, Level.WARN: WARNS, Level.FAIL: BAD, Level.UNKNOWN: GONE}


def together(
    probe: str = "all_of", rule: Rule = Rule(), names: tuple[str, ...] = ("left", "right"), **more: object
) -> Signal:
    return Signal("both", "Both", "session", probe, {"signals": list(names)}, rule, **more)  # type: ignore[arg-type]


def night(combination: Signal, *members: Signal) -> Story:
    members = members or (number("left"), number("right"))
    return Story(plan(sensed("item", signal="both"), manual("audit"), signals=(*members, combination)))


def both(story: Story) -> SignalState:
    return story.session.signals["both"]


ALL_OF = {
    **{(a, a): a for a in Level},
    (Level.PASS, Level.WARN): Level.WARN,
    (Level.PASS, Level.FAIL): Level.FAIL,
    (Level.PASS, Level.UNKNOWN): Level.UNKNOWN,
    (Level.WARN, Level.FAIL): Level.FAIL,
    (Level.WARN, Level.UNKNOWN): Level.UNKNOWN,
    (Level.FAIL, Level.UNKNOWN): Level.FAIL,
}
ANY_OF = {
    **{(a, a): a for a in Level},
    (Level.PASS, Level.WARN): Level.PASS,
    (Level.PASS, Level.FAIL): Level.PASS,
    (Level.PASS, Level.UNKNOWN): Level.PASS,
    (Level.WARN, Level.FAIL): Level.WARN,
    (Level.WARN, Level.UNKNOWN): Level.UNKNOWN,
    (Level.FAIL, Level.UNKNOWN): Level.UNKNOWN,
}


@pytest.mark.parametrize("rule", [Rule(), OLD_RULE], ids=["by its members", "by the rules of shipped files"])
@pytest.mark.parametrize(("first", "second"), list(product(Level, Level)))
def test_all_of_is_fail_unknown_warn_pass_whichever_comes_first(first: Level, second: Level, rule: Rule) -> None:
    story = night(together(rule=rule))
    story.see("left", ANSWERS[first])
    story.see("right", ANSWERS[second])
    expected = ALL_OF.get((first, second)) or ALL_OF[second, first]
    assert both(story).verdict.level is expected
    for name, level in (("left", first), ("right", second)):
        assert (name in both(story).verdict.because) is (level is not Level.PASS), both(story).verdict.because


@pytest.mark.parametrize(("first", "second"), list(product(Level, Level)))
def test_any_of_passes_with_one_and_is_unknown_where_what_is_unknown_may_pass(first: Level, second: Level) -> None:
    story = night(together("any_of"))
    story.see("left", ANSWERS[first])
    story.see("right", ANSWERS[second])
    assert both(story).verdict.level is (ANY_OF.get((first, second)) or ANY_OF[second, first])


def test_a_warning_beside_an_unknown_is_unknown_and_takes_a_satisfied_item_back() -> None:
    story = night(together(rule=OLD_RULE))
    story.see("right", GOOD)
    story.see("left", GOOD)
    assert story.state("item") is State.GOOD
    story.see("left", WARNS)
    assert (both(story).verdict.level, story.state("item")) == (Level.WARN, State.GOOD)
    story.see("right", GONE)
    assert (both(story).verdict.level, story.state("item")) == (Level.UNKNOWN, State.UNKNOWN)
    assert "right unknown: refused: gone" in both(story).verdict.because
    assert "left" in both(story).verdict.because
    assert story.session.advised is not None
    assert story.session.advised.advice is Advice.HOLD


def test_a_failure_is_decided_beside_a_member_whose_source_is_not_configured() -> None:
    story = night(together(rule=OLD_RULE))
    story.see("right", Fault(FaultKind.CONFIGURATION, "the cockpit file has no source 'cluster'"))
    story.see("left", BAD)
    assert (both(story).verdict.level, story.state("item")) == (Level.FAIL, State.BAD)
    assert "no source 'cluster'" in both(story).verdict.because


def test_a_rule_that_tolerates_a_failure_does_not_pass_over_an_unknown() -> None:
    story = night(
        together(rule=Rule("size(value.failing) <= 1"), names=("left", "right", "three")),
        *(number(name) for name in ("left", "right", "three")),
    )
    story.see("left", BAD)
    story.see("right", GOOD)
    story.see("three", GOOD)
    assert both(story).verdict.level is Level.PASS
    story.see("three", GONE)
    assert both(story).verdict.level is Level.UNKNOWN
    assert "three unknown: refused: gone" in both(story).verdict.because


def test_every_member_that_does_not_pass_is_in_the_text_however_many_there_are() -> None:
    names = tuple(f"member{n}" for n in range(9))
    story = night(together(names=names), *(number(name) for name in names))
    for name in names[:-1]:
        story.see(name, BAD)
    story.see(names[-1], Fault(FaultKind.SERVER_ERROR, "a long story " * 40))
    assert all(name in both(story).verdict.because for name in names)


def test_a_combination_is_unknown_until_all_members_were_polled_unless_one_decides() -> None:
    story = night(together())
    story.see("left", GOOD)
    assert both(story).asked_at is None
    story.see("right", GOOD)
    assert both(story).verdict.level is Level.PASS
    story = night(together())
    story.see("left", BAD)
    assert both(story).verdict.level is Level.FAIL, "at once"


def test_a_combination_is_judged_at_the_moment_a_member_changes_and_again_at_its_interval() -> None:
    story = night(together(every=60.0))
    for name in ("left", "right"):
        story.see(name, GOOD)
    first = both(story).asked_at
    story.see("left", *[GOOD] * 5, every=2.0)
    assert both(story).asked_at == first, "nothing changed"
    story.see("left", BAD, every=0.0)
    assert both(story).asked_at == story.now
    story.see("left", GOOD, every=0.0)
    story.wait(60)
    story.settle()
    assert both(story).asked_at == story.now
    assert fold(story.events) == story.session


def test_a_combination_follows_a_member_that_went_stale_and_one_that_rests_on_it() -> None:
    outer = Signal("outer", "Outer", "session", "all_of", {"signals": ["both"]})
    story = night(together(), number("left"), number("right"), outer)
    for name in ("left", "right"):
        story.see(name, GOOD)
    assert story.session.signals["outer"].verdict.level is Level.PASS
    story.wait(100)
    story.settle()
    for name in ("both", "outer"):
        assert story.session.signals[name].verdict.level is Level.UNKNOWN
        assert "silent: no result for" in story.session.signals[name].verdict.because


def test_a_resumed_combination_is_unknown_until_its_members_are_polled_again() -> None:
    story = night(together(every=60.0))
    for name in ("left", "right"):
        story.see(name, GOOD)
    story.tell(facts.Resumed("bo", "there", 8.0))
    story.settle()
    assert both(story).verdict.level is Level.UNKNOWN
    for name in ("left", "right"):
        story.see(name, GOOD)
    assert both(story).verdict.level is Level.PASS


def test_a_persisting_combination_counts_what_its_members_say_next() -> None:
    story = night(together(rule=Rule(agree=3, of=3), every=60.0))
    for name in ("left", "right", "left", "right", "left"):
        story.see(name, GOOD)
    assert both(story).verdict.level is Level.PASS


def test_one_that_does_not_apply_proves_nothing_where_one_of_several_has_to_pass() -> None:
    absent = Signal("left", "left", "cluster", "get", {}, Rule("value.ok", applies="value.there"))
    story = night(together("any_of"), absent, number("right"))
    story.see("left", Reading({"there": False, "ok": False}))
    assert story.session.signals["left"].verdict.basis is Basis.NOT_APPLICABLE
    story.see("right", BAD)
    assert both(story).verdict.level is Level.FAIL


def test_polling_a_combination_polls_its_members_but_no_active_one() -> None:
    paid = Signal("paid", "Paid", "api", "post", {}, Rule("value.ok"), active=True)
    outer = Signal("outer", "Outer", "session", "any_of", {"signals": ["both", "paid"]})
    story = night(together(), number("left"), number("right"), paid, outer)
    assert polled_by(story.session, ("outer",)) == ("left", "right")
    assert polled_by(story.session, ("paid", "both")) == ("paid", "left", "right")


def test_the_value_names_the_unknown_members_only_where_there_are_any() -> None:
    story = night(together())
    story.see("left", BAD)
    assert both(story).value == {"passing": [], "failing": ["left"], "warning": [], "unknown": ["right"]}
    story.see("right", GOOD)
    assert both(story).value == {"passing": ["right"], "failing": ["left"], "warning": []}
