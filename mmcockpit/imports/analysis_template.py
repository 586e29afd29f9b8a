"""Imports the Prometheus metrics of AnalysisTemplates and ClusterAnalysisTemplates of Argo Rollouts."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from mmcockpit.core.words.durations import is_duration, seconds
from mmcockpit.imports.alert_query import fresh_selector
from mmcockpit.imports.conditions import Cel, ResultUse, both, cel_of, negated, reads_of
from mmcockpit.imports.documents import YamlPart
from mmcockpit.imports.draft import LONGEST_ABOUT, DraftSignal, ImportDraft, interval, title
from mmcockpit.imports.expressions import Expression, UnknownExpression, parse_expression
from mmcockpit.imports.prometheus_rules import MOST_POLLS, STALE_S
from mmcockpit.imports.promql_shape import closed, is_scalar
from mmcockpit.imports.template_arguments import TemplateArguments
from mmcockpit.sources.prometheus.promql_syntax import refusal

KINDS = frozenset({"AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"})
_CARRIED = frozenset({"name", "interval", "count", "successCondition", "failureCondition", "failureLimit", "provider"})
_LEFT_OUT = {
    "initialDelay": "polling begins with the session",
    "inconclusiveLimit": "an inconclusive result warns",
    "consecutiveErrorLimit": "an error is no data at once",
    "consecutiveSuccessLimit": "set `hold` of the item to how long it has to pass",
}
_OF_PROVIDER = frozenset({"address", "query", "timeout"})


class _Template(NamedTuple):
    name: str
    arguments: TemplateArguments
    dry_runs: tuple[str, ...]


class _Rules(NamedTuple):
    """The rules of a metric; no text of `passes`: it is shown and not judged."""

    reads: ResultUse
    passes: str = ""
    warns: str = ""


def import_templates(objects: Iterable[YamlPart], draft: ImportDraft) -> None:
    """Add a signal for each Prometheus metric of the analysis templates."""
    for top in objects:
        kind, name = top.text("kind"), top.text("metadata", "name") or top.text("metadata", "generateName")
        spec = top.mapping("spec")
        if kind not in KINDS or spec is None:
            draft.lose(top, f"{' '.join(filter(None, [kind or 'document', name]))}: not an AnalysisTemplate")
            continue
        dry_runs = tuple(entry.text("metricName") for entry in spec.entries("dryRun"))
        template = _Template(name or "Analysis", TemplateArguments(spec, name, draft), dry_runs)
        for entry in spec.entries("templates"):
            draft.lose(entry, f"template {entry.text('templateName')}: import its file, too")
        for entry in spec.entries("measurementRetention"):
            draft.lose(entry, "measurementRetention is not carried over: the journal keeps every result")
        for metric in spec.entries("metrics"):
            _import_metric(metric, template, draft)


def _import_metric(metric: YamlPart, template: _Template, draft: ImportDraft) -> None:
    name = metric.text("name") or template.name
    provider = metric.mapping("provider", "prometheus")
    if provider is None:
        held = metric.mapping("provider")
        kinds = ", ".join(key for key, _ in held.items()) if held is not None else ""
        draft.lose(
            metric, f"metric {name}: provider {kinds or 'missing'} has no equivalent; only prometheus is imported"
        )
        return
    if provider.has("rangeQuery"):
        draft.lose(provider, f"metric {name}: a range query is not carried over; write its range in the query")
        return
    if not provider.text("query").strip():
        draft.lose(provider, f"metric {name}: it has no query")
        return
    try:
        query = template.arguments.fill(provider.text("query").strip())
        template.arguments.stand_in(query)
        keys = _signal(metric, provider, query, template, draft)
    except UnknownExpression as error:
        draft.lose(metric, f"metric {name}: {error}")
        return
    except KeyError as error:
        draft.lose(metric, f"metric {name}: {error.args[0]} is no argument of the template")
        return
    for key, part in metric.items():
        if key in _LEFT_OUT:
            draft.lose(part, f"metric {name}: `{key}` is not carried over; {_LEFT_OUT[key]}")
        elif key not in _CARRIED:
            draft.lose(part, f"metric {name}: `{key}` is not carried over")
    judged = "pass" in keys and "informational" not in keys
    draft.add(DraftSignal(draft.name(name), title(template.name), keys, judged=judged))


def _signal(
    metric: YamlPart, provider: YamlPart, query: str, template: _Template, draft: ImportDraft
) -> dict[str, Any]:
    name = metric.text("name") or template.name
    expanded = template.arguments.expanded(query)
    scalar = is_scalar(expanded)
    rules = _rules(metric, scalar, template, draft)
    _provider_notes(provider, name, draft)
    asked: Any = f"{rules.reads.aggregation}({closed(query)})" if rules.reads.aggregation else query
    if rules.reads.as_list:
        asked = {"query": asked, "each": True}
    fresh = fresh_selector(query) if refusal(query) is None else ""
    keys: dict[str, Any] = {
        "title": title(name),
        "prometheus.query": asked,
        **({"pass": rules.passes} if rules.passes else {}),
        **({"warn": rules.warns} if rules.warns else {}),
        **({"empty": "value"} if rules.reads.tests_length else {}),
        **_polls(metric, name, template, draft),
        "stale_after": interval(STALE_S),
        **({"fresh": fresh} if fresh else {}),
    }
    if provider.text("timeout").isdigit():
        keys["timeout"] = interval(float(provider.text("timeout")) or 30.0)
    if any(fnmatchcase(name, pattern) for pattern in template.dry_runs):
        draft.note(metric, f"metric {name}: a dry run; it is shown and never part of the advice")
        keys["informational"] = True
    conditions = [f"{key}: {metric.text(key)}" for key in ("successCondition", "failureCondition") if metric.text(key)]
    keys["about"] = f"Metric {name} of the analysis template {template.name}. {'; '.join(conditions)}".strip()[
        :LONGEST_ABOUT
    ]
    return keys


def _rules(metric: YamlPart, scalar: bool, template: _Template, draft: ImportDraft) -> _Rules:
    """Return the rules: a success passes, a failure fails, and what is neither of them warns."""
    name = metric.text("name") or template.name
    success, failure = (_parsed(metric, key) for key in ("successCondition", "failureCondition"))
    written = [condition for condition in (success, failure) if condition is not None]
    reads = reads_of(written, scalar)
    if not written:
        draft.lose(metric, f"metric {name}: it has no condition; it is shown and not judged")
        return _Rules(reads)
    if reads.not_a_number:
        draft.note(metric, f"metric {name}: isNaN and isInf are false here: such a result is no data")
    succeeds = _cel(metric, "successCondition", success, reads, scalar, template)
    fails = _cel(metric, "failureCondition", failure, reads, scalar, template)
    passes = succeeds if fails is None else negated(fails) if succeeds is None else both(succeeds, negated(fails))
    if passes is None or passes.text in ("true", "false"):
        raise UnknownExpression("its condition does not depend on the result")
    warns = negated(fails).text if succeeds is not None and fails is not None else ""
    return _Rules(reads, passes.text, "" if warns == passes.text else warns)


def _parsed(metric: YamlPart, key: str) -> Expression | None:
    text = metric.text(key).strip()
    try:
        return parse_expression(text) if text else None
    except UnknownExpression as error:
        raise UnknownExpression(f"{key} `{text}`: {error}") from error


def _cel(
    metric: YamlPart, key: str, condition: Expression | None, reads: ResultUse, scalar: bool, template: _Template
) -> Cel | None:
    if condition is None:
        return None
    try:
        return cel_of(condition, reads, scalar, template.arguments.values)
    except UnknownExpression as error:
        raise UnknownExpression(f"{key} `{metric.text(key).strip()}`: {error}") from error


def _provider_notes(provider: YamlPart, name: str, draft: ImportDraft) -> None:
    for key, part in provider.items():
        if key == "address":
            draft.lose(
                part,
                f"metric {name}: address {provider.text(key)} is not carried over; set it in the source prometheus",
            )
        elif key not in _OF_PROVIDER:
            draft.lose(part, f"metric {name}: `{key}` is not carried over; set it in the source prometheus")


def _polls(metric: YamlPart, name: str, template: _Template, draft: ImportDraft) -> dict[str, Any]:
    """Return the interval, and how many of how many results have to fail: more than `failureLimit` of `count`."""
    keys = dict[str, Any]()
    every = template.arguments.resolved(metric.text("interval"))
    if every and is_duration(every) and seconds(every) > 0:
        keys["every"] = every
    elif every:
        draft.lose(metric.child("interval") or metric, f"metric {name}: interval {every} is not a duration")
    count, limit = (_whole(metric, key, name, template, draft) for key in ("count", "failureLimit"))
    part = metric.child("failureLimit")
    if part is not None and limit is not None and limit < 0:
        draft.lose(part, f"metric {name}: failureLimit {limit} is not carried over; one failing result fails")
    elif part is not None and limit:
        of = min(max(count or MOST_POLLS, limit + 1), MOST_POLLS)
        keys["persist"] = {"agree": min(limit + 1, of), "of": of}
        if not count or count > of:
            draft.note(part, f"metric {name}: failures are counted over the last {of} results; Argo counts all of them")
    if metric.has("count") or not metric.has("interval"):
        times = "once" if not count or count == 1 else f"{count} times"
        draft.lose(
            metric.child("count") or metric, f"metric {name}: Argo measures it {times}; here it is polled until the end"
        )
    return keys


def _whole(metric: YamlPart, key: str, name: str, template: _Template, draft: ImportDraft) -> int | None:
    text = template.arguments.resolved(metric.text(key)).strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        draft.lose(metric.child(key) or metric, f"metric {name}: {key} {text} is not a number")
        return None
