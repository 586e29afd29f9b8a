"""The facts about the seats of a session: who is here, who has the controls, who approved what, who handed over."""

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.handover import HandoverPage
from mmcockpit.core.model.seat import Seat


class SeatJoined(Body, frozen=True):
    """A process joined the session."""

    seat: Seat


class SeatLeft(Body, frozen=True):
    """The seat with the id `seat`, of a `person`, left, and why if it was not by itself."""

    seat: str
    because: str = ""
    person: str = ""


class EffectRequested(Body, frozen=True):
    """A person at a seat requested an `effect` that is no fact itself: to poll signals now, to stop a command."""

    effect: str
    by: str


class ControlsRequested(Body, frozen=True):
    """A person asked for the controls."""

    by: str


class ControlsGranted(Body, frozen=True):
    """The controls passed to the person `to`; `reason` is why, where their holder did not grant them."""

    to: str
    by: str
    reason: str = ""


class DriverChanged(Body, frozen=True):
    """Another process became the driver: `by` a person, on `host`, in term `epoch`, for a reason.

    `was` is the earlier driver's host, `silent_s` how long it had been silent, in seconds.
    """

    by: str
    host: str
    epoch: int
    reason: str = ""
    was: str = ""
    silent_s: float = 0.0


class StepApproved(Body, frozen=True):
    """A second person approved exactly this command of a step on this API server, until the session second `until`."""

    procedure: str
    step: str
    argv: tuple[str, ...]
    where: str
    by: str
    role: str = ""
    until: float = 0.0


class HandoverPrepared(Body, frozen=True):
    """A person handed over to another, with what the other has to know."""

    by: str
    to: str
    page: HandoverPage


class HandoverAcknowledged(Body, frozen=True):
    """The receiver acknowledged a handover; `handover` is the number of its fact.

    `witnessed` is set if the name was entered at another person's terminal.
    """

    by: str
    handover: int
    witnessed: bool = False
