"""Why a verdict is what it is: the clause that does not hold, with its value."""

from typing import Any

import pytest

from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.shape import UNDECLARED, Shape
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.cel.evaluation import compile_rule
from mmcockpit.core.rules.cel.syntax import parse
from mmcockpit.core.rules.judge import judge
from tests.core.sessions import Story, cockpit
from tests.cpu import loops
from tests.shapes import shape


def reason(value: Any, passes: str, warns: str = "", unit: str = "", declared: Shape = UNDECLARED) -> str:
    signal = Signal("s", "S", "prometheus", "query", rule=Rule(passes, warns), unit=unit, shape=declared)
    story = Story(cockpit(signal))
    return judge(signal, Reading(value), story.session, story.now).because


PODS = [{"name": f"pod-{n}", "ready": n > 3, "restarts": n} for n in range(6)]
CONDITIONS = [{"type": "Ready", "status": "False"}, {"type": "Synced", "status": "True"}]

BROKEN: list[tuple[Any, str, str]] = [
    (0.056, "value < 0.01", "5.6% (must be < 1%)"),
    (0.056, "!(value >= 0.01)", "5.6% (must be < 1%)"),
    ({"available": 2, "desired": 3}, "value.available >= value.desired", "available 2 (must be >= desired 3)"),
    ({"lag_s": 70.0}, "value.lag_s < 10", "lag 70 s (must be < 10 s)"),
    ({"lag_s": 70.0}, "10 > value.lag_s", "lag 70 s (must be < 10 s)"),
    ({"lag_s": 70.0}, "!has(value.lag_s) || value.lag_s < 10", "lag 70 s (must be < 10 s)"),
    ({"a": 1, "b": 2}, "value.a == 1 && (value.b == 3 && value.a == 1)", "b 2 (must be 3)"),
    ({"a": 1, "b": 2}, "value.a == 2 || value.b == 3", "a 1 (must be 2) or b 2 (must be 3)"),
    ({"paused": True}, "!value.paused", "paused: yes"),
    ({"version": "TLSv1.1"}, 'value.version in ["TLSv1.2", "TLSv1.3"]', "version TLSv1.1 (must be TLSv1.2 or TLSv1.3)"),
    ({"labels": {"b": "x"}}, '"a" in value.labels', "a is missing in labels (found b)"),
    ({"text": "oh no"}, 'value.text.contains("yes")', 'text "oh no" (must contain yes)'),
    ({"text": ""}, 'value.text != ""', "text is empty"),
    ({"n": "0"}, "value.n == 0", "n is text: 0 (must be a number: 0)"),
    ({"n": 1}, 'value.n == "1"', "n is a number: 1 (must be text: 1)"),
    ({"ok": "true"}, "value.ok == true", "ok is text: true (must be yes or no: yes)"),
    ({"n": "0"}, "value.n in [0, 1]", "n is text: 0 (must be a number: 0 or 1)"),
    ({"n": "0"}, 'value.n in [0, "1"]', "n 0 (must be 0 or 1)"),
    ({"n": "a"}, 'value.n == "b"', "n a (must be b)"),
    ("5", "value == 5", "the value is text: 5 (must be a number: 5)"),
    ({"stuck": ["a", "b", "c", "d"]}, "size(value.stuck) == 0", "stuck: a, b, c and 1 more (4, must be 0)"),
    ({"rules": []}, "value.rules.size() > 0", "rules: 0"),
    (PODS, "value.all(pod, pod.ready)", "pod-0, pod-1, pod-2 and 1 more: ready: no"),
    (PODS, "value.all(pod, pod.restarts < 4)", "pod-4: restarts 4 (must be < 4); and 1 more"),
    (PODS, "value.all(one, one.restarts < 5)", "pod-5: restarts 5 (must be < 5)"),
    (PODS[3:], "value.filter(a, a.ready).size() >= 3", "2 of 3 (must be >= 3); pod-3: ready: no"),
    ({"n": 0, "big": 9}, "value.n > 0 ? value.big < 3 : value.big < 5", "big 9 (must be < 5)"),
    ({"exit": 3}, "{0: true, 3: false}[value.exit]", "exit 3 (must be 0)"),
    ({"digest": "sha256:" + "a" * 64}, 'value.digest == "sha256:"', "digest sha256:aaaaaaaaaaaa… (must be sha256:)"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "rule", "expected"), BROKEN, ids=lambda part: str(part)[:30])
def test_a_broken_rule_shows_the_clause_that_failed_with_its_value(value: Any, rule: str, expected: str) -> None:
    compile_rule(rule, False)
    said = reason(value, rule, unit="ratio")
    assert said == expected


