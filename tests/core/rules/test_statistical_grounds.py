"""A statistical comparison alone is no ground of ROLLBACK, whatever combination it is in."""

import msgspec
import pytest

from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.combination import fails_by_statistics
from tests.core.sessions import BAD, GOOD, Story, number, plan, sensed


def of(name: str, probe: str, *members: str, passes: str = "") -> Signal:
    """Return a combination."""
    return Signal(name, name, "session", probe, {"signals": list(members)}, Rule(passes))


CANARY = msgspec.structs.replace(number("canary"), statistical=True)
SIGNALS = {
    each.name: each
    for each in (
        CANARY,
        msgspec.structs.replace(number("second"), statistical=True),
        number("rate"),
        of("both", "any_of", "canary", "rate"),
        of("comparisons", "any_of", "canary", "second"),
        of("all", "all_of", "canary", "rate"),
        of("nested", "any_of", "rate", "all"),
        of("hidden", "any_of", "comparisons", "canary"),
        of("ruled", "any_of", "canary", "rate", passes="size(value.failing) == 0"),
    )
}


@pytest.mark.parametrize(
    ("name", "alone"),
    [
        ("canary", True), ("rate", False), ("both", False), ("comparisons", True), ("all", True), ("nested", False),
        ("hidden", True), ("ruled", True), ("missing", False),
    ],
)  # fmt: skip
def test_a_signal_that_can_fail_by_comparisons_alone(name: str, alone: bool) -> None:
    assert fails_by_statistics(name, SIGNALS) is alone


def advice(story: Story) -> Advice:
    story.settle()
    assert story.session.advised is not None
    return story.session.advised.advice


def armed(signal: str) -> Story:
    """Return a session in the phase that arms the abort rule of a signal."""
    signals = (CANARY, SIGNALS["rate"], *(SIGNALS[name] for name in ("both", "all") if name == signal))
    story = Story(plan(sensed("errors", "deployment"), signals=signals, aborts=(Abort(signal, 10.0, "deployment"),)))
    story.go()
    story.see("errors", GOOD)
    return story


def test_a_comparison_that_fails_for_long_is_no_go_and_no_rollback() -> None:
    story = armed("canary")
    story.see("canary", *[BAD] * 60)
    assert advice(story) is Advice.NO_GO


@pytest.mark.parametrize("combination", ["both", "all"])
def test_a_rollback_needs_another_signal_that_fails(combination: str) -> None:
    story = armed(combination)
    for _ in range(30):
        story.see("rate", GOOD)
        story.see("canary", BAD)
        story.settle()
    assert advice(story) is not Advice.ROLLBACK
    for _ in range(30):
        story.see("rate", BAD)
        story.see("canary", BAD)
        story.settle()
    assert advice(story) is Advice.ROLLBACK
