"""Messages on their way: recorded, and without a recorded result."""

from collections.abc import Iterable

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.channels import DeliveryResult
from mmcockpit.core.state.procedure_runs import PROCEDURES
from mmcockpit.core.state.session import SESSION, Sending, Session, Topic

RESULTS_FROM = 7
"""Minor version of the first journals that record what became of messages."""


def begin_sending(session: Session, to: Iterable[str], message: str = "") -> None:
    """Note that the latest fact sends a message; in earlier journals no result will follow."""
    if session.opened is not None and session.opened.minor >= RESULTS_FROM:
        session.sending += [Sending(session.seq, channel, message) for channel in to]


def delivered(session: Session, stamp: Stamp, body: facts.MessageDelivered) -> set[Topic]:
    """Note what became of a message."""
    session.sending = [one for one in session.sending if (one.number, one.to) != (body.number, body.to)]
    alarm = session.alarm
    escalation = not body.message and not body.over
    if alarm is not None and escalation and body.to in alarm.to:
        unknown = (*alarm.unknown, body.to) if body.result is DeliveryResult.UNKNOWN else alarm.unknown
        failed = (*alarm.failed, body.to) if body.result is DeliveryResult.FAILED else alarm.failed
        session.alarm = msgspec.structs.replace(alarm, unknown=unknown, failed=failed)
    return {SESSION, PROCEDURES}


def unknown_deliveries(session: Session) -> list[facts.MessageDelivered]:
    """Return that the result of every message on its way is not known: the cockpit that sent them has ended."""
    unknown = DeliveryResult.UNKNOWN
    return [facts.MessageDelivered(one.number, one.to, unknown, one.message) for one in session.sending]
