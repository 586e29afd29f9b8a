"""Finds what an Alertmanager has to watch: its state, the alerts that fire, who sends them, and silences."""

import json

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, FIRING, VERIFY, Findings
from mmcockpit.discovery.polls import poll

SECTION = "Alertmanager"
_NOT_CRITICAL = 'value.all(alert, alert.severity != "critical")'


async def discover(connection: Connection, budget: Budget) -> Findings:
    """Query its status: one request."""
    name = connection.name
    status = await poll("alertmanager", connection.source, "status", {}, budget)
    if isinstance(status, ProbeError):
        raise status
    draft = FindingsDraft(connection.spec, f"Alertmanager {status['version']}", seen=False)
    _itself(draft, name)
    _alerts(draft, name, connection.namespace)
    return draft.findings()


def _itself(draft: FindingsDraft, name: str) -> None:
    draft.watch(
        (name, "ready"),
        "Alertmanager",
        SECTION,
        "status",
        {},
        "value.ready",
        comment="It responds, and its cluster has settled.",
        more={"every": "15s"},
        item=(BEFORE, SECTION, "Alertmanager is ready"),
    )
    draft.watch(
        (name, "sender"),
        "alerts sent",
        SECTION,
        "senders",
        {},
        "value.sends",
        comment="Prometheus lists this Alertmanager among those that it sends alerts to.",
        more={"every": "30s", "message": "value.why"},
        item=(BEFORE, SECTION, "Prometheus sends alerts to this Alertmanager"),
    )


def _alerts(draft: FindingsDraft, name: str, namespace: str) -> None:
    draft.watch(
        (name, "alerts"),
        "alerts",
        SECTION,
        "alerts",
        {"filters": _filters(namespace)},
        "size(value) == 0",
        warn=_NOT_CRITICAL,
        tags=("headline",),
        comment="No alert fires; one that is not critical warns.",
        more={"every": "10s", "empty": "value", "message": FIRING.format("value[0].name")},
        item=(VERIFY, SECTION, "No alert fires"),
        hold="5m",
    )
    draft.watch(
        (name, "silences"),
        "silences",
        SECTION,
        "silences",
        {},
        informational=True,
        comment="Shown only: silences that are made during the session.",
        more={"every": "30s", "empty": "value"},
    )


def _filters(namespace: str) -> list[str]:
    """Return matchers for alerts that need an action, of a namespace or of none."""
    quiet = 'severity!~"none|info"'
    return [quiet, f"namespace=~{json.dumps(f'|{namespace}')}"] if namespace else [quiet]
