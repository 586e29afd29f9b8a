"""Imports alert rules: rule files of Prometheus, lists of their groups, and PrometheusRule objects of the operator."""

import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from mmcockpit.core.words.durations import is_duration, seconds
from mmcockpit.imports.alert_query import alert_judgement
from mmcockpit.imports.documents import YamlPart
from mmcockpit.imports.draft import LONGEST_ABOUT, DraftSignal, ImportDraft, interval, is_plain_url, title
from mmcockpit.imports.promql_shape import without_comments
from mmcockpit.sources.prometheus.promql_syntax import refusal

FAILS = frozenset({"critical", "page", "emergency", "error", "fatal", "high", "disaster", "major", "sev1", "p1"})
"""Severities that fail."""
WARNS = frozenset({"warning", "warn", "info", "informational", "ticket", "notice", "low", "medium", "minor", "none"})
"""Severities that warn."""
STALE_S = 300.0
"""How old a sample may be: Prometheus itself looks back so far."""
MOST_POLLS = 100
DEFAULT_EVERY_S = 60.0
_LABEL = re.compile(r"\{\{-?\s*(?:\$(?:labels|externalLabels)|\.(?:Labels|ExternalLabels))\.(\w+)\s*-?\}\}")
_LABELS = re.compile(r"\{\{-?\s*(?:\$labels|\.Labels)\s*-?\}\}")
_ACTION = re.compile(r"\{\{[^{}]*\}\}")
_LINKS = ("runbook_url", "runbook", "dashboard_url", "dashboard", "url")
_TEXTS = ("summary", "message", "description")
_LOGQL = re.compile(
    r"\}\s*(?:\|=|\|~|(?:!=|!~)\s*[\"`]|\|\s*(?:json|logfmt|pattern|regexp|unpack|unwrap|line_format|label_format|drop|keep)\b)"
)
"""What follows the labels of a query of Loki, whose ruler has the same files."""
_GROUP = frozenset({"name", "interval", "rules", "labels"})
_OF_OBJECT = frozenset({"groups", "apiVersion", "kind", "metadata"})
_RULE = frozenset({"alert", "expr", "for", "labels", "annotations", "keep_firing_for"})


class _Group(NamedTuple):
    name: str
    every_s: float
    severity: str
    """That of its rules without one."""


def import_rules(objects: Iterable[YamlPart], draft: ImportDraft) -> None:
    """Add a signal for each alert of the rule files and PrometheusRule objects."""
    for top in objects:
        holder = top
        if top.has("kind") and not top.has("groups"):
            if top.text("kind") != "PrometheusRule":
                draft.lose(
                    top, f"{top.text('kind')} {top.text('metadata', 'name')}: not a PrometheusRule{_way_out(top)}"
                )
                continue
            spec = top.mapping("spec")
            holder = spec if spec is not None else top
        groups = holder.entries("groups") or ([holder] if holder.has("rules") else [])
        if not groups:
            draft.lose(top, "no groups with rules: not a rule file of Prometheus, nor a PrometheusRule")
        for key, part in holder.items() if holder.has("groups") else ():
            if key not in _OF_OBJECT:
                draft.lose(part, f"`{key}` is not carried over")
        for group in groups:
            _import_group(group, draft)


def _way_out(top: YamlPart) -> str:
    """Return how to import what a ConfigMap holds, empty for any other object."""
    return "; import the text of its data as a file" if top.text("kind") == "ConfigMap" else ""


def _import_group(entry: YamlPart, draft: ImportDraft) -> None:
    every_s = _seconds(entry, "interval") or DEFAULT_EVERY_S
    group = _Group(entry.text("name") or "Alerts", every_s, entry.text("labels", "severity"))
    for key, part in entry.items():
        if key not in _GROUP:
            draft.lose(part, f"group {entry.text('name')}: `{key}` is not carried over")
    _other_labels(entry, f"group {entry.text('name')}", draft)
    for rule in entry.entries("rules"):
        if rule.has("alert"):
            _import_alert(rule, group, draft)
        elif rule.has("record"):
            draft.lose(rule, f"recording rule {rule.text('record')}: not a signal; Prometheus has to keep it")
        else:
            draft.lose(rule, "neither an alert nor a recording rule")


def _import_alert(rule: YamlPart, group: _Group, draft: ImportDraft) -> None:
    name, expr = rule.text("alert"), rule.text("expr")
    if not name.strip():
        draft.lose(rule, "an alert without a name")
        return
    if refusal(expr) is not None and _LOGQL.search(expr):
        draft.lose(rule, f"alert {name}: a query of Loki; write it as a signal with loki.query")
        return
    judged = alert_judgement(expr) if expr.strip() else None
    if judged is None:
        draft.lose(rule, f"alert {name}: its expression selects no series, so that it always has the same result")
        return
    shown, about = _texts(rule, draft)
    links = _links(rule, draft)
    keys: dict[str, Any] = {
        "title": shown,
        "prometheus.query": judged.query,
        "pass": judged.passes,
        **({"warn": "true"} if _warns(rule, group, draft) else {}),
        **_polls(rule, group, draft),
        "stale_after": interval(STALE_S),
        **({"fresh": judged.fresh} if judged.fresh else {}),
        **({"may_be_absent": list(judged.may_be_absent)} if judged.may_be_absent else {}),
    }
    condition = " ".join(without_comments(expr).split())
    span = f" for {rule.text('for')}" if _seconds(rule, "for") else ""
    origin = f"Alert {name}: fires when {condition}{span}. The value is {judged.value}."
    keys["about"] = "\n".join(filter(None, [about, origin]))[:LONGEST_ABOUT]
    for key, part in rule.items():
        if key not in _RULE:
            draft.lose(part, f"alert {name}: `{key}` is not carried over")
    draft.add(DraftSignal(draft.name(name), title(group.name), keys, links))


