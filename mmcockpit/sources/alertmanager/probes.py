"""Alertmanager probes for alerts, status and silences, and the shape of their results."""

import time
from datetime import datetime
from typing import Annotated, Any, ClassVar, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
from pydantic import BeforeValidator, Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.alertmanager.completeness import Completeness
from mmcockpit.sources.alertmanager.matchers import UnreadableMatcher, matchers
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.prometheus.alerts import FiringAlert

_STATES = ("active", "silenced", "inhibited", "unprocessed")
"""All states are requested: a silenced alert was received, too."""
_SUMMARIES = ("summary", "message", "description")
"""Annotations that may hold an alert's summary, in order of preference."""
Document = TypeVar("Document")


class AlertmanagerClient(Protocol):
    """What a probe needs of its source."""

    completeness: Completeness

    async def get(self, path: str, kind: type[Document], timeout: float) -> tuple[Document, float]:
        """Return a result of the API as a document of this type, and the server's Unix time of the response."""
        ...


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


Matcher = Annotated[
    str,
    Field(
        pattern=r"""^\s*("(\\.|[^"\\])+"|[^\s{}!=~,"'`\\]+)\s*(=~|!~|!=|=).*$""",
        description='severity="critical"; since Alertmanager 0.27 also "service.name"="shop".',
    ),
]


class Alerts(Args):
    """Which alerts are listed: one matcher as the shorthand, or several that must all match."""

    shorthand: ClassVar[str] = "filters"
    filters: Annotated[
        tuple[Matcher, ...], BeforeValidator(_listed), Field(description='Matchers, e.g. severity=~"critical|page".')
    ] = ()
    silenced: Annotated[bool, Field(description="Also silenced alerts.")] = False
    inhibited: Annotated[bool, Field(description="Also alerts that another alert inhibits.")] = False


class StatusArgs(Args):
    """The state of Alertmanager itself."""


class Silences(Args):
    """Which silences are listed."""

    since_start: Annotated[
        bool,
        Field(description="Only those changed since the session was opened; default: all that have not expired."),
    ] = True


class _AlertStatus(msgspec.Struct, rename="camel"):
    state: str
    silenced_by: list[str]
    inhibited_by: list[str]
    muted_by: list[str] = []


class _Alert(msgspec.Struct, rename="camel"):
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    status: _AlertStatus

    @property
    def state(self) -> str:
        """silenced, inhibited or muted if it is suppressed, else Alertmanager's own state: active or unprocessed."""
        if self.status.silenced_by:
            return "silenced"
        return "inhibited" if self.status.inhibited_by else "muted" if self.status.muted_by else self.status.state


class _Version(msgspec.Struct):
    version: str


class Build(msgspec.Struct, rename="camel"):
    """The version in the response of `status`."""

    version_info: _Version


class _Cluster(msgspec.Struct):
    status: str
    peers: list[dict[str, str]] | None = None


class _State(Build, rename="camel"):
    cluster: _Cluster


class _Receiver(msgspec.Struct):
    name: str


class _Matcher(msgspec.Struct, rename="camel"):
    name: str
    value: str
    is_regex: bool
    is_equal: bool = True

    @property
    def text(self) -> str:
        """As it is written: name=~"value"."""
        operator = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
        return f'{self.name}{operator[self.is_equal, self.is_regex]}"{self.value}"'


class _SilenceStatus(msgspec.Struct):
    state: str


class _Silence(msgspec.Struct, rename="camel"):
    id: str
    comment: str
    created_by: str
    updated_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: _SilenceStatus
    matchers: list[_Matcher]

    @property
    def expired(self) -> bool:
        """Whether it no longer silences anything."""
        return self.status.state == "expired"

    def made_since(self, start: float) -> bool:
        """Return whether it was made or changed after this Unix time; the end of an older silence is no change.

        Alertmanager keeps only the time of the last change, and no silence starts before it was made.
        """
        changed, began = self.updated_at.timestamp() >= start, self.starts_at.timestamp() >= start
        return changed and (began or not self.expired)


