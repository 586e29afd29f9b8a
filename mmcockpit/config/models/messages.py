"""Channels for messages, and the contacts of an unacknowledged alarm, in a cockpit file."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mmcockpit.config.models.fields import Duration, FileModel, Line, Name, mistake
from mmcockpit.config.models.procedure import WebhookSecret

MOST_CHANNELS = 20

AnnouncedName = Literal["t0", "phase", "override", "hold", "no-go", "regression", "rollback", "end"]


class GrafanaEntry(FileModel):
    """A Grafana whose dashboards show what happens as annotations."""

    url: Line
    """Its address, such as https://grafana.example.com."""
    token: WebhookSecret
    """The token of a service account that may write annotations: {env: NAME} or {file: PATH}."""
    dashboard: str = Field(default="", max_length=80)
    """The UID of one dashboard; without it, every dashboard can show the annotations by their tags."""
    tags: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    """Tags of each annotation, besides `mmcockpit` and what it is about, such as `rollback`."""


class ChannelEntry(FileModel):
    """A channel through which messages leave the cockpit: exactly one of webhook, apprise and grafana."""

    webhook: WebhookSecret | None = None
    """An address that takes `{"text": ...}`, as Slack and Mattermost do: {env: NAME} or {file: PATH}."""
    apprise: WebhookSecret | None = None
    """A URL of apprise, such as that of mail, PagerDuty or Teams: {env: NAME} or {file: PATH}. It needs the extra
    `apprise`."""
    grafana: GrafanaEntry | None = None
    """A Grafana that gets annotations."""
    on: Annotated[tuple[AnnouncedName, ...], Field(max_length=20)] | None = None
    """What it announces by itself: t0, phase, override, hold, no-go, regression, rollback, end. Default: rollback,
    regression, phase and end; of grafana: t0, phase, override, rollback and end. With `[]` it gets only escalations and
    the messages that you send."""
    rehearsal: bool = False
    """Whether announcements and escalations go to it in a rehearsal, too."""

    @model_validator(mode="after")
    def _one(self) -> "ChannelEntry":
        if sum(kind is not None for kind in (self.webhook, self.apprise, self.grafana)) != 1:
            raise mistake("must have exactly one of `webhook`, `apprise` and `grafana`")
        return self


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class EscalationStepEntry(FileModel):
    """To whom an alarm goes that was not acknowledged for a time."""

    to: Annotated[
        tuple[Name, ...],
        BeforeValidator(_listed, json_schema_input_type=str | list[str]),
        Field(min_length=1, max_length=MOST_CHANNELS),
    ]
    """A channel, or several: names of `messages.channels`, or webhook."""
    after: Duration
    """How long after the alarm began; longer than that of the step before."""