def _warns(rule: YamlPart, group: _Group, draft: ImportDraft) -> bool:
    """Return whether an alert warns instead of failing, by its severity or that of its group."""
    name, severity = rule.text("alert"), (rule.text("labels", "severity") or group.severity).strip()
    _other_labels(rule, f"alert {name}", draft)
    if not severity:
        draft.note(rule, f"alert {name}: no severity; it fails")
    elif severity.lower() not in FAILS | WARNS:
        draft.note(rule.child("labels", "severity") or rule, f"alert {name}: unknown severity '{severity}'; it fails")
    return severity.lower() in WARNS


def _other_labels(holder: YamlPart, what: str, draft: ImportDraft) -> None:
    labels = holder.mapping("labels")
    others = [key for key, _ in labels.items() if key != "severity"] if labels is not None else []
    if labels is not None and others:
        draft.lose(labels, f"{what}: labels {', '.join(others)} are not carried over; they route it in Alertmanager")


def _polls(rule: YamlPart, group: _Group, draft: ImportDraft) -> dict[str, Any]:
    """Return how often it is polled and how many polls have to agree: as many evaluations as `for` lasts."""
    name, held = rule.text("alert"), _seconds(rule, "for")
    every_s = max(group.every_s, math.ceil(held / (MOST_POLLS - 1)))
    polls = min(math.ceil(held / every_s) + 1, MOST_POLLS)
    if every_s != group.every_s:
        draft.note(
            rule.child("for") or rule,
            f"alert {name}: polled every {interval(every_s)}, because a verdict needs at most 100 polls",
        )
    keep = rule.child("keep_firing_for")
    if keep is not None:
        back = interval(every_s * (polls - 1)) if polls > 1 else "one poll"
        draft.lose(keep, f"alert {name}: keep_firing_for is not carried over; the signal passes again after {back}")
    return {"every": interval(every_s), **({"persist": polls} if polls > 1 else {})}


def _seconds(part: YamlPart, key: str) -> float:
    text = part.text(key).strip()
    if text in ("", "0"):
        return 0.0
    if not is_duration(text):
        child = part.child(key)
        raise (child or part).error(f"`{key}` must be a duration, such as 5m")
    return seconds(text)


def _texts(rule: YamlPart, draft: ImportDraft) -> tuple[str, str]:
    """Return the title and the description of an alert; what its templates insert becomes a placeholder."""
    name = rule.text("alert")
    texts = dict[str, str]()
    for key in _TEXTS:
        text = rule.text("annotations", key).strip()
        part = rule.child("annotations", key)
        if part is None or not text:
            continue
        plain_text = _ACTION.sub(_value, _LABELS.sub("<labels>", _LABEL.sub(r"<\1>", text)))
        if "{{" in plain_text:
            draft.lose(part, f"alert {name}: {key} is not carried over: its template needs Prometheus")
            continue
        if plain_text != text:
            draft.lose(part, f"alert {name}: the template of {key} is not filled in; its values are shown as <…>")
        texts[key] = plain_text
    _other_annotations(rule, draft)
    short = next((texts[key] for key in ("summary", "message") if key in texts and "<" not in texts[key]), "")
    shown = title(short).rstrip(".") if short and len(short) <= 80 else name
    return shown, "\n".join(text for text in dict.fromkeys(texts.values()) if text != short or shown == name)


def _value(action: re.Match[str]) -> str:
    """Return the placeholder of an action of a template that inserts the value, else the action."""
    return "<value>" if "$value" in action[0] or ".Value" in action[0] else action[0]


def _other_annotations(rule: YamlPart, draft: ImportDraft) -> None:
    annotations = rule.mapping("annotations")
    for key, part in annotations.items() if annotations is not None else ():
        if key not in _TEXTS and key not in _LINKS:
            draft.lose(part, f"alert {rule.text('alert')}: annotation `{key}` is not carried over")


def _links(rule: YamlPart, draft: ImportDraft) -> tuple[str, ...]:
    found = list[str]()
    for key in _LINKS:
        url, part = rule.text("annotations", key).strip(), rule.child("annotations", key)
        if part is None or not url:
            continue
        if not is_plain_url(url):
            draft.lose(part, f"alert {rule.text('alert')}: {key} is not carried over: not a plain URL")
        else:
            found.append(url)
    return tuple(dict.fromkeys(found))
