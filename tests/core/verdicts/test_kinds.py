"""A text that is compared with a number is never equal to it: such a comparison has no result, whatever its sign."""

from typing import Any

import pytest

from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.cel.evaluation import Undecided, is_true
from mmcockpit.core.rules.cel.step_rules import is_step_rule_true
from mmcockpit.core.rules.judge import judge
from tests.core.sessions import Story, cockpit

ROWS = [{"name": "a", "n": 5}, {"name": "b", "n": "5"}]


def verdict(value: Any, rule: str) -> tuple[Level, str]:
    signal = Signal("s", "S", "http", "get", rule=Rule(rule))
    story = Story(cockpit(signal))
    result = judge(signal, Reading(value), story.session, story.now)
    return result.level, result.because


@pytest.mark.parametrize(
    ("value", "rule", "reason"),
    [
        ({"n": "5"}, "value.n != 5", "n is text: 5 (must be a number)"),
        ({"n": "5"}, "value.n == 5", "n is text: 5 (must be a number: 5)"),
        ({"n": "5"}, "!(5 == value['n'])", "n is text: 5 (must be a number: 5)"),
        ({"n": 5}, "value.n != '5'", "n is a number: 5 (must be text)"),
        ({"n": "200"}, "!(value.n in [200, 201])", "n is text: 200 (must be a number: 200 or 201)"),
        ({"ok": "yes"}, "value.ok != true", "ok is text: yes (must be yes or no)"),
        ({"ok": True}, "value.ok != 'true'", "ok is yes or no: yes (must be text)"),
        ("5", "value != 5", "the value is text: 5 (must be a number)"),
        ({"a": "5", "b": 5}, "value.a != value.b", "a is text: 5 (must be a number)"),
        (ROWS, "!value.exists(row, row.n == 6)", "b: n is text: 5 (must be a number: 6)"),
        (ROWS, "value.filter(row, row.n != 5).size() == 1", "b: n is text: 5 (must be a number)"),
    ],
)
def test_a_comparison_of_different_kinds_is_unknown_with_its_reason(value: Any, rule: str, reason: str) -> None:
    assert verdict(value, rule) == (Level.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("value", "rule", "level"),
    [
        ({"n": 5.0, "m": 5}, "value.n == 5 && value.m == 5.0 && value.n == value.m", Level.PASS),
        ({"n": 5}, "value.n == null", Level.FAIL),
        ({"n": [5]}, "value.n == 5", Level.FAIL),
        # Right in Kubernetes, where a port is a number or a name.
        ({"port": "http"}, "value.port == 80 || value.port == 'http'", Level.PASS),
        ({"port": "https"}, "value.port != 80 && value.port != 'http'", Level.PASS),
        ({"port": "https"}, "value.port in [80, 'http']", Level.FAIL),
        ({"n": "5"}, "type(value.n) == string && value.n == 5", Level.FAIL),
        # What is not evaluated, or does not matter, is not missed.
        ({"n": "5", "ok": True}, "value.ok || value.n == 5", Level.PASS),
        ({"n": "5", "ok": False}, "value.ok ? value.n == 5 : true", Level.PASS),
        ({"a": "it's", "b": "b'"}, "value.a == \"it's\" && value.b == 'b\\'' && value.b != r'c'", Level.PASS),
    ],
)
def test_other_comparisons_keep_the_result_of_cel(value: Any, rule: str, level: Level) -> None:
    assert verdict(value, rule)[0] is level


def test_a_number_is_not_compared_with_a_variable() -> None:
    scope = {"value": {"n": 5}, "vars": {"limit": "5", "name": "a"}}
    assert isinstance(is_true("value.n != vars.limit", False, scope), Undecided)
    assert is_true("value.n == int(vars.limit) && vars.name == 'a'", False, scope) is True


def test_a_step_that_compares_different_kinds_cannot_start() -> None:
    scope = {"signals": {"s": {"value": {"n": "5"}}}}
    assert isinstance(is_step_rule_true("signals.s.value.n != 5", scope), Undecided)


def test_a_value_that_is_a_number_is_compared_as_before() -> None:
    assert is_true("value == 1", True, {"value": 1.0}) is True
    assert is_true("value != baseline", True, {"value": 1.0, "baseline": 1.5}) is True