class AlertsProbe(Connectionless):
    """The alerts, oldest first; `[]` if no alert fires."""

    def __init__(self, source: AlertmanagerClient, question: Question) -> None:
        self._source, self._timeout = source, question.timeout
        self._args = question.args
        self._matchers = [matcher for text in self._args.filters for matcher in matchers(text)]
        filters = [("filter", matcher) for matcher in self._args.filters]
        self._path = "alerts?" + urlencode([*((name, "true") for name in _STATES), *filters])

    async def read(self) -> Reading:
        """Poll once; ProbeError if there is no valid result, or if an empty list may be incomplete."""
        until = time.monotonic() + self._timeout
        # Prometheus first: an alert that it sends meanwhile must not look unsent.
        sent = await self._source.completeness.of_alerts(self._source.get, self._timeout)
        alerts, _ = await self._source.get(self._path, list[_Alert], max(until - time.monotonic(), 0.1))
        received = dict[tuple[str, str], list[dict[str, str]]]()
        for alert in alerts:
            key = (alert.labels.get("alertname", ""), alert.labels.get("severity", ""))
            received.setdefault(key, []).append(alert.labels)
        unsent = [alert for alert in sent.firing if self._wanted(alert.labels) and not alert.is_sent(received)]
        shown = [alert for alert in alerts if self._shows(alert)]
        rows = [*map(_row, shown), *map(_unsent_row, unsent)]
        if sent.fault is not None and not rows:
            raise sent.fault
        rows.sort(key=lambda row: (row["since"], sorted(row["labels"].items())))
        return Reading(rows, remark="; ".join(filter(None, (sent.remark, str(sent.fault or "")))))

    def _shows(self, alert: "_Alert") -> bool:
        silenced, inhibited = bool(alert.status.silenced_by), bool(alert.status.inhibited_by)
        return (self._args.silenced or not silenced) and (self._args.inhibited or not inhibited)

    def _wanted(self, labels: dict[str, str]) -> bool:
        try:
            return all(matcher.matches(labels) for matcher in self._matchers)
        except UnreadableMatcher:
            # Only Alertmanager can evaluate this matcher: show one alert too many rather than miss one.
            return True


class StatusProbe(Connectionless):
    """The state of Alertmanager itself."""

    def __init__(self, source: AlertmanagerClient, question: Question) -> None:
        self._source, self._timeout = source, question.timeout

    async def read(self) -> Reading:
        """Poll once; ProbeError if there is no valid result."""
        began = time.monotonic()
        state, _ = await self._source.get("status", _State, self._timeout)
        left = max(0.1, self._timeout - (time.monotonic() - began))
        receivers, _ = await self._source.get("receivers", list[_Receiver], left)
        return Reading(
            {
                "version": state.version_info.version,
                "ready": state.cluster.status in ("ready", "disabled"),
                "receivers": sorted(receiver.name for receiver in receivers),
                "peers": len(state.cluster.peers or ()),
            }
        )


class SilencesProbe(Connectionless):
    """The silences, oldest first.

    With `since_start`, only those made or changed since this probe was made, that is since the session was opened or
    resumed, by the server's clock.
    """

    def __init__(self, source: AlertmanagerClient, question: Question) -> None:
        self._source, self._question = source, question
        self._made = time.monotonic()
        self._start: float | None = None

    async def read(self) -> Reading:
        """Poll once; ProbeError if there is no valid result."""
        until = time.monotonic() + self._question.timeout
        silences, now = await self._source.get("silences", list[_Silence], self._question.timeout)
        if self._start is None:
            self._start = now - (time.monotonic() - self._made)
        since_start, start = self._question.args.since_start, self._start
        chosen = [
            silence for silence in silences if (silence.made_since(start) if since_start else not silence.expired)
        ]
        chosen.sort(key=lambda silence: (silence.updated_at, silence.id))
        left = max(until - time.monotonic(), 0.1)
        remark = await self._source.completeness.of_silences(self._source.get, left)
        return Reading([_silence(silence) for silence in chosen], remark=remark)


def _row(alert: _Alert) -> dict[str, Any]:
    summaries = (alert.annotations.get(name, "") for name in _SUMMARIES)
    return {
        "name": alert.labels.get("alertname", ""),
        "severity": alert.labels.get("severity", ""),
        "state": alert.state,
        "since": alert.starts_at,
        "labels": alert.labels,
        "summary": next(filter(None, summaries), ""),
    }


def _unsent_row(alert: FiringAlert) -> dict[str, Any]:
    summaries = (alert.annotations.get(name, "") for name in _SUMMARIES)
    return {
        "name": alert.labels.get("alertname", ""),
        "severity": alert.labels.get("severity", ""),
        "state": "unsent",
        "since": alert.active_at,
        "labels": alert.labels,
        "summary": next(filter(None, summaries), ""),
    }


def _silence(silence: _Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "by": silence.created_by,
        "comment": silence.comment,
        "created": silence.updated_at.isoformat(),
        "ends": silence.ends_at.isoformat(),
        "state": silence.status.state,
        "matchers": [matcher.text for matcher in silence.matchers],
    }
