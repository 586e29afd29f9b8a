"""The controls: which commands need them, and decisions on who has them."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain

WITHOUT_CONTROLS = frozenset(
    {
        *(commands.MarkItem, commands.UndoMark, commands.Vote, commands.AddNote, commands.SenseNow),
        commands.AcknowledgeAlarm,
        commands.ReadLog,
        *(commands.RequestControls, commands.GrantControls, commands.TakeControls),
        *(commands.ApproveStep, commands.PrepareHandover, commands.AcknowledgeHandover, commands.LeaveSession),
    }
)
"""Commands that every seat with the right to act may send; the others need the controls."""


def needs_controls(command: commands.AnyCommand) -> bool:
    """Return whether only the person with the controls may send this command; anyone who acts may hold."""
    if isinstance(command, commands.HoldSession):
        return not command.on
    return type(command) not in WITHOUT_CONTROLS


def people_here(session: Session) -> tuple[str, ...]:
    """Return the names of the people at a seat that may act."""
    return tuple(dict.fromkeys(seat.person for seat in session.seats.values() if seat.acts))


def request_controls(session: Session, command: commands.RequestControls, now: Stamp) -> Decision:
    """Request the controls; where no one has them, get them."""
    if session.controls and same(session.controls, command.by):
        return Refusal(Code.HAS_CONTROLS, by=command.by)
    if not session.controls:
        return [facts.ControlsGranted(command.by, command.by, "they were free")]
    if any(same(name, command.by) for name in session.control_requests):
        return Refusal(Code.ALREADY_REQUESTED, by=session.controls)
    return [facts.ControlsRequested(command.by)]


def grant_controls(session: Session, command: commands.GrantControls, now: Stamp) -> Decision:
    """Pass the controls to a person who is at a seat that may act."""
    if not session.controls or not same(session.controls, command.by):
        return Refusal(Code.CONTROLS_NEEDED, by=session.controls)
    here = people_here(session)
    to = next((name for name in here if same(name, command.to)), "")
    if not to:
        return Refusal(Code.NOT_HERE, plain(command.to, 80), names=here)
    if same(to, command.by):
        return Refusal(Code.HAS_CONTROLS, by=command.by)
    return [facts.ControlsGranted(to, command.by)]


def take_controls(session: Session, command: commands.TakeControls, now: Stamp) -> Decision:
    """Take the controls of a person who has no seat any more, for a reason."""
    reason = plain(command.reason, LONGEST_REASON)
    if session.controls and same(session.controls, command.by):
        return Refusal(Code.HAS_CONTROLS, by=command.by)
    if any(same(name, session.controls) for name in people_here(session)):
        return Refusal(Code.HOLDER_IS_HERE, by=session.controls)
    if not reason:
        return Refusal(Code.TAKEOVER_NEEDS_REASON)
    return [facts.ControlsGranted(command.by, command.by, reason)]
