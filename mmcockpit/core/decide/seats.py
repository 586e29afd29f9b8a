"""What a seat may do, and the decisions on controls and approvals."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain

ANYONE = (
    *(commands.MarkItem, commands.UndoMark, commands.Vote, commands.AddNote, commands.SenseNow),
    *(commands.RequestControls, commands.GrantControls, commands.TakeControls),
    *(commands.ApproveStep, commands.AcknowledgeHandover, commands.LeaveSession),
)
"""Commands that every seat with the right to act may give; the others need the controls."""


def not_allowed(session: Session, command: commands.AnyCommand, seat: Seat, saw: int) -> Refusal | None:
    """Return why this seat may not give this command."""
    if not seat.acts:
        return Refusal(Code.VIEWER_ONLY, by=seat.person)
    needs = not isinstance(command, ANYONE) and not (isinstance(command, commands.HoldSession) and command.on)
    if needs and not same(session.controls, seat.person):
        return Refusal(Code.CONTROLS_NEEDED, by=session.controls)
    return None


def request_controls(session: Session, command: commands.RequestControls, now: Stamp) -> Decision:
    """Ask for the controls, or take them if no person has them."""
    if same(session.controls, command.by):
        return Refusal(Code.HAS_CONTROLS, by=command.by)
    if not session.controls:
        return [facts.ControlsGranted(command.by, command.by, "they were free")]
    return [facts.ControlsRequested(command.by)]


def grant_controls(session: Session, command: commands.GrantControls, now: Stamp) -> Decision:
    """Pass the controls to a person who is here and may act."""
    if not same(session.controls, command.by):
        return Refusal(Code.CONTROLS_NEEDED, by=session.controls)
    here = [seat.person for seat in session.seats.values() if seat.acts]
    to = next((person for person in here if same(person, command.to)), "")
    if not to:
        return Refusal(Code.NOT_HERE, command.to, names=tuple(dict.fromkeys(here)))
    return [facts.ControlsGranted(to, command.by)]


def take_controls(session: Session, command: commands.TakeControls, now: Stamp) -> Decision:
    """Take the controls of a person who has left."""
    reason = plain(command.reason, LONGEST_REASON)
    if any(same(seat.person, session.controls) for seat in session.seats.values()):
        return Refusal(Code.HOLDER_IS_HERE, by=session.controls)
    if not reason:
        return Refusal(Code.TAKEOVER_NEEDS_REASON)
    return [facts.ControlsGranted(command.by, command.by, reason)]


def approve_step(session: Session, command: commands.ApproveStep, now: Stamp) -> Decision:
    """Approve a step's command as second person."""
    run = session.procedures.get(command.procedure)
    if run is None or run.closed is not None:
        return Refusal(Code.PROCEDURE_NOT_OPEN, command.procedure)
    if command.step not in run.steps:
        return Refusal(Code.UNKNOWN_STEP, command.step, names=tuple(run.steps))
    until = round(now.at + command.for_s, 3)
    return [facts.StepApproved(command.procedure, command.step, command.argv, command.where, command.by, until=until)]
