"""A command as it comes from a seat, and whether that seat may give it."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide, refused
from mmcockpit.core.decide.seats import not_allowed
from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.state.session import Session


class Request(msgspec.Struct, frozen=True):
    """A command with an id of its own (32 hex digits), and the number of the last fact that its sender had seen."""

    id: str
    command: commands.AnyCommand
    saw: int = 0


def decide_request(session: Session, request: Request, seat: Seat, now: Stamp) -> list[AnyBody]:
    """Return the facts of a seat's command, or one Refused; nothing if a command with this id was decided before."""
    if request.id in session.command_ids:
        return []
    command = msgspec.structs.replace(request.command, by=seat.person)
    if refusal := not_allowed(session, command, seat, request.saw):
        return [refused(command, refusal)]
    return decide(session, command, now)
