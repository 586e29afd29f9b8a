"""Unknown is never go: how answers become verdicts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, ProbeError, Reading, normalise
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.cel.evaluation import RuleError, compile_rule
from mmcockpit.core.rules.judge import judge
from tests.core.sessions import Story, cockpit


def verdict_of(answer: Answer, rule: Rule) -> tuple[Level, str]:
    signal = Signal("s", "S", "prometheus", "query", rule=rule)
    story = Story(cockpit(signal))
    verdict = judge(signal, answer, story.session, story.now)
    return verdict.level, verdict.because


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (0.0, Level.PASS),
        (0.0099, Level.PASS),
        (0.01, Level.WARN),
        (0.0499, Level.WARN),
        (0.05, Level.FAIL),
        (1, Level.FAIL),
    ],
)
def test_a_number_passes_warns_or_fails_at_its_thresholds(value: float, level: Level) -> None:
    rule = Rule("value < 0.01", "value < 0.05", numeric=True)
    assert verdict_of(Reading(value), rule)[0] is level


BAD: list[Any] = [float("nan"), float("inf"), float("-inf"), None, [], {}]
ALWAYS = {True: Rule("true", numeric=True), False: Rule("true")}


@pytest.mark.parametrize("numeric", [True, False])
@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_no_kind_of_missing_value_passes_even_a_rule_that_is_always_true(bad: Any, numeric: bool) -> None:
    value, defect = normalise(bad)
    level, because = verdict_of(Reading(value, defect=defect), ALWAYS[numeric])
    assert level is Level.UNKNOWN
    assert because


nested = st.recursive(
    st.sampled_from(BAD[:4]),
    lambda inner: (
        st.lists(st.one_of(st.integers(-(2**63), 2**63), inner), max_size=3).map(lambda part: [*part, None])
        | st.dictionaries(st.text(max_size=3), inner, min_size=1, max_size=3)
    ),
)


@given(nested)
def test_null_nan_and_inf_at_any_depth_are_unknown(value: Any) -> None:
    tidy, defect = normalise(value)
    assert defect
    assert verdict_of(Reading(tidy, defect=defect), ALWAYS[False])[0] is Level.UNKNOWN


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_is_unknown_and_names_its_kind(kind: FaultKind) -> None:
    level, because = verdict_of(Fault(kind, "why"), ALWAYS[False])
    assert level is Level.UNKNOWN
    assert because == f"{kind}: why"


def test_an_empty_result_counts_only_if_the_signal_allows_it() -> None:
    assert verdict_of(Reading([]), Rule("value.all(x, false)"))[0] is Level.UNKNOWN
    assert verdict_of(Reading([]), Rule("value.all(x, false)", empty="value"))[0] is Level.PASS
    assert verdict_of(Reading([]), Rule("value < 1.0", numeric=True, empty="value"))[0] is Level.PASS


@pytest.mark.parametrize("value", ["0", True, [1], {"a": 1}], ids=repr)
def test_a_number_of_the_wrong_type_is_unknown(value: Any) -> None:
    assert verdict_of(Reading(value), Rule("value < 1.0", numeric=True))[0] is Level.UNKNOWN


def test_a_rule_that_cannot_be_evaluated_is_unknown_with_its_reason() -> None:
    level, because = verdict_of(Reading({"status": 200}), Rule("value.json.status == 'healthy'"))
    assert level is Level.UNKNOWN
    assert "json" in because


def test_a_signal_without_a_rule_is_never_judged_good() -> None:
    assert verdict_of(Reading(1.0), Rule(numeric=True))[0] is Level.UNKNOWN


@pytest.mark.parametrize(
    ("text", "numeric", "message", "column"),
    [
        ("value < 'a'", True, "no matching overload", 7),
        ("valu < 1.0", True, "undeclared reference to 'valu'", 1),
        ("value <", True, "Syntax error", 8),
        ("value", True, "not true or false", 1),
    ],
)
def test_the_error_of_a_rule_that_does_not_compile_names_place_and_cause(
    text: str, numeric: bool, message: str, column: int
) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(text, numeric)
    assert message in caught.value.message
    assert caught.value.column == column


def levels(story: Story, *values: float | Fault) -> list[str]:
    seen = []
    for value in values:
        story.answer("error_rate", value)
        seen.append(str(story.session.signals["error_rate"].verdict.level))
    return seen


BLIND = Fault(FaultKind.TIMEOUT, "no answer")


def test_a_level_changes_only_after_persist_readings_agree() -> None:
    assert levels(Story(), 0, 0, 0, 0.9, 0.9, 0, 0.9, 0.9, 0.9) == [
        *["unknown", "unknown", "pass"],
        *["pass", "pass", "pass", "pass", "pass", "fail"],
    ]


def test_turning_unknown_is_immediate_and_leaving_it_takes_persist() -> None:
    assert levels(Story(), 0, 0, 0, BLIND, 0, 0, 0) == [
        *["unknown", "unknown", "pass", "unknown"],
        *["unknown", "unknown", "pass"],
    ]


def test_a_waiting_verdict_shows_how_many_readings_agree() -> None:
    story = Story()
    levels(story, 0, 0)
    verdict = story.session.signals["error_rate"].verdict
    assert (verdict.agree, verdict.of, verdict.raw) == (2, 3, Level.PASS)
    assert verdict.because == "pass 2 of 3, not yet decided"


@given(st.lists(st.sampled_from([0.0, 0.02, 0.9, "blind", float("nan")]), max_size=40))
def test_a_verdict_passes_only_after_three_passing_readings_in_a_row(values: list[Any]) -> None:
    story = Story()
    streak = 0
    for value in values:
        tidy, defect = normalise(None if value == "blind" else value)
        story.answer("error_rate", BLIND if value == "blind" else Reading(tidy, defect=defect))
        streak = streak + 1 if value == 0.0 else 0
        state = story.session.signals["error_rate"]
        if state.verdict.level is Level.PASS and state.verdict.raw is Level.PASS and state.verdict.agree >= 3:
            assert streak >= 3
        if value == "blind" or value != value:
            assert state.verdict.level is Level.UNKNOWN


@pytest.mark.parametrize("value", [2**64, -(2**64), 10**400])
def test_an_integer_that_no_double_holds_is_malformed_not_a_crash(value: int) -> None:
    with pytest.raises(ProbeError, match="beyond 64 bits"):
        normalise({"n": value})


def test_a_reason_names_the_failing_clause_or_else_the_rule() -> None:
    rule = Rule("value.by == 'a'", "value.by == 'b'", message="'asked a, ' + value.by + ' answered'")
    assert verdict_of(Reading({"by": "a"}), rule) == (Level.PASS, "")
    assert verdict_of(Reading({"by": "b"}), rule) == (Level.WARN, "asked a, b answered")
    assert verdict_of(Reading({"by": "c"}), rule) == (Level.FAIL, "asked a, c answered")
    level, because = verdict_of(Reading({"by": ["c"]}), rule)
    assert level is Level.FAIL
    assert because == "by 1 (c) (must be a)"
