"""Imported analysis templates: each result has the level of Argo's own evaluation, which the table states.

Argo (utils/evaluate): the result of a query is a list of numbers; a condition that cannot be evaluated is an error.
With one condition, the opposite of it is a failure or a success; with both, what is neither is inconclusive.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit.core.model.verdict import Level
from mmcockpit.engine.survey import Survey
from mmcockpit.imports.kinds import import_file
from mmcockpit.sources.common.secrets import Secrets
from tests.conftest import PrometheusFactory
from tests.importers.converted import cockpit_of, written

P, W, F, U = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN
RESULTS: dict[str, list[float]] = {
    "good": [0.97],
    "mid": [0.8],
    "low": [0.5],
    "zero": [0.0],
    "nan": [float("nan")],
    "two": [0.97, 0.5],
}
"""Results of `r{case="NAME"}`; every other name has none."""
LEAST = "result[0] >= 0.95"
CASES: list[tuple[str, str, dict[str, Level]]] = [
    # A list without entries is an error in Argo; NaN is no data here, and a failure in Argo.
    (LEAST, "", {"good": P, "mid": F, "none": U, "nan": U}),
    ("", "result[0] < 0.6", {"good": P, "mid": P, "low": F, "none": U}),
    (LEAST, "result[0] < 0.6", {"good": P, "mid": W, "low": F, "none": U}),
    ("result[0] >= 0.5", "result[0] >= 0.9", {"good": F, "mid": P, "zero": W}),
    # An empty result counts only where the condition tests it.
    (f"len(result) == 0 || {LEAST}", "", {"none": P, "good": P, "mid": F}),
    (f"len(result) > 0 && {LEAST}", "", {"none": F, "good": P, "mid": F}),
    ("all(result, # < 0.99)", "", {"two": P, "good": P, "none": U}),
    ("all(result, {# > 0.9})", "", {"two": F, "good": P}),
    ("any(result, {# > 0.9})", "", {"two": P, "low": F}),
    ("none(result, # > 0.9)", "", {"two": F, "low": P}),
    ("one(result, {# > 0.9})", "", {"two": P, "low": F}),
    ("count(result, {# > 0.4}) == 2", "", {"two": P, "good": F}),
    ("len(filter(result, {# > 0.9})) >= 1", "", {"two": P, "low": F}),
    ("max(result) < 0.6", "", {"two": F, "low": P, "none": U}),
    ("min(result) < 0.6", "", {"two": P, "mid": F}),
    ("sum(result) > 1", "", {"two": P, "mid": F}),
    ("mean(result) > 0.7", "", {"two": P, "low": F}),
    (f"isNaN(result[0]) || {LEAST}", "", {"nan": U, "good": P, "mid": F}),
    (f"!isInf(result[0]) and not (result[0] < 0.6) or {LEAST}", "", {"good": P, "mid": P, "low": F}),
    ("result[0] >= {{args.least}}", "", {"good": P, "mid": F}),
    ('result[0] >= asFloat("{{ args.least }}")', "", {"good": P, "mid": F}),
    # The last of all numbers.
    ("result[-1] >= 0.95", "", {"good": P, "mid": F, "none": U}),
    ("result[0] > 1 / 2 + .1", "", {"mid": P, "low": F}),
    ("result[0] * 100 - 50 > 2 * (10 - 1)", "", {"mid": P, "low": F}),
    ("-result[0] < -0.9", "", {"good": P, "mid": F}),
    ("result[0] > 0.6 ? result[0] < 0.9 : result[0] == 0", "", {"mid": P, "zero": P, "low": F, "good": F}),
]
SCALAR = ("result >= 0.95", {"good": P, "mid": F, "none": U})
MEASURED = 'r{case="%s"}'


def metric(name: str, query: str, success: str = "", failure: str = "", **more: Any) -> dict[str, Any]:
    conditions = {key: text for key, text in (("successCondition", success), ("failureCondition", failure)) if text}
    provider = {"prometheus": {"address": "http://prometheus.example.com", "query": query}}
    return {"name": name, "interval": "1m", **conditions, **more, "provider": provider}


def template(path: Path, *metrics: dict[str, Any], **more: Any) -> Path:
    spec = {"args": [{"name": "least", "value": "0.95"}], "metrics": list(metrics), **more}
    value = {"kind": "AnalysisTemplate", "metadata": {"name": "canary"}, "spec": spec}
    path.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")
    return path


def openmetrics(now: float) -> str:
    """Return the results as gauges up to now."""
    rows = [
        f'r{{case="{case}",n="{n}"}} {value} {at}'
        for case, values in RESULTS.items()
        for n, value in enumerate(values)
        for at in range(int(now) - 60, int(now) + 1, 5)
    ]
    return "\n".join([*rows, "# EOF\n"])


def test_results_have_the_level_of_argos_evaluation(prometheus_factory: PrometheusFactory, tmp_path: Path) -> None:
    server = prometheus_factory(backfill=openmetrics(time.time()))
    metrics, expected = list[dict[str, Any]](), dict[str, Level]()
    for number, (success, failure, levels) in enumerate(CASES):
        for case, level in levels.items():
            metrics.append(metric(f"m{number}-{case}", MEASURED % case, success, failure))
            expected[f"m{number}-{case}"] = level
    for case, level in SCALAR[1].items():
        metrics.append(metric(f"scalar-{case}", f"scalar({MEASURED % case})", SCALAR[0]))
        expected[f"scalar-{case}"] = level
    # Where the metric itself is missing, a condition that accepts an empty result proves nothing.
    metrics.append(metric("missing", "no_such_metric", f"len(result) == 0 || {LEAST}"))
    expected["missing"] = U
    cockpit = cockpit_of("analysis-template", template(tmp_path / "t.yaml", *metrics), tmp_path, server.url)
    survey = Survey(cockpit, Secrets())
    asyncio.run(survey.run())
    assert {name: poll.verdict.level for name, poll in survey.polls.items()} == expected


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("result >= 0.95", "result is a list; Argo reports an error for it: write result[0]"),
        ("default(result, 0) < 5", "result is a list"),
        ("default(result[0], 0) < 5", "result is a list"),
        ("result[0] == 'up'", "Argo cannot evaluate it: == of a string"),
        ("result[0]", "it is neither true nor false"),
        ("true", "its condition does not depend on the result"),
        ("result.rate > 1", "fields of a result have no equivalent"),
        ("result[0] >= {{args.most}}", "args.most has no value: give it one, then import again"),
        ("result[0] in [1, 2]", "unexpected in"),
        ("median(result) < 1", "median() has no equivalent"),
        ("result[0] > ", "unexpected end"),
        ("(" * 50 + "result[0] > 1" + ")" * 50, "nested too deeply"),
        ("results[0] > 1", "unknown name results"),
        ("result[0] @ 1", "unknown syntax: @ 1"),
    ],
)
def test_a_condition_without_an_equivalent_is_reported_with_its_reason(
    condition: str, reason: str, tmp_path: Path
) -> None:
    good = metric("good", "r", LEAST)
    draft = import_file("analysis-template", template(tmp_path / "t.yaml", metric("odd", "r", condition), good))
    assert list(written(draft)) == ["good"]
    (note,) = [note for note in draft.lost if note.message.startswith("metric odd:")]
    assert reason in note.message
    assert note.line == 9


def test_limits_and_dry_runs_are_carried_over(tmp_path: Path) -> None:
    limited = metric("limited", "r", LEAST, failureLimit=2, count=5)
    endless = metric("endless", "r", LEAST, failureLimit="3", consecutiveErrorLimit=1, initialDelay="5m")
    shown = metric("shown", "r")
    draft = import_file(
        "analysis-template",
        template(
            tmp_path / "t.yaml", limited, endless, shown, metric("dry", "r", LEAST), dryRun=[{"metricName": "dr*"}]
        ),
    )
    signals = written(draft)
    assert signals["limited"]["persist"] == {"agree": 3, "of": 5}
    assert signals["endless"]["persist"] == {"agree": 4, "of": 100}
    assert "pass" not in signals["shown"]
    assert signals["dry"]["informational"] is True
    items = yaml.safe_load(draft.text())["phases"][0]["sections"][0]["items"]
    assert [item["signal"] for item in items] == ["limited", "endless"]
    messages = [note.message for note in draft.notes]
    assert "metric limited: Argo measures it 5 times; here it is polled until the end" in messages
    assert "metric endless: failures are counted over the last 100 results; Argo counts all of them" in messages
    assert "metric endless: `consecutiveErrorLimit` is not carried over; an error is no data at once" in messages
