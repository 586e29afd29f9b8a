"""The text of every shipped signal that does not pass, on a row of 80 columns."""

from collections.abc import Iterator
from typing import Any

import pytest

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.rules.judge import judge
from tests.config.modelmuxer import changed, demo, readings, session

SYNTAX = ("value.", "&&", "||", "has(", "size(", "exists(", "all(", "filter(", " ? ", "==", "!=", "[value", ": True")
LONGEST = 110
DEEPEST = 6
CONTAINERS = [{"spec": {"containers": [{"name": name}, {"name": "api"}]}} for name in ("istio-proxy", "other")]
REFUSED = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: cpu 8 of 8"}
BESIDES: dict[str, list[Any]] = {
    "cdn": [{"status": 502, "headers": {"via": "1.1 varnish"}}],
    "mesh": [CONTAINERS],
    "quota_refusals": [[{"metadata": {"name": "api-7d"}, "status": {"conditions": [REFUSED]}}]],
    "probes": [changed("probes", "0.probes.startup.path", "/health/startup")],
    "secret_scan": [changed("secret_scan", "exit", exit) for exit in (1, 2, 3)],
    "image_scan": [changed("image_scan", "exit", exit) for exit in (1, 2, 3)],
    "pg_lag": [70.0],
    "blue_green": [[{"name": "blue", "label": "blue", "differing": 0}]],
    "pooler": [[{"name": "pgbouncer", "desired": 2, "ready": 1, "complete": False}]],
}
"""Broken readings that differ from the good one in more than one part."""
SESSION = session()
POLLED = [one for one in demo().signals if one.rule.passes and one.name in readings()]


def broken_parts(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield a value with one part of it changed: any field of an object, the first entry of a list."""
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (0, 1, -3, 7 + value * 1000, 1_000_000)
        case str():
            yield from ("", "other", "False" if value == "True" else value + "x")
        case list():
            yield from ([], [*value, "unexpected"] if not value or isinstance(value[0], str) else [])
            for part in broken_parts(value[0], depth + 1) if value and depth < DEEPEST else ():
                yield [part, *value[1:]]
        case dict():
            if not value:
                yield {"unexpected": {"bytes": 0, "base64": False, "placeholder": True}}
            for key in value if depth < DEEPEST else ():
                for part in broken_parts(value[key], depth + 1):
                    yield {**value, key: part}


def without_parts(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield a value with one field less, at any depth."""
    match value:
        case [first, *rest] if depth < DEEPEST:
            yield from ([part, *rest] for part in without_parts(first, depth + 1))
        case dict():
            for key in value if depth < DEEPEST else ():
                yield {name: part for name, part in value.items() if name != key}
                yield from ({**value, key: part} for part in without_parts(value[key], depth + 1))


def said(signal: Signal, value: Any) -> Verdict:
    return judge(signal, Reading(value), SESSION, Stamp(100.0, readings()["asked"] + 1.0))


def reason(verdict: Verdict) -> str:
    return verdict.because.partition("not yet decided: ")[2] or verdict.because


def verdicts(signal: Signal, values: Iterator[Any], levels: tuple[Level, ...]) -> Iterator[tuple[Any, str]]:
    for value in values:
        verdict = said(signal, value)
        if verdict.raw in levels:
            yield value, reason(verdict)


@pytest.mark.parametrize("signal", POLLED, ids=lambda one: one.name)
def test_a_broken_reading_is_explained_with_its_value(signal: Signal) -> None:
    values = [*broken_parts(readings()[signal.name]), *BESIDES.get(signal.name, ())]
    told = list(verdicts(signal, iter(values), (Level.FAIL, Level.WARN)))
    assert told, "no broken reading was found"
    for value, because in told:
        assert because, value
        assert signal.rule.message or len(because.partition("; ")[0]) <= LONGEST, because
        assert not [word for word in SYNTAX if word in because], because
        assert "not as its rule requires" not in because, because


@pytest.mark.parametrize("signal", POLLED, ids=lambda one: one.name)
def test_a_field_that_is_missing_is_named(signal: Signal) -> None:
    for _, because in verdicts(signal, without_parts(readings()[signal.name]), (Level.UNKNOWN,)):
        assert len(because) <= LONGEST, because
        assert not [word for word in SYNTAX if word in because], because
        assert "cannot be decided" not in because, because
