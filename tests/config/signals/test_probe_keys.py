"""`slo:` and `compare:` of a signal: the source that they mean, their default rules, and every mistake in them."""

from pathlib import Path
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.core.model.signal import Signal
from tests.config.files import cockpit, loaded, mistakes, written

ONE = "sources: {metrics: {kind: prometheus, url: 'http://127.0.0.1:9090'}}\n"
TWO = ONE.replace("}}", "}, thanos: {kind: prometheus, url: 'http://127.0.0.1:9091'}}")
RATES = "errors: 'sum(rate(e[$window]))', total: 'sum(rate(t[$window]))'"


def signal(folder: Path, text: str, head: str = ONE) -> Signal:
    """Return the signal of a cockpit file with one."""
    (found,) = loaded(cockpit(folder, f"{head}signals:\n  s: {text}\n")).cockpit.signals
    return found


def wrong(folder: Path, text: str, head: str = ONE) -> list[str]:
    """Return the mistakes of such a file."""
    return mistakes(cockpit(folder, f"{head}signals:\n  s: {text}\n"))


def test_a_short_key_is_a_probe_of_the_only_source_or_of_the_named_one(tmp_path: Path) -> None:
    short = signal(tmp_path, f"{{slo: {{objective: 99.9, {RATES}}}}}")
    assert (short.source, short.probe, short.args["objective"]) == ("metrics", "slo", 99.9)
    assert short == signal(tmp_path, f"{{metrics.slo: {{objective: 99.9, {RATES}}}}}")
    assert signal(tmp_path, f"{{slo: {{objective: 99.9, {RATES}, source: thanos}}}}", TWO).source == "thanos"
    assert wrong(tmp_path, f"{{slo: {{objective: 99.9, {RATES}}}}}", TWO) == [
        "cockpit.yaml:5:7: several prometheus sources; add `source:` with one of metrics, thanos"
    ]
    assert wrong(tmp_path, f"{{slo: {{objective: 99.9, {RATES}, source: thano}}}}", TWO) == [
        f"cockpit.yaml:5:{len(RATES) + 40}: unknown prometheus source 'thano'; did you mean 'thanos'?"
    ]
    assert wrong(tmp_path, f"{{slo: {{objective: 99.9, {RATES}}}}}", "") == [
        "cockpit.yaml:4:7: signals.s.slo needs a source of kind prometheus; add one under sources:"
    ]


def test_a_checklist_on_its_own_may_have_a_short_key(tmp_path: Path) -> None:
    text = f"title: L\nsignals:\n  s: {{slo: {{objective: 99, {RATES}}}}}\n"
    assert check_file(written(tmp_path, list=text) / "list.yaml", sources) == []


def test_an_objective_has_a_rule_unless_one_is_written(tmp_path: Path) -> None:
    slo = f"slo: {{objective: 99.9, {RATES}}}"
    rule = signal(tmp_path, f"{{{slo}}}").rule
    assert rule.passes == "!value.fast && !value.slow && value.budget_left > 0.0"
    assert rule.warns == "!value.fast && !value.slow"
    own = signal(tmp_path, f"{{{slo}, pass: value.burn_1h < 2.0}}").rule
    assert (own.passes, own.warns) == ("value.burn_1h < 2.0", "")
    assert signal(tmp_path, f"{{{slo}, warn: value.burn_1h < 2.0}}").rule.warns == "value.burn_1h < 2.0"
    assert signal(tmp_path, f"{{{slo}, applies: 'true'}}").rule.applies == "true"


def test_a_pack_takes_the_source_that_it_needs(tmp_path: Path) -> None:
    pack = (
        "name: p\ntitle: P\nabout: Watches.\nneeds: {prometheus: {kind: prometheus, about: Metrics.}}\n"
        f"signals:\n  s: {{slo: {{objective: 99, {RATES}}}}}\n"
    )
    written(tmp_path, p=pack)
    path = cockpit(tmp_path, f"{TWO}use: [{{pack: p.yaml, sources: {{prometheus: thanos}}}}]\n")
    (found,) = loaded(path).cockpit.signals
    assert (found.source, found.probe) == ("thanos", "slo")


