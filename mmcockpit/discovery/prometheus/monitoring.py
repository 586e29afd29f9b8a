"""The signals of the monitoring itself: scrape targets, alert rules and firing alerts."""

import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from mmcockpit.discovery.findings import BEFORE, FIRING, FoundItem, FoundLink, FoundSignal
from mmcockpit.discovery.prometheus.loaded_rules import QUIET, LoadedRule
from mmcockpit.sources.prometheus.promql import selectors

SECTION = "Monitoring"
MOST_JOBS = 20
MOST_RULES = 40
MOST_LINKS = 20


def targets_signal(source: str, jobs: Sequence[str]) -> FoundSignal:
    """Return the signal of the scrape targets of some jobs."""
    return FoundSignal(
        "targets",
        "scrape targets",
        source,
        "targets",
        {"jobs": list(jobs[:MOST_JOBS])},
        "size(value.missing) == 0 && size(value.down) == 0 && value.total > 0",
        persist=3,
        tags=("headline",),
        comment="limit: every job has targets, and all of them are up"
        + (f"; only the first {MOST_JOBS} jobs are here" if len(jobs) > MOST_JOBS else ""),
        section=SECTION,
        more={"every": "15s", "message": "value.reason"},
    )


def relevant_rules(
    rules: Sequence[LoadedRule], jobs: Sequence[str], namespace: str, everything: bool
) -> list[LoadedRule]:
    """Return the alert rules that concern a service: those whose selectors name its jobs or its namespace."""
    alerts = {rule.name: rule for rule in rules if rule.is_alert and rule.severity not in QUIET}
    return [rule for rule in alerts.values() if everything or _concerns(rule, {*jobs, namespace} - {""})]


def _concerns(rule: LoadedRule, names: set[str]) -> bool:
    matchers = [matcher for selector in selectors(rule.query) for matcher in selector.matchers]
    named = {part for _, operator, value in matchers if operator in ("=", "=~") for part in value.split("|")}
    return bool(named & names) or bool(names & set(rule.labels.values()))


def alert_signals(source: str, rules: Sequence[LoadedRule], everything: bool) -> Iterator[FoundSignal]:
    """Yield the signals of the health of alert rules, and of the alerts that fire."""
    names = sorted(rule.name for rule in rules)
    yield FoundSignal(
        "alert_rules",
        "alert rules",
        source,
        "rules",
        {"names": names[:MOST_RULES]},
        'value.all(rule, rule.health == "ok")',
        persist=3,
        comment="limit: every alert rule is loaded, and its last evaluation succeeded"
        + (f"; only the first {MOST_RULES} rules are here" if len(names) > MOST_RULES else ""),
        section=SECTION,
        more={"every": "30s"},
    )
    quiet = "|".join(sorted(QUIET))
    chosen = "" if everything else f",alertname=~{json.dumps('|'.join(map(re.escape, names[:MOST_RULES])))}"
    yield FoundSignal(
        "firing_alerts",
        "firing alerts",
        source,
        "query",
        {"query": f'ALERTS{{alertstate="firing",severity!~"{quiet}"{chosen}}}', "each": True},
        "size(value) == 0",
        'value.all(one, !has(one.labels.severity) || one.labels.severity != "critical")',
        persist=2,
        tags=("headline",),
        comment="limit: no alert fires; one that is not critical warns",
        section=SECTION,
        more={"empty": "value", "message": FIRING.format("value[0].labels.alertname")},
    )


def alert_links(url: str, rules: Sequence[LoadedRule]) -> Iterator[FoundLink]:
    """Yield a link for each alert rule to its alerts in Prometheus."""
    for rule in rules[:MOST_LINKS]:
        expression = quote(f'ALERTS{{alertname="{rule.name}"}}', safe="")
        severity = f" ({rule.severity})" if rule.severity else ""
        if len(expression) < 300:
            yield FoundLink(f"Alert {rule.name}{severity}"[:200], f"{url}/graph?g0.expr={expression}&g0.tab=1")


def items(signals: Sequence[FoundSignal]) -> Iterator[FoundItem]:
    """Yield an item for each of these signals."""
    titles = {
        "targets": "All scrape targets are up",
        "alert_rules": "Alert rules are loaded and healthy",
        "firing_alerts": "No alert fires",
    }
    for signal in signals:
        if signal.name in titles:
            yield FoundItem(titles[signal.name], SECTION, BEFORE, signal.name)
