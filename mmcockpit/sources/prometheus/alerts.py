"""Firing alerts as reported by the Prometheus that evaluates them, whether or not it could send them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

_NOT_OFFERED = {FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.QUERY}
_OWN = ("__name__", "alertstate")
"""Labels of the series ALERTS that are not the alert's own."""


class FiringAlert(msgspec.Struct, rename="camel"):
    """A firing alert; `active_at` (RFC 3339, empty if unknown) is when its condition became true."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    active_at: str = ""

    def is_sent(self, others: Mapping[tuple[str, str], list[dict[str, str]]]) -> bool:
        """Return whether it is among these alerts of an Alertmanager, by name and severity.

        Prometheus adds labels (external_labels) and drops some (alert_relabel_configs): labels in common must be equal.
        """
        key = (self.labels.get("alertname", ""), self.labels.get("severity", ""))
        return any(
            all(labels[name] == value for name, value in self.labels.items() if name in labels)
            for labels in others.get(key, ())
        )


class _Alert(FiringAlert, rename="camel"):
    state: str = ""


class _Alerts(msgspec.Struct):
    alerts: list[_Alert]


def firing(line: "PrometheusLine") -> list[FiringAlert]:
    """Return the firing alerts; if the server has no list of them, from the series ALERTS."""
    try:
        return [alert for alert in line.get("/api/v1/alerts", _Alerts).alerts if alert.state == "firing"]
    except ProbeError as fault:
        if fault.kind not in _NOT_OFFERED:
            raise
    _, series = line.query('ALERTS{alertstate="firing"}')
    return [FiringAlert({name: value for name, value in row.metric.items() if name not in _OWN}) for row in series]