SLO_MISTAKES = {
    f"objective: 100, {RATES}": "signals.s.slo.objective must be a percentage > 1 and < 100, such as 99.9",
    f"objective: 0, {RATES}": "signals.s.slo.objective must be a percentage > 1 and < 100, such as 99.9",
    f"objective: 0.999, {RATES}": "signals.s.slo.objective must be a percentage > 1 and < 100, such as 99.9",
    f"objective: .nan, {RATES}": "signals.s.slo.objective must be a percentage > 1 and < 100, such as 99.9",
    f"objective: 99, window: month, {RATES}": "signals.s.slo.window is not valid: 'month' is not a duration",
    f"objective: 99, window: 1h, {RATES}": "signals.s.slo.window must be between 5d and 366d, such as 30d",
    "objective: 99, errors: 'rate(e[5m])', total: 'rate(t[$window])'": "signals.s.slo.errors must have [$window] where",
    "objective: 99, errors: 'e[$window] offset $window', total: 'rate(t[$window])'": "signals.s.slo.errors must use $w",
    "objective: 99, errors: 'rate(e[$window])', total: 'rate(t[5m])'": "signals.s.slo.total must have [$window] where",
    "objective: 99, errors: 'rate(e[$window])', total: 'rate(e[$window])'": "signals.s.slo.total is the same query as",
    f"objectiv: 99, {RATES}": "unknown key 'objectiv'; did you mean 'objective'?",
    f"{RATES}": "missing 'objective' in signals.s.slo",
}


@pytest.mark.parametrize("text", SLO_MISTAKES)
def test_a_mistake_in_an_objective_has_its_place(tmp_path: Path, text: str) -> None:
    (found,) = wrong(tmp_path, f"{{slo: {{{text}}}}}")
    place, _, message = found.partition(": ")
    assert place.startswith("cockpit.yaml:5:")
    assert message.startswith(SLO_MISTAKES[text])


def test_two_probes_and_an_unknown_key_are_mistakes(tmp_path: Path) -> None:
    slo = f"slo: {{objective: 99, {RATES}}}"
    (two,) = wrong(tmp_path, f"{{{slo}, metrics.query: up}}")
    assert two.endswith("signal 's' has two probes; remove one")
    (unknown,) = wrong(tmp_path, f"{{sol: {{objective: 99, {RATES}}}}}")
    assert unknown.endswith("unknown key 'sol' in signals.s; did you mean 'slo'?")


def test_check_warns_of_promql_and_of_a_burn_that_is_never_reached(tmp_path: Path) -> None:
    text = "slo: {objective: 90, errors: 'sum(rate(e[$window])', total: 'sum(rate(t[$window]))'}"
    warnings: list[Any] = []
    assert check_file(cockpit(tmp_path, f"{ONE}signals:\n  s: {{{text}}}\n"), sources, warnings) == []
    told = [str(one).partition("cockpit.yaml:")[2] for one in warnings if "signals.s" in str(one)]
    promql, burn = told
    assert promql.startswith("5:40: warning: signals.s.errors: promql-parser: unclosed left parenthesis")
    assert burn.startswith("5:24: warning: signals.s.objective: `fast` can never be true: even without any success")


