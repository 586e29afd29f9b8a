"""The rules that a Prometheus has loaded."""

from typing import TYPE_CHECKING

import msgspec

from mmcockpit.sources.prometheus.status import RuleStatus

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

CRITICAL = frozenset({"critical", "page", "error", "fatal", "emergency", "high", "p1", "sev1"})
"""Severities whose limit fails a signal; that of any other one warns."""
QUIET = frozenset({"none", "info", "informational"})
"""Severities of alerts that always fire or need no action."""


class LoadedRule(RuleStatus):
    """A rule with its labels and, in seconds, how long its condition has to hold."""

    labels: dict[str, str] = msgspec.field(default_factory=dict)
    duration: float = 0.0

    @property
    def severity(self) -> str:
        """The label severity in lower case; empty without one."""
        return self.labels.get("severity", "").lower()


class _Group(msgspec.Struct):
    rules: list[LoadedRule]


class _LoadedGroups(msgspec.Struct):
    groups: list[_Group]


def loaded_rules(line: "PrometheusLine") -> list[LoadedRule]:
    """Query all rules, sorted by name."""
    groups = line.get("/api/v1/rules", _LoadedGroups).groups
    return sorted((rule for group in groups for rule in group.rules), key=lambda rule: (rule.name, rule.query))
