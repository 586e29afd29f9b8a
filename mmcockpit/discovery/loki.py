"""Finds what a Loki has to watch: whether it answers queries, and how many errors the service logs."""

import json
from typing import TYPE_CHECKING, cast

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, Findings
from mmcockpit.discovery.polls import TIMEOUT_S

if TYPE_CHECKING:
    from mmcockpit.sources.loki.source import LokiSource

SECTION = "Logs"
BUILD, LABELS = "/loki/api/v1/status/buildinfo", "/loki/api/v1/labels"
NAMESPACE_LABELS = ("namespace", "k8s_namespace_name", "service_namespace")
"""Labels in which collectors of logs usually write the namespace, the first one that exists counts."""

_ERRORS = r"(?i)\b(error|fatal|panic)\b"


async def discover(connection: Connection, budget: Budget) -> Findings:
    """Query the version, and the labels of the streams: two requests."""
    source = cast("LokiSource", connection.source)
    try:
        build, _ = await budget.ask(source.get(BUILD, {}, dict[str, object], TIMEOUT_S))
        version = str(build.get("version", ""))
    except ProbeError as fault:
        # Some gateways serve queries only: the labels show whether this is a Loki.
        version, why = "", fault.message
    else:
        why = ""
    answer, _ = await budget.ask(source.get(LABELS, {}, dict[str, object], TIMEOUT_S))
    found = answer.get("data") or []
    labels = [label for label in found if isinstance(label, str)] if isinstance(found, list) else []
    draft = FindingsDraft(connection.spec, f"Loki {version}".strip(), seen=False)
    if why:
        draft.leave_out(SECTION, "version", why)
    _answers(draft, connection.name, labels)
    _errors(draft, connection.name, connection.namespace, labels)
    return draft.findings()


def _answers(draft: FindingsDraft, name: str, labels: list[str]) -> None:
    """Add whether it answers a query that reads a second of lines: Loki refuses some tenants only that."""
    label = next((label for label in (*NAMESPACE_LABELS, *labels) if label in labels), "")
    query = f'sum(count_over_time({{{label}=~".+"}}[1s])) or vector(0)' if label else "vector(0)"
    draft.watch(
        (name, "answers"),
        "Loki",
        SECTION,
        "query",
        query,
        "value >= 0.0",
        comment="It answers queries, with the credential and the tenant of this source.",
        more={"every": "30s"},
        item=(BEFORE, SECTION, "Loki answers queries"),
    )


def _errors(draft: FindingsDraft, name: str, namespace: str, labels: list[str]) -> None:
    """Add the number of lines with errors of the namespace, if a label names it."""
    label = next((label for label in NAMESPACE_LABELS if label in labels), "")
    if not namespace or not label:
        why = (
            f"none of the labels {', '.join(NAMESPACE_LABELS)}" if namespace else "no namespace given: use --namespace"
        )
        draft.leave_out(SECTION, "errors in logs", why)
        return
    selector = f"{{{label}={json.dumps(namespace)}}}"
    draft.watch(
        (name, "errors"),
        "errors in logs",
        SECTION,
        "query",
        f"sum(count_over_time({selector} |~ `{_ERRORS}` [5m])) or vector(0)",
        informational=True,
        unit="lines",
        tags=("errors",),
        comment="Shown only: lines of 5 minutes with error, fatal or panic. How many are normal differs by service.",
        more={"every": "30s"},
        fresh=selector,
    )
