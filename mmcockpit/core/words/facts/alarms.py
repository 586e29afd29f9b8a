"""Sentences about alarms: to whom they escalated, what became of messages, and who acknowledged them."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.messages.alarms import AlarmCause, AlarmKind
from mmcockpit.core.model.messages.channels import DeliveryResult
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.naming import Names, Wording


def cause_text(names: Names, cause: AlarmCause) -> str:
    """Return the cause of an alarm in a few words."""
    if cause.kind is AlarmKind.REGRESSION:
        return f"{names.item(cause.subject)} regressed"
    return f"{names.signal(cause.subject)} failed for its time"


def _acknowledged(body: facts.AlarmAcknowledged, wording: Wording) -> str:
    causes = ", ".join(cause_text(wording.names, cause) for cause in body.causes)
    note = f": {body.note}" if body.note else ""
    return f"{body.by} acknowledged: {causes}{note}"


def delivery_text(body: facts.MessageDelivered) -> str:
    """Return what became of a message: `escalation to bo: delivered`."""
    what = f"message {body.message}" if body.message else "end of the alarm" if body.over else "escalation"
    if body.result is DeliveryResult.UNKNOWN:
        return f"{what} to {body.to}: not known whether it was sent; the cockpit ended before its result was recorded"
    return f"{what} to {body.to}: {'delivered' if body.result is DeliveryResult.SENT else 'not delivered'}"


SENTENCES: Sentences = {
    facts.Escalated: ("escalated", lambda body, _: f"to {', '.join(body.to)}: {body.text}"),
    facts.AlarmAcknowledged: ("ack", _acknowledged),
    facts.MessageDelivered: ("delivery", lambda body, _: delivery_text(body)),
}
