"""The facts of alarms: to whom they escalated, and who acknowledged them."""

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.messages.alarms import AlarmCause


class Escalated(Body, frozen=True):
    """An alarm was not acknowledged in time and goes to these channels.

    `level` counts the steps of the escalation from 1, `text` is the message.
    """

    level: int
    to: tuple[str, ...]
    causes: tuple[AlarmCause, ...]
    text: str


class AlarmAcknowledged(Body, frozen=True):
    """An operator acknowledged an alarm with these causes: it escalates no further."""

    by: str
    causes: tuple[AlarmCause, ...]
    note: str = ""
