"""What the Alertmanager probes return."""

from typing import Annotated, ClassVar

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field

SEVERITIES = {
    "critical": "fail",
    "page": "fail",
    "error": "fail",
    "warning": "warn",
    "info": "text",
    "none": "text",
}


class AlertValue(Value):
    """One alert."""

    tracks_rows: ClassVar = True
    noun: ClassVar = ("alert", "alerts")
    counted: ClassVar = "firing"

    name: str
    severity: Annotated[str, field("Its label `severity`.", rank=1, levels=SEVERITIES)]
    state: Annotated[
        str,
        field(
            "active, unprocessed, silenced, inhibited, muted (by a time interval of its route), or `unsent`: it fires "
            "in Prometheus, but Alertmanager has not received it.",
            rank=1,
            normal=("active",),
            levels={"silenced": "muted", "inhibited": "muted", "muted": "muted"},
        ),
    ]
    since: Annotated[str, field("RFC 3339.", unit="since", rank=2)]
    summary: Annotated[str, field("Its annotation `summary` or `description`.", rank=3)]
    labels: Annotated[dict[str, str], field("All its labels.", rank=4, role="labels")]


class StatusValue(Value):
    """The state of Alertmanager itself."""

    version: str
    ready: Annotated[bool, field("False while its cluster settles.")]
    receivers: Annotated[list[str], field("Names of its receivers.")]
    peers: Annotated[int, field("Connected Alertmanagers with this one; 0 without a cluster.")]


class SilenceValue(Value):
    """One silence."""

    named_by: ClassVar = ("{matchers} by {by}",)
    noun: ClassVar = ("silence", "silences")

    id: Annotated[str, field(shown=False)]
    by: Annotated[str, field("Who made it.", shown=False)]
    comment: Annotated[str, field("Why.")]
    created: Annotated[str, field("Its last change, RFC 3339.", unit="since", shown=False)]
    ends: Annotated[str, field("RFC 3339.", shown=False)]
    state: Annotated[
        str,
        field("active, pending or expired.", levels={"active": "warn", "pending": "warn", "expired": "muted"}),
    ]
    matchers: Annotated[list[str], field("In Alertmanager's syntax.", shown=False)]


class SendersValue(Value):
    """Whether a Prometheus of this session sends alerts here."""

    causes: ClassVar = ("why",)

    sends: bool
    why: Annotated[str, field("Why it sends none, else empty.")]
    alertmanagers: Annotated[list[str], field("All that receive its alerts.")]


class RoutesValue(Value):
    """Where alerts are routed by the running configuration; mute time intervals are ignored."""

    cells: ClassVar = (Cell("{lost:first}"), Cell("{delivered:first}"), Cell("none"))

    receivers: Annotated[list[str], field("All receivers.")]
    lost: Annotated[list[str], field("Alerts for which no receiver has an integration.")]
    delivered: Annotated[list[str], field("Texts such as `RedisDown → pager (webhook)`.")]
