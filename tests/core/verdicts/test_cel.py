"""Rules in CEL: ints and doubles mix, and an evaluation that fails is unknown with its reason, never an exception."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.rules.cel.evaluation import (
    RuleError,
    Undecided,
    compile_rule,
    compile_text,
    evaluate_duration,
    evaluate_text,
    is_true,
)
from mmcockpit.core.rules.cel.loops import nested_loop

ANSWER = {
    "x": 3.0,
    "i": 7,
    "z": 0,
    "list": [3, 4.5],
    "whole": [3, 4],
    "big": 2**63 + 5,
    "text": "ab",
    "rows": [{"v": 2}, {"v": 2.5}],
}


@pytest.mark.parametrize(
    "rule",
    [
        "value < 20",
        "value * 2 < 20",
        "2 * value == 6",
        "value == 3",
        "value != 4",
        "3 == value",
        "value >= 3 && value <= 3",
        "value in [1, 2, 3]",
        "value in [1, 2.5, 3]",
        "value in {3: true}",
        "-value < 0",
        "value - 1 == 2",
        "value / 2 == 1.5",
        "value % 2 == 1",
        "(value > 1 ? 1 : 2.5) == 1",
        "value > 1 ? value < 4 : value > 10",
        "[value, 4].all(one, one > 2)",
        "[1.0, 2.0] == [1, 2]",
        "value > 1u",
        "value * 2u == 6",
        "value == baseline * 2",
        "value - baseline < 2",
    ],
)
def test_a_number_compares_and_computes_with_ints(rule: str) -> None:
    assert is_true(rule, True, {"value": 3.0, "baseline": 1.5}) is True


@pytest.mark.parametrize(
    "rule",
    [
        "value.x < 20",
        "value.x * 2 < 20",
        "value.x / 3 == 1",
        "value.x / 3 == 1.0",
        "value.x + 1 == 4",
        "value.x == 3",
        "value.i < 7.5",
        "value.i * 0.5 == 3.5",
        "value.i - value.x == 4",
        "value.x < value.i",
        "value.x + value.i == 10",
        "1.0 - value.i < 3",
        "-value.i < -6.5",
        "size(value.list) * 1.5 == 3",
        "value.list[0] < 3.5 && value.list[1] > 4",
        "value.list.all(one, one * 2 < 10)",
        "value.list.map(one, one * 2) == [6, 9]",
        "3.0 in value.whole && 4 in value.whole",
        "value.x in value.whole",
        "value.whole == [3.0, 4.0]",
        "value.rows.exists(row, row.v * 2 == 5) && value.rows.all(row, row.v >= 2)",
        "value.big > 1 && value.big > 1.5",
        "value.i > 3u && value.i + 3u == 10",
        "value.x > 1 ? value.i > 2.5 : false",
        "value.i > baseline * 2",
        "double(value.i) / 2 == 3.5",
    ],
)
def test_fields_and_elements_of_an_answer_mix_ints_and_doubles(rule: str) -> None:
    assert is_true(rule, False, {"value": ANSWER, "baseline": 1.5}) is True


@pytest.mark.parametrize(
    "rule",
    [
        "7 / 2 == 3",
        "7u / 2u == 3u",
        "value.i / 2 == 3",
        "value.i % 2 == 1",
        "-7 / 2 == -3",
        "value.i * 2 == 14",
        "value.i / 2u == 3",
    ],
)
def test_int_with_int_stays_int(rule: str) -> None:
    assert is_true(rule, False, {"value": ANSWER}) is True


def test_a_division_by_zero_matters_only_where_it_decides() -> None:
    value = {"errors": 0.0, "total": 0.0, "div": 1, "_/_": 2}
    for rule in ("value.total == 0 || value.errors / value.total < 0.01", 'value.div == 1 && value["_/_"] == 2'):
        assert is_true(rule, False, {"value": value}) is True
    assert is_true("value / baseline < 1.5", True, {"value": 3.0, "baseline": 4.0}) is True
    assert isinstance(is_true("value / baseline < 1.5", True, {"value": 3.0, "baseline": 0.0}), Undecided)


@given(st.integers(-1000, 1000), st.floats(-1000, 1000), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_mixed_comparisons_are_those_of_the_numbers(whole: int, real: float, sign: str) -> None:
    assert is_true(f"value.a {sign} value.b", False, {"value": {"a": whole, "b": real}}) is eval(f"whole {sign} real")
    assert is_true(f"value {sign} {whole}", True, {"value": real}) is eval(f"real {sign} whole")


FAILING: list[tuple[str, Any, str]] = [
    ("value.all(a, value.filter(b, b == a).size() == 1)", list(range(120)), "more than 10,000 list entries"),
    ("value.all(a, a >= 0)", list(range(12_000)), "more than 10,000 list entries"),
    ("value.map(a, value.exists(b, b == a)).all(c, c)", list(range(150)), "more than 10,000 list entries"),
    ("value.json.status == 'healthy'", {"status": 200}, "json"),
    ("value.a + 1 == 2", {"a": "x"}, "another type"),
    ("value.a / 0 == 1", {"a": 1}, "divides by zero"),
    ("value.a / 0 > 1", {"a": 1.5}, "divides by zero"),
    ("value.a / value.b < 0.01", {"a": 0.0, "b": 0.0}, "divides by zero"),
    ("value.a / value.b < 0.01", {"a": 3.0, "b": 0.0}, "divides by zero"),
    ("!(value.a / value.b >= 0.01)", {"a": 0.0, "b": 0.0}, "divides by zero"),
    ("value.a / value.b != 1.0", {"a": 0.0, "b": -0.0}, "divides by zero"),
    ("value.rows.all(row, row.a / row.b < 1.0)", {"rows": [{"a": 1.0, "b": 2.0}, {"a": 0.0, "b": 0.0}]}, "by zero"),
    ("value.a / value.b > 0", {"a": -(2**63), "b": -1}, "a number is too large"),
    ("value[5] == 1", [1], "an entry that it reads is missing"),
    ("value.a * 4 > 1", {"a": 2**62}, "a number is too large"),
    ("value.a == 'x'", {"a": "\ud800"}, "cannot be decided"),
    ("int(value.a) == 1", {"a": "x"}, "cannot be decided"),
    ("value.a.matches('(')", {"a": "x"}, "cannot be decided"),
    ("value.a", {"a": "yes"}, "text, not true or false"),
    ("value.a", {"a": 1}, "a number, not true or false"),
    ("value == baseline", 1, "baseline"),
    ("value == ", 1, "not valid"),
]


@pytest.mark.parametrize(("rule", "value", "reason"), FAILING, ids=[rule for rule, _, _ in FAILING])
def test_an_evaluation_that_fails_is_undecided_with_its_reason(rule: str, value: Any, reason: str) -> None:
    found = is_true(rule, False, {"value": value})
    assert isinstance(found, Undecided)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [
        ("duration(string(value.size()) + 's')", list(range(3)), ""),
        (
            "value.all(a, value.exists(b, b == a + 1)) ? duration('1s') : duration('2s')",
            list(range(200)),
            "list entries",
        ),
        ("duration('-5s')", 1, "0 s or more"),
        ("duration(value)", 1, "cannot be decided"),
        ("value", 3, "0 s or more"),
    ],
)
def test_a_duration_that_fails_is_undecided_and_none_is_negative(rule: str, value: Any, reason: str) -> None:
    found = evaluate_duration(rule, {"value": value})
    assert (reason in found.reason) if isinstance(found, Undecided) else (found == 3.0 and not reason)


@pytest.mark.parametrize(
    "rule", ["value < 'a'", "value + 'a' == 'b'", "value == true", "value < duration('1s')", "valu < 1"]
)
def test_what_is_no_number_is_still_refused_beside_one(rule: str) -> None:
    with pytest.raises(RuleError):
        compile_rule(rule, True)


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("value.all(a, value.filter(b, b.pod == a.pod).size() == 1)", (1, 20)),
        ("value.rows.all(a,\n  value.rows.exists(b, b == a))", (2, 14)),
        ("value.map(a, a.labels).all(l, value.exists_one(b, b == l))", (1, 37)),
        ("value.all(a, (value).exists(b, b == a))", (1, 22)),
        ("value.all(a, a.parts.all(p, value.exists(c, c == p)))", (1, 35)),
        ("value.all(a, a.containers.all(c, c.ready))", None),
        ("['a', 'b'].all(name, value.exists(one, one.name == name))", None),
        ("value.filter(a, a.ready).all(b, b.ok)", None),
        ("value.all(a, a != '.filter(x, y)')", None),
        ("value.all(a, a in [1, 2].filter(b, b > 1)) // .all(x,", None),
        ("value.all(a, size(value) > 2)", None),
    ],
)
def test_a_comprehension_over_a_list_inside_one_over_another_is_found(rule: str, place: tuple[int, int] | None) -> None:
    assert nested_loop(rule) == place


def test_a_rule_that_maps_a_long_list_is_undecided_before_it_takes_long() -> None:
    rows = [{"v": number} for number in range(5_000)]
    found = is_true("value.map(one, one.v).size() > 0", False, {"value": rows})
    assert isinstance(found, Undecided)
    assert "more than 1,400 entries" in found.reason
    nested = is_true("value.a.map(one, one.v).size() > 0", False, {"value": {"a": rows}})
    assert isinstance(nested, Undecided)
    assert is_true("value.map(one, one.v).size() == 1400", False, {"value": rows[:1_400]}) is True
    assert is_true("value.all(one, one.v >= 0)", False, {"value": rows}) is True


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ('"asked " + "a/b".split("/")[0]', {}, "asked a"),
        ('"a/b/c".split("/")[2]', {}, "c"),
        ('"ab".split("")[1]', {}, "b"),
        ('"HTTP " + string(value.status)', {"status": 502}, "HTTP 502"),
        ('value.ok ? "yes" : "no"', {"ok": False}, "no"),
    ],
)
def test_an_expression_gives_a_text(text: str, value: Any, found: str) -> None:
    assert evaluate_text(text, False, {"value": value}) == found


@pytest.mark.parametrize("text", ["value.gone", "value.number"])
def test_an_expression_that_gives_no_text_is_undecided(text: str) -> None:
    assert isinstance(evaluate_text(text, False, {"value": {"number": 1}}), Undecided)


def test_a_message_that_is_no_text_does_not_compile() -> None:
    with pytest.raises(RuleError, match="not a text"):
        compile_text("1 + 1", False)


@pytest.mark.parametrize(
    ("rule", "fix"),
    [
        ("value = 1", "write == to compare"),
        ("value === 1", "write == to compare"),
        ("value => 1", "write >="),
        ("value =< 1", "write <="),
        ("value ≤ 1", "write <="),
        ("value <> 1", "write != for not equal"),
        ("value < 1 and value > 0", "write && for `and`"),
        ("value < 1 or value > 2", "write || for `or`"),
        ("not (value < 1)", "write ! for `not`"),
        ("value < 1.0 & value > 0.0", "write && for `and`"),
        ("value == True", "write true in lower case"),
        ("“value < 1”", "write straight quotes, \" or '"),
        ("value < 1%", "write the number alone; a share of 1% is 0.01"),
        ("value < 500ms", "write 500 without a unit"),
        ("0 < value < 1", "write two comparisons with && between them"),
        ("value < 0.01;", "remove the semicolon"),
        ("value == 'a", "close the quote"),
        ("1.0 < '5'", "a number and a text cannot be compared: remove the quotes, or convert the text with double(…)"),
        ("value < ", ""),
        ("value.status == 200", "this value is a number, a text or a list: it has no fields"),
        ("vale < 1", ""),
        ("value < 1 value", ""),
    ],
)
def test_a_usual_mistake_in_a_rule_comes_with_what_to_write(rule: str, fix: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(rule, True)
    assert caught.value.fix == fix
    assert "expecting {" not in caught.value.message


def test_a_field_may_have_the_name_of_an_operator() -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule("value.or == vars.and &&", False)
    assert caught.value.fix == ""
