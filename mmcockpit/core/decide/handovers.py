"""Decisions on handovers: what is handed over to whom, and that the receiver acknowledges it."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import known_as, same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.handovers.page import handover_page
from mmcockpit.core.state.session import Session


def prepare_handover(session: Session, command: commands.PrepareHandover, now: Stamp) -> Decision:
    """Hand over to another person, with the page of this moment; a later handover replaces an earlier one."""
    people = session.cockpit.people
    here = [seat.person for seat in session.seats.values()]
    to = known_as(command.to, people) or next((name for name in here if same(name, command.to)), "")
    if not to:
        return Refusal(Code.UNKNOWN_PERSON, command.to, names=tuple(one.name for one in people))
    if same(command.by, to):
        return Refusal(Code.SAME_PERSON, "the handover", by=command.by)
    seats = [seat for seat in session.seats.values() if same(seat.person, to)]
    if seats and not any(seat.acts for seat in seats):
        return Refusal(Code.VIEWER_ONLY, by=to)
    return [facts.HandoverPrepared(command.by, to, handover_page(session, now))]


def acknowledge_handover(session: Session, command: commands.AcknowledgeHandover, now: Stamp) -> Decision:
    """Acknowledge the handover that waits for this person; it passes the controls of who handed over.

    At another person's terminal (`witnessed`) only a receiver without a seat can acknowledge, and no controls pass: the
    identity at that terminal stays the same.
    """
    handover = session.handover
    if handover is None or session.handover_number != command.handover:
        return Refusal(Code.NO_HANDOVER)
    if not same(handover.to, command.by):
        return Refusal(Code.NOT_RECEIVER, handover.to, by=command.by)
    seated = any(same(seat.person, handover.to) for seat in session.seats.values())
    if command.witnessed:
        if seated:
            return Refusal(Code.RECEIVER_IS_HERE, handover.to)
        return [facts.HandoverAcknowledged(handover.to, command.handover, witnessed=True)]
    acknowledged = facts.HandoverAcknowledged(handover.to, command.handover)
    if not seated or same(session.controls, handover.to):
        return [acknowledged]
    if session.controls and not same(session.controls, handover.by):
        return [acknowledged]
    return [acknowledged, facts.ControlsGranted(handover.to, handover.by, "handover")]
