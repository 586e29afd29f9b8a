"""No text contains Python, CEL or an error of the CEL library, whatever a probe returns."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading, normalise
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.values import fields, value_cell, value_line
from tests.config.modelmuxer import demo, readings, session
from tests.core.verdicts.rules import RULES

RAW = re.compile(
    r"\b(?:None|True|False|NoneType|Undecided|Activation|Traceback|overloads?|dict|bool|float|int64)\b"
    r"|[{\[]['\"{\[]|found in map|Key not found|Index error|INVALID_ARGUMENT|OUT_OF_RANGE|<class| object at 0x"
)
"""Fragments of a representation in Python, of a rule in CEL, and of errors of the CEL library."""

KINDS: tuple[Any, ...] = (
    *(None, True, 0, -1.5, "", "x", [], {}),
    *([[1]], [None], [True], {"a": {"b": [True, None]}}, [{"name": {"x": 1}}], {"db0": {"keys": 1, "expires": True}}),
)
DEEPEST = 5
SESSIONS = (session(), session(baseline=False))
NOW = Stamp(100.0, readings()["asked"] + 1.0)
SIGNALS = [one for one in demo().signals if not one.group]


def variants(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield every kind of value in the place of each part of a value, and the value without each of its fields."""
    yield from KINDS
    match value:
        case [first, *rest] if depth < DEEPEST:
            yield from ([part, *rest] for part in variants(first, depth + 1))
        case dict() if depth < DEEPEST:
            for key in value:
                yield from ({**value, key: part} for part in variants(value[key], depth + 1))
                yield {name: part for name, part in value.items() if name != key}


def texts(signal: Signal, value: Any) -> Iterator[str]:
    """Yield every text that is made of a value: verdicts, one cell, one line, its fields, the line of the log."""
    kept, defect = normalise(value)
    answer = Reading(kept, defect=defect)
    for made in SESSIONS:
        verdict = judge(signal, answer, made, NOW)
        yield verdict.because
    yield value_cell(kept, signal)
    yield value_line(kept, signal)
    yield describe(facts.Observed(signal.name, answer, verdict))[1]
    if isinstance(kept, dict):
        yield from (f"{label} {text}" for label, text in fields(kept, signal.shape))


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda one: one.name)
def test_no_text_of_a_shipped_signal_is_raw(signal: Signal) -> None:
    good = readings().get(signal.name, 1.0)
    foreign = json.dumps(good)
    for value in variants(good):
        for text in texts(signal, value):
            found = RAW.search(text)
            assert found is None or found[0] in foreign, (text, value)


PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=True) | st.text("ab c", max_size=4)
NESTED = st.recursive(
    PLAIN, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from("abc"), part, max_size=3)
)


@given(NESTED, st.sampled_from(RULES), st.sampled_from(RULES))
def test_no_text_of_any_value_under_any_rule_is_raw(value: Any, rule: str, warns: str) -> None:
    signal = Signal("s", "signal", "api", "get", rule=Rule(rule, warns))
    for text in texts(signal, value):
        assert RAW.search(text) is None, (text, value)
