"""Which names the conditions of steps read: only those are looked up, and no other."""

import pytest

from mmcockpit.core.rules.cel.step_rules import names_in
from mmcockpit.core.rules.steps.conditions import holds
from tests.core.procedures.step_kinds import opened
from tests.core.sessions import GOOD


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('signals.a.verdict == "pass" && signals["b"].value < 1.0', {"signals": {"a", "b"}}),
        ('values.x == vars.y && steps["s"].state == "ok"', {"values": {"x"}, "vars": {"y"}, "steps": {"s"}}),
        ("size(signals) > 1", {"signals": None}),
        ('"errors" in signals', {"signals": None}),
        ("signals[vars.name].value < 1.0", {"signals": None, "vars": {"name"}}),
        ('signals.exists(name, signals[name].verdict == "fail") || signals.a.value > 1.0', {"signals": None}),
        (r'signals["a\x41"].value < 1.0', {"signals": None}),
        ('values.signals == "signals.a"', {"values": {"signals"}}),
    ],
)
def test_the_names_that_a_condition_reads(text: str, names: dict[str, set[str] | None]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    "text",
    [
        'signals["errors"].value < 1.0',
        '"errors" in signals && signals.exists(name, signals[name].value < 1.0)',
        "signals[vars.signal].value < 1.0",
        r'signals["\x65rrors"].value < 1.0',
        'size(steps) == 1 && steps["last"].state == "ready"',
    ],
)
def test_a_condition_is_true_however_it_names_what_it_reads(text: str) -> None:
    story = opened(vars={"signal": "errors"})
    story.see("errors", GOOD)
    run = story.session.procedures["go"]
    assert holds(story.session, run, text, story.now) is True
