"""The probes `targets` and `rules`: the state of Prometheus' own work."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.prometheus.probe import PrometheusProbe
from mmcockpit.sources.prometheus.promql import metric_names
from mmcockpit.sources.prometheus.scrapes import ScrapedTargets as ScrapedTargets
from mmcockpit.sources.prometheus.scrapes import Target
from mmcockpit.sources.prometheus.systems import BUILD_INFO, is_victoria_metrics

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine


class Targets(Args):
    """Scrape targets of Prometheus, and the result of their last scrape."""

    shorthand: ClassVar[str] = "job"
    job: Annotated[str, Field(description="Only targets of this job; default: all.")] = ""
    jobs: Annotated[tuple[str, ...], Field(description="Jobs that must have targets, all of them up.")] = ()


class Rules(Args):
    """The state of Prometheus' rules."""

    names: Annotated[tuple[str, ...], Field(description="Rules that must be loaded; default: all loaded rules.")] = ()


class TargetsProbe(PrometheusProbe):
    """Scrape targets by job and instance, or the sum of the targets of `jobs`."""

    def answer(self, line: "PrometheusLine") -> Any:
        args = self.question.args
        targets = line.targets(ScrapedTargets).active_targets
        return _of_jobs(targets, args.jobs) if args.jobs else self._rows(line, targets, args.job)

    def _rows(self, line: "PrometheusLine", targets: Sequence[Target], wanted: str) -> list[dict[str, Any]]:
        now = line.now()
        rows = [
            {
                "job": target.labels.get("job", ""),
                "instance": target.labels.get("instance", ""),
                "up": target.health == "up",
                "error": target.last_error,
                **_age(line, "age_s", now, target.last_scrape),
            }
            for target in targets
            if wanted in ("", target.labels.get("job", ""))
        ]
        return sorted(rows, key=lambda row: (row["job"], row["instance"]))


def _of_jobs(targets: Sequence[Target], jobs: Sequence[str]) -> dict[str, Any]:
    expected = [target for target in targets if target.labels.get("job", "") in jobs]
    present = {target.labels.get("job", "") for target in expected}
    missing = [job for job in dict.fromkeys(jobs) if job not in present]
    down = sorted(
        f"{target.labels.get('job', '')} {target.labels.get('instance', '')}: {target.last_error or 'not scraped yet'}"
        for target in expected
        if target.health != "up"
    )
    up = len(expected) - len(down)
    reasons = [f"no targets of job {', '.join(missing)}"] if missing else []
    reasons += [f"{len(down)} of {counted(len(expected), 'target')} down: {'; '.join(down[:3])}"] if down else []
    return {"reason": ". ".join(reasons), "up": up, "total": len(expected), "missing": missing, "down": down}


class RuleStatus(msgspec.Struct, rename="camel"):
    """A rule as Prometheus reports it."""

    name: str
    query: str
    health: str
    last_evaluation: str
    state: str = ""
    last_error: str = ""
    type: str = "alerting"

    @property
    def is_alert(self) -> bool:
        """Whether it is an alert rule, not a recording one."""
        return self.type == "alerting"


class RuleGroup(msgspec.Struct):
    """A group of rules."""

    name: str
    rules: list[RuleStatus]


class _Groups(msgspec.Struct):
    groups: list[RuleGroup]


def rule_groups(line: "PrometheusLine") -> list[RuleGroup]:
    """Return the loaded rules by group; ProbeError(not found) from a system that evaluates none by itself."""
    groups = line.get("/api/v1/rules", _Groups).groups
    if not groups and is_victoria_metrics(_build_info(line)):
        why = "VictoriaMetrics evaluates no rules: use the address of vmalert, or start it with -vmalert.proxyURL"
        raise line.fault(FaultKind.NOT_FOUND, why)
    return groups


def _build_info(line: "PrometheusLine") -> dict[str, object]:
    """Return the build information, empty from a system that does not report it."""
    try:
        return line.get(BUILD_INFO, dict[str, object])
    except ProbeError as error:
        if error.kind not in (FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.QUERY):
            raise
        return {}


class RulesProbe(PrometheusProbe):
    """The rules of the server, and those of `names` that are not loaded."""

    def answer(self, line: "PrometheusLine") -> Any:
        wanted, now = self.question.args.names, line.now()
        loaded = [
            (group.name, rule)
            for group in rule_groups(line)
            for rule in group.rules
            if not wanted or rule.name in wanted
        ]
        present = existing(line, {name for _, rule in loaded for name in metric_names(rule.query)})
        rows = [
            {
                "name": rule.name,
                "group": group,
                "health": rule.health,
                "state": rule.state,
                "has_series": metric_names(rule.query) <= present,
                **_age(line, "evaluated_age_s", now, rule.last_evaluation),
            }
            for group, rule in loaded
        ]
        missing = set(wanted) - {rule.name for _, rule in loaded}
        return rows + [
            {"name": name, "group": "", "health": "missing", "state": "", "has_series": False}
            for name in sorted(missing)
        ]


def existing(line: "PrometheusLine", names: set[str]) -> set[str]:
    """Return those of the metrics that have a series at present."""
    ordered, present = sorted(names), set[str]()
    for first in range(0, len(ordered), 50):
        selector = "|".join(ordered[first : first + 50])
        _, series = line.query(f'count by (__name__) ({{__name__=~"{selector}"}})')
        present |= {row.metric.get("__name__", "") for row in series}
    return present


def _age(line: "PrometheusLine", name: str, now: float, moment: str) -> dict[str, float]:
    """Return {name: seconds since this RFC 3339 time}, or {} if it is never."""
    age = age_s(line, now, moment)
    return {} if age is None else {name: age}


def age_s(line: "PrometheusLine", now: float, moment: str) -> float | None:
    """Return the seconds since this RFC 3339 time, None if it is never (the year 1)."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError as error:
        raise line.fault(FaultKind.MALFORMED, f"{moment[:40]!r} is not a time") from error
    return round(max(now - then.timestamp(), 0.0), 1) if then.year > 1 else None
