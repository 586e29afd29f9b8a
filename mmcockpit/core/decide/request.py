"""A command as it comes from a seat: whether it was decided before, and whether this seat may send it."""

import re

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.controls import needs_controls
from mmcockpit.core.decide.decide import decide, refused
from mmcockpit.core.decide.preconditions import outdated
from mmcockpit.core.decide.votes import own_role, vote_refused
from mmcockpit.core.facts.event import AnyBody, EffectRequested, Refused
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Seat, Via
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.session import Session

_ID = re.compile(r"[0-9a-f]{32}")


class Request(msgspec.Struct, frozen=True):
    """A command with an id of its own (32 hex digits), and the number of the last fact that its sender had seen."""

    id: str
    command: commands.AnyCommand
    saw: int = 0

    @property
    def valid(self) -> bool:
        """Whether its id can be written to the journal."""
        return _ID.fullmatch(self.id) is not None


WITHOUT_ID = frozenset({Code.INVALID_ID, Code.ID_TAKEN, Code.TOO_OLD})
"""Refusals whose fact cannot name the id of the command: it is unusable, or belongs to another one."""


def repeats(session: Session, request: Request, seat: Seat) -> bool:
    """Return whether a command of this identity with this id was decided before."""
    known = session.command_ids.get(request.id)
    return known is not None and known.identity == seat.identity


def decide_request(session: Session, request: Request, seat: Seat, now: Stamp) -> list[AnyBody]:
    """Return the facts of a seat's command, or one Refused; nothing if this identity's command was decided before."""
    if repeats(session, request, seat):
        return []
    command = signed(session, request.command, seat)
    if refusal := request_refused(session, request, seat):
        return [_by_sender(refused(command, refusal), seat)]
    bodies = decide(session, command, now) or [EffectRequested(_effect(command), seat.person)]
    return [_by_sender(body, seat) for body in bodies]


def _by_sender(body: AnyBody, seat: Seat) -> AnyBody:
    """Return a refusal in the name of its sender, also where a witness was named."""
    return msgspec.structs.replace(body, by=seat.person) if isinstance(body, Refused) else body


def request_refused(session: Session, request: Request, seat: Seat) -> Refusal | None:
    """Return why this seat's command is refused, whatever it would change: who sends it, when, and what they saw."""
    command = signed(session, request.command, seat)
    return _unusable(session, request) or not_allowed(session, command, seat) or outdated(session, command, request.saw)


def signed(session: Session, command: commands.AnyCommand, seat: Seat) -> commands.AnyCommand:
    """Return the command in the name of the seat's person, whatever name it contains.

    Only at the driver's own terminal a second name may be entered that agrees: it is recorded as witnessed.
    """
    match command:
        case commands.MarkItem(witnessed=True) | commands.AcknowledgeHandover(witnessed=True):
            agrees = isinstance(command, commands.AcknowledgeHandover) or command.mark is Mark.VERIFY
            if seat.via is Via.TERMINAL and agrees:
                return command
            return msgspec.structs.replace(command, by=seat.person, witnessed=False)
        case commands.Vote(role=""):
            return msgspec.structs.replace(command, by=seat.person, role=own_role(session, seat.person))
    return msgspec.structs.replace(command, by=seat.person)


def not_allowed(session: Session, command: commands.AnyCommand, seat: Seat) -> Refusal | None:
    """Return why this seat may not send this command: its right, the controls, or the role of a vote."""
    if not seat.acts:
        return Refusal(Code.VIEWER_ONLY, by=seat.person)
    if needs_controls(command) and not (session.controls and same(session.controls, seat.person)):
        return Refusal(Code.CONTROLS_NEEDED, by=session.controls)
    match command:
        case commands.LeaveSession() if seat.via is not Via.TERMINAL:
            return Refusal(Code.NOT_DRIVER)
        case commands.Vote():
            return vote_refused(session, command)
    return None


def _unusable(session: Session, request: Request) -> Refusal | None:
    """Return why a request cannot be decided at all: its id, its age, or the end of the session."""
    if not request.valid:
        return Refusal(Code.INVALID_ID)
    if request.id in session.command_ids:
        return Refusal(Code.ID_TAKEN)
    if request.saw < session.forgotten_seq:
        # Whether it was decided before is not known any more.
        return Refusal(Code.TOO_OLD, count=request.saw)
    return Refusal(Code.SESSION_ENDED, text=session.closed.outcome) if session.closed is not None else None


def _effect(command: commands.AnyCommand) -> str:
    match command:
        case commands.SenseNow(signals=signals):
            return f"poll {', '.join(signals) or 'all signals'} now"
        case commands.ReadLog(entry=entry):
            return f"read the log of {entry}"
        case commands.StopStep(step=step):
            return f"stop {step}"
    return type(command).__name__
