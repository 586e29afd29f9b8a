"""Constants that a rule cannot use are mistakes of the file, and values that it cannot use are its reason."""

from pathlib import Path
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.core.model.reading import Reading, normalise
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.cel.constants import check_constants
from mmcockpit.core.rules.cel.evaluation import RuleError
from mmcockpit.core.rules.judge import judge
from tests.core.sessions import Story, cockpit

LETTERS = "texts are ordered letter by letter: '2.9' is after '2.10'"
NO_TIME = "a text cannot be read as a number or a time"


@pytest.mark.parametrize(
    ("rule", "message", "fix"),
    [
        ("duration(value.t) < duration('1d')", NO_TIME, "write duration('24h')"),
        ("now > started + duration('1h 30m')", NO_TIME, "write it like duration('1h30m')"),
        ("timestamp('2026-12-06 02:00') < now", NO_TIME, "write it like timestamp('2026-12-06T02:00:00Z')"),
        ("value.t.matches('[')", "its regular expression is not valid", "correct the pattern"),
        ("value.v >= '2.10.0'", LETTERS, "compare numbers, e.g. int(value.v.split('.')[0])"),
        ("'v1.9' < value.v", LETTERS, "compare numbers, e.g. int(value.v.split('.')[0])"),
        ('value.n < "9"', LETTERS, "compare numbers, e.g. int(value.n)"),
    ],
)
def test_a_constant_that_a_rule_cannot_use_is_a_mistake(rule: str, message: str, fix: str) -> None:
    with pytest.raises(RuleError) as caught:
        check_constants(rule)
    assert (caught.value.message, caught.value.fix) == (message, fix)


@pytest.mark.parametrize(
    "rule",
    [
        "duration(value.t) < duration('1h30m') && now > timestamp('2026-12-06T02:00:00Z')",
        "value.t.matches('^v2[.]') && value.day >= '2026-12-06'",
        "value.v == '2.10.0' && int(value.v.split('.')[1]) >= 10",
        "duration(value.t) > duration('0')",
        "duration(value.t + 's') < duration(vars.limit)",
    ],
)
def test_other_constants_are_none(rule: str) -> None:
    check_constants(rule)


def test_check_refuses_such_a_constant_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "cockpit.yaml"
    path.write_text(
        "name: a\nenvironment: test\nsources: {api: {kind: http, url: 'http://127.0.0.1:1'}}\nsignals:\n"
        "  s:\n    api.get: /\n    pass: value.status == 200 && value.json.v >= '2.10.0'\n",
        encoding="utf-8",
    )
    (error,) = check_file(path, sources)
    assert (error.line, error.column) == (7, 34)
    assert error.message.startswith(f"signals.s.pass: {LETTERS}; compare numbers")


@pytest.mark.parametrize(
    ("value", "rule", "reason"),
    [
        ({"p": "NaN"}, "!(double(value.p) > 1.0)", f"p is text: NaN ({NO_TIME})"),
        ({"p": "inf"}, "double(value.p) > 1.0", f"p is text: inf ({NO_TIME})"),
        ({"p": "1_000"}, "double(value.p) > 1.0", f"p is text: 1_000 ({NO_TIME})"),
        ({"t": "PT5M"}, "duration(value.t) < duration('10m')", f"t is text: PT5M ({NO_TIME})"),
        ({"t": 5}, "duration(value.t) < duration('10m')", "t is a number: 5 (the rule expects another type)"),
        (
            {"t": "0001-01-01T00:00:00Z"},
            "now - timestamp(value.t) < duration('24h')",
            "t is text: 0001-01-01T00:00:00Z (a number is too large)",
        ),
        ({"e": 0, "n": 0}, "value.e / value.n < 0.01", "the rule cannot be decided: it divides by zero"),
        (
            [{"name": "b"}],
            "value.filter(x, x.name == 'a')[0].ok",
            "the rule cannot be decided: an entry that it reads is missing",
        ),
    ],
)
def test_the_reason_of_an_undecided_rule_is_what_it_cannot_do(value: Any, rule: str, reason: str) -> None:
    signal = Signal("s", "S", "http", "get", rule=Rule(rule))
    story = Story(cockpit(signal))
    given, defect = normalise(value)
    verdict = judge(signal, Reading(given, defect=defect), story.session, story.now)
    assert (verdict.level, verdict.because) == (Level.UNKNOWN, reason)


@pytest.mark.parametrize("number", [" 5 ", "5.", ".5e1", "+5", 5, 5.0])
def test_numbers_in_any_form_are_converted(number: Any) -> None:
    signal = Signal("s", "S", "http", "get", rule=Rule("double(value.p) == 5"))
    story = Story(cockpit(signal))
    assert judge(signal, Reading({"p": number}), story.session, story.now).level is Level.PASS


SHARE = "value.e / value.n < 0.01"
WHOLE = "it divides whole numbers, which drops the rest; write double(…) around one of them"


@pytest.mark.parametrize(
    ("value", "rule", "level", "reason"),
    [
        ({"e": 1, "n": 3}, SHARE, Level.UNKNOWN, f"the rule cannot be decided: {WHOLE}"),
        ({"e": 0, "n": 3}, SHARE, Level.PASS, ""),
        ({"e": 1.0, "n": 3}, SHARE, Level.FAIL, "e 0.333 (must be < 0.01)"),
        ({"e": 1, "n": 3}, "double(value.e) / value.n < 0.5", Level.PASS, ""),
        ({"e": 19, "n": 1000}, "value.e * 100 / value.n <= 1", Level.UNKNOWN, f"the rule cannot be decided: {WHOLE}"),
        ({"e": 19, "n": 1000}, "!(value.e * 100 / value.n > 1)", Level.UNKNOWN, f"the rule cannot be decided: {WHOLE}"),
        ({"e": 19, "n": 1000}, "1 >= value.e * 100 / value.n", Level.UNKNOWN, f"the rule cannot be decided: {WHOLE}"),
        ({"e": 20, "n": 1000}, "value.e * 100 / value.n <= 2", Level.PASS, ""),
        ({"e": 19, "n": 1000}, "value.e * 100 / value.n < 2", Level.PASS, ""),
        ({"e": 3, "n": 5}, "value.e > value.n / 2", Level.PASS, ""),
        ({"e": 7, "n": 2}, "value.e / value.n == 3 && value.n < 2.5", Level.PASS, ""),
    ],
)
def test_a_share_of_whole_numbers_is_not_cut_to_zero(value: Any, rule: str, level: Level, reason: str) -> None:
    signal = Signal("s", "S", "http", "get", rule=Rule(rule))
    story = Story(cockpit(signal))
    verdict = judge(signal, Reading(value), story.session, story.now)
    assert (verdict.level, verdict.because) == (level, reason)