COUNTS = "{errors: 'sum(increase(e[$window]))', total: 'sum(increase(t[$window]))'}"
OTHER = COUNTS.replace("(e[", "(f[")
COMPARE_MISTAKES = {
    "baseline: 'sum(rate(a[1m]))'": "signals.s.compare must have either `baseline` and `candidate`, or `query` and",
    "query: a": "signals.s.compare must have `since` with `query`",
    "baseline: a, candidate: a": "signals.s.compare must not compare a query with itself",
    "baseline: a, candidate: b, since: T0": "signals.s.compare must have `since` with `query`, and only with it",
    "query: a, since: yesterday": "signals.s.compare.since must be T0, or a time with a time zone in RFC 3339",
    "query: a, since: '2026-12-06T02:00:00'": "signals.s.compare.since must be T0, or a time with a time zone",
    "baseline: 'sum(rate(a[5m]))', candidate: 'sum(rate(b[5m]))', step: 15s": (
        "signals.s.compare must have a step of at least the query's range, 5m"
    ),
    "baseline: a, candidate: b, over: 10m": "signals.s.compare has at most 10 samples, and minimum is 30",
    "baseline: a, candidate: b, over: 10h, step: 1s": "signals.s.compare has more than 1000 samples",
    "baseline: a, candidate: b, over: long": "signals.s.compare.over is not valid: 'long' is not a duration",
    "baseline: a, candidate: b, direction: worse": "signals.s.compare.direction must be 'higher', 'lower' or 'both'",
    "baseline: a, candidate: b, minimum: 3": "signals.s.compare.minimum must be >= 8",
    "baseline: a, candidate: b, effect: 2": "signals.s.compare.effect must be < 1",
    "baseline: a, candidate: b, kind: counts": "signals.s.compare is of kind counts, so each query must be {errors:",
    f"baseline: {COUNTS}, candidate: {OTHER}": "signals.s.compare is of kind samples, so each query must be PromQL",
    "kind: counts, baseline: {errors: 'e[5m]', total: 't[$window]'}": "signals.s.compare.baseline.errors must have [$w",
}


@pytest.mark.parametrize("text", COMPARE_MISTAKES)
def test_a_mistake_in_a_comparison_has_its_place(tmp_path: Path, text: str) -> None:
    found = wrong(tmp_path, f"{{compare: {{{text}}}}}")
    place, _, message = found[0].partition(": ")
    assert place.startswith("cockpit.yaml:5:")
    assert message.startswith(COMPARE_MISTAKES[text])


@pytest.mark.parametrize(
    "text",
    [
        "baseline: 'sum(rate(a[1m]))', candidate: 'sum(rate(b[1m]))'",
        "query: a, since: T0",
        "query: a, since: '2026-12-06T02:00:00Z'",
        f"kind: counts, baseline: {COUNTS}, candidate: {OTHER}",
        f"kind: counts, query: {COUNTS}, since: T0",
    ],
)
def test_a_comparison_is_statistical_and_has_a_rule(tmp_path: Path, text: str) -> None:
    found = signal(tmp_path, f"{{compare: {{{text}}}}}")
    assert (found.probe, found.statistical, found.rule.passes, found.rule.warns) == (
        "compare", True, "!value.worse", "",
    )  # fmt: skip


ABORT = """\
checklist: ./list.yaml
sources: {metrics: {kind: prometheus, url: 'http://127.0.0.1:9090'}}
signals:
  canary: {compare: {baseline: a, candidate: b}}
  rate: {metrics.query: r, pass: value < 1.0}
  both: {session.any_of: [canary, rate]}
  all: {session.all_of: [canary, rate]}
"""


@pytest.mark.parametrize(("name", "allowed"), [("canary", False), ("all", False), ("both", True), ("rate", True)])
def test_an_abort_rule_needs_more_than_a_comparison(tmp_path: Path, name: str, allowed: bool) -> None:
    written(tmp_path, list="title: L\nphases: [{title: P, sections: [{title: S, items: [{title: I}]}]}]\n")
    found = mistakes(cockpit(tmp_path, f"{ABORT}abort: [{{signal: {name}, for: 2m, from: P}}]\n"))
    why = "can fail by a statistical comparison alone, which is no ground of a rollback; use a session.any_of of it and"
    expected = f"cockpit.yaml:10:18: signal '{name}' {why} another signal, which fails only if both fail"
    assert found == ([] if allowed else [expected])