COUNTED = shape("kubernetes", "pods")
OBJECT, ROLLOUT, INFO = shape("kubernetes", "get"), shape("kubernetes", "rollout"), shape("redis", "info")
TARGETS, RESPONSE = shape("prometheus", "targets", jobs=()), shape("http", "get")
SERIES = shape("prometheus", "query", each=True)
DECLARED: list[tuple[Shape, Any, str, str]] = [
    (COUNTED, {"ready": 5, "total": 6}, "value.ready == value.total", "5 of 6 ready"),
    (COUNTED, {"ready": 5, "total": 6}, "value.ready >= value.total && value.total > 0", "5 of 6 ready"),
    (COUNTED, {"ready": 7, "total": 6}, "value.ready == value.total", "ready 7 (must equal total 6)"),
    (COUNTED, {"ready": 5, "restarts": 6}, "value.ready == value.restarts", "ready 5 (must equal restarts 6)"),
    (COUNTED, {"ready": 5, "total": 5}, "value.ready != value.total", "ready 5 (must not equal total 5)"),
    (ROLLOUT, {"available": 2, "desired": 3}, "value.available >= value.desired", "2 of 3 available"),
    (ROLLOUT, {"exists": False}, "value.exists && value.ready > 0", "does not exist"),
    (OBJECT, {"exists": False}, "value.exists", "does not exist"),
    (ROLLOUT, {"observed": False}, "value.observed", "not yet seen by its controller"),
    (OBJECT, CONDITIONS, 'value.exists(c, c.type == "Ready" && c.status == "True")',
     "Ready: status no (must be yes)"),
    (OBJECT, {"c": CONDITIONS}, 'value.c.exists(c, c.type == "Gone")', "no c with type Gone (found Ready, Synced)"),
    (OBJECT, {"c": CONDITIONS}, '!value.c.exists(c, c.status == "False")', "c Ready (must not be there)"),
    (OBJECT, {"data": {"KEY": {"bytes": 9}}}, "value.data.KEY.bytes >= 32", "KEY 9 B (must be >= 32 B)"),
    (INFO, {"used_memory": 2**30, "maxmemory": 2**30}, "double(value.used_memory) < 0.9 * double(value.maxmemory)",
     "used memory 1 GiB (must be < 922 MiB)"),
    (TARGETS, [{"job": "api", "instance": "a:1", "up": False, "error": "refused"}], "value.all(one, one.up)",
     "api a:1: up: no"),
    (RESPONSE, {"ms": 812.5, "json": {"model": "x"}}, "value.ms < 500", "latency 812 ms (must be < 500 ms)"),
    (RESPONSE, {"ms": 1.0, "json": {"model": "x"}}, 'value.json.model == "y"', "model x (must be y)"),
    (SERIES, [{"labels": {"of": "chats"}, "value": 0.25}], "value.all(one, one.value < 0.1)",
     "chats: 25% (must be < 10%)"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "value", "rule", "expected"), DECLARED, ids=lambda part: str(part)[:30])
def test_a_reason_uses_the_names_titles_and_units_that_the_probe_declares(
    declared: Shape, value: Any, rule: str, expected: str
) -> None:
    assert reason(value, rule, unit="ratio", declared=declared) == expected


UNDECIDED: list[tuple[Any, str, str]] = [
    ({"a": 1}, "value.a == 1 && value.lag_s < 10", "lag is missing (must be < 10 s)"),
    ({"a": {}}, "value.a.done", "done is missing"),
    ({"a": "15"}, "value.a > 3", "a is text: 15 (must be > 3)"),
    ([{"name": "x", "n": 1}, {"name": "y"}], "value.all(one, one.n > 0)", "y: n is missing (must be > 0)"),
    ([{"name": "x"}], "{2: value.all(one, true)}[size(value)]", "1 entry: x (must be 2)"),
    ({"zones_known": False}, "{true: true}[value.zones_known]", "zones known no (must be yes)"),
]


@pytest.mark.parametrize(("value", "rule", "expected"), UNDECIDED, ids=lambda part: str(part)[:30])
def test_an_undecided_rule_shows_which_field_is_missing(value: Any, rule: str, expected: str) -> None:
    assert reason(value, rule) == expected


def test_a_failure_shows_what_the_warning_requires_besides() -> None:
    value = {"complete": False, "available": 0, "desired": 3}
    said = reason(value, "value.complete && value.available >= value.desired", "value.available > 0")
    assert said == "available 0 (must be >= desired 3); complete: no"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ([{"n": n} for n in range(9_000)], "value.all(one, one.n < 0)"),
        ({"n": 1}, " && ".join(["value.n > 2"] * 3_000)),
        ({"n": 1}, "(" * 40 + "value.n > 2" + ")" * 40),
        ({"n": 1}, "".join(f"value.n == {n + 2} || " for n in range(200)) + "false"),
        ([[n] * 10 for n in range(900)], "value.exists(one, one.all(n, n < 0))"),
        ({"n": 1, "big": list(range(15_000))}, "value.n == 1 && !value.big.exists(one, string(one).matches('9$'))"),
    ],
    ids=["long list", "many clauses", "deep", "many alternatives", "nested lists", "large value"],
)
def test_a_rule_of_hostile_size_is_explained_in_bounded_time(value: Any, rule: str) -> None:
    reason(value, rule)
    said: list[str] = []
    assert loops(lambda: said.append(reason(value, rule)), 30) <= 30
    assert 0 < len(said[0]) < 400


def test_rare_syntax_is_not_taken_apart_and_shows_the_value() -> None:
    assert parse("value.?a.orValue(1) > 2") is None
    assert parse("a" * 5_000) is None
    assert reason({"n": 1}, " && ".join(["value.n > 2"] * 400)) == "n 1: not as its rule requires"


@pytest.mark.parametrize(
    ("value", "passes", "warns", "says"),
    [
        (0.06, "value < 0.01", "value < 0.05", "0.06 (must be < 0.05)"),
        (1, "value >= 3", "value >= 2", "1 (must be >= 2)"),
        ({"lag": 9.0, "ok": False}, "value.lag < 1.0 && value.ok", "value.lag < 5.0", "lag 9 (must be < 5); ok: no"),
        ({"free": 1, "size": 9}, "value.free >= value.size", "value.free > 1", "free 1 (must be >= size 9)"),
    ],
    ids=["share", "count", "with another clause", "a limit that is data stays"],
)
def test_a_failure_names_the_limit_that_made_it_fail(value: Any, passes: str, warns: str, says: str) -> None:
    assert reason(value, passes, warns) == says
