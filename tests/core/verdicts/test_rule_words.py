"""A rule as people read it, without a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.model.shape import Shape, ValueColumn
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.explanations.rule_words import UNREADABLE, rule_words
from tests.config.modelmuxer import demo
from tests.core.verdicts.rules import RULES

SHAPE = Shape(
    columns=(
        ValueColumn("max_lag_s"),
        ValueColumn("exists", alarm=False, alarm_text="does not exist"),
        ValueColumn("stuck", "containers that cannot start"),
    )
)
SIGNAL = Signal("share", "share", "prometheus", "query", unit="ratio", shape=SHAPE)

CASES = [
    ("value < 0.01", "must be < 1%"),
    ("value.max_lag_s <= 10", "max lag must be <= 10 s"),
    ("value.exists && !value.paused", "exists; not paused"),
    ("!value.exists", "does not exist"),
    ("value.available >= value.desired", "available must be >= desired"),
    ("value < baseline * 1.5", "must be < baseline * 1.5"),
    ("size(value.stuck) == 0", "no containers that cannot start"),
    ("size(value.zones) >= 2", "at least 2 zones"),
    ("has(value.lag) && value.lag < 5", "lag must be < 5"),
    ("!has(value.lag) || value.lag < 5", "lag must be < 5"),
    ("value.all(one, one.ready > 0)", "every entry: ready must be > 0"),
    ("value.exists(one, one.name == 'api')", "one entry with name api"),
    ("value.exists(one, one.name.startsWith('a') && one.x > 0)", "one entry with name starting with a; x > 0"),
    ("value.exists(key, key != 'nodes' && value[key].keys > 0)", "one entry other than nodes with keys > 0"),
    ("!value.exists(key, key != 'nodes')", "no entry other than nodes"),
    ("value.subjects.exists(one, one.kind == 'User')", "one of subjects with kind User"),
    ("value.all(one, !one.flaws.exists(x, x.type == 'A' && x.on))", "every entry: no flaws with type A; on"),
    (
        "value.rules.all(rule, rule.verbs.all(verb, verb in ['get', 'list']))",
        "all rules: all verbs: must be get or list",
    ),
    ("['a', 'b'].all(name, name in value.labels)", "each of a, b: is in labels"),
    ("['a', 'b'].exists(name, ('x/' + name) in value.labels)", "one of a, b: x/… is in labels"),
    ("['a', 'b'].all(name, value.exists(one, one.name == name))", "each of a, b: one entry with this name"),
    ("value.ready == value.total", "ready must equal total"),
    ('value.image.endsWith(":" + vars.version)', "image must end with :${version}"),
    ("value.image != vars.old", "image must not equal the variable old"),
    ("value.by + '/' + value.model == 'x/y'", "by/model must be x/y"),
    ("!value.enabled || value.state == 'ok'", "not enabled or state must be ok"),
    ("!has(value.a) || !has(value.a.b) || !value.a.b.exists(x, x.on)", "no b with on"),
    ("value.covered['api.example.com']", "covered: api.example.com"),
    ("size(value.missing) == 0 && size(value.delivered) > 0", "missing must be empty; delivered must not be empty"),
    ("has(value.window)", "has window"),
    ("size(value.filter(one, one.ready == 1)) >= 2", "at least 2 entries with ready 1"),
    ("value.text.contains('ok')", "text must contain ok"),
    ("'JWT' in value.data", "JWT is in data"),
    ("value.role in ['master', 'leader']", "role must be master or leader"),
    ("{0: true, 3: false}[value.exit]", "exit must be 0"),
    ("timestamp(value.at) >= started", "at must be >= the session start"),
    ("'a' == '' || value.version == 'a'", "version must be a"),
    ("value.version != '' && ('' == '' || value.version == '')", "version must not be empty"),
    ("!(value.a == 1 || value.b > 2)", "a must not be 1; b must be <= 2"),
    ("value." + "a" * 5000 + " < 1", UNREADABLE),
    ("", ""),
]


@pytest.mark.parametrize(("rule", "expected"), CASES, ids=[rule[:40] for rule, _ in CASES])
def test_a_rule_is_worded_without_a_value(rule: str, expected: str) -> None:
    assert rule_words(rule, SIGNAL) == expected


@pytest.mark.parametrize("signal", [one for one in demo().signals if one.rule.passes], ids=lambda one: one.name)
def test_every_shipped_rule_is_worded_without_cel(signal: Signal) -> None:
    for rule in (signal.rule.passes, signal.rule.warns):
        words = rule_words(rule, signal)
        assert words or not rule
        assert words != UNREADABLE
        assert not [
            part
            for part in (
                "value.",
                "&&",
                "||",
                "has(",
                "size(",
                ".all(",
                "!",
                "True",
                "False",
                "None",
                "must be it",
            )
            if part in words
        ], words


@given(st.sampled_from(RULES), st.sampled_from(RULES))
def test_any_rule_is_worded(first: str, second: str) -> None:
    words = rule_words(f"({first}) && !({second})", SIGNAL)
    assert words
    assert "&&" not in words
