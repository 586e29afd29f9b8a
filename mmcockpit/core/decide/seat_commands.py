"""The commands about seats: the controls, approvals, handovers."""

from mmcockpit.core.decide.command_base import Command


class RequestControls(Command, frozen=True):
    """Ask for the controls, or take them if no person has them."""


class GrantControls(Command, frozen=True):
    """Pass the controls to the person `to`."""

    to: str


class TakeControls(Command, frozen=True):
    """Take the controls of a person who has left, for a reason."""

    reason: str


class ApproveStep(Command, frozen=True):
    """Approve exactly this command of a step on this API server for `for_s` seconds, as second person."""

    procedure: str
    step: str
    argv: tuple[str, ...] = ()
    where: str = ""
    for_s: float = 600.0


class PrepareHandover(Command, frozen=True):
    """Hand over to the person `to`."""

    to: str


class AcknowledgeHandover(Command, frozen=True):
    """Acknowledge the handover whose fact has the number `handover`."""

    handover: int
    witnessed: bool = False
