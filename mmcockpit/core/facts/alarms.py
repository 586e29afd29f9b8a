"""The facts of alarms: to whom they escalated, what became of messages, and who acknowledged them."""

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.messages.alarms import AlarmCause
from mmcockpit.core.model.messages.channels import DeliveryResult


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


class MessageDelivered(Body, frozen=True):
    """The result of sending a recorded message to a channel: `number` is the fact that recorded the message.

    `message` is its id, empty for an escalation. `over` marks the message that an escalated alarm is over; `number` is
    then the fact that ended it.
    """

    number: int
    to: str
    result: DeliveryResult
    message: str = ""
    over: bool = False
