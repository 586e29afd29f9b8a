"""What a seat and its driver send each other over a socket: msgpack in frames, `Hello` first.

`Hello` and `Rejected` keep their form in every version, so that two programs can tell each other that they differ.
"""

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.seat import Seat
from mmcockpit.share.socket.frames import frame

PROTOCOL = 1
"""Version of everything but `Hello` and `Rejected`; another version is rejected."""


class Hello(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """A seat's first message: `number` is the last fact that it has (0: none), `seat` the id that it had before.

    A `view` only reads. A `brief` one sends commands and is no seat of the session: it gets no facts.
    """

    protocol: int
    app: str = ""
    number: int = 0
    seat: str = ""
    view: bool = False
    brief: bool = False


class Ask(msgspec.Struct, frozen=True, tag=True):
    """A request, as `share.requests` writes it."""

    request: bytes


class Leave(msgspec.Struct, frozen=True, tag=True):
    """A seat leaves."""


class Rejected(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Why the driver, with its `protocol`, does not accept this connection, or this request (`id`), in one line."""

    why: str
    protocol: int = PROTOCOL
    id: str = ""


class Welcome(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The driver's first message: the seat as the driver knows it, and the number of the last fact.

    `same` is set where the seat is the driver's own user, and so has the driver's identity.
    """

    session: str
    seat: Seat
    number: int
    same: bool = False


class Piece(msgspec.Struct, frozen=True, tag=True):
    """Whole lines of the journal, which follow those that were sent before."""

    lines: bytes


class Beat(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Once a second: the driver's time, its engine's last heartbeat, the last fact, and why facts cannot be written."""

    now: Stamp
    pulse: Stamp
    number: int
    not_recording: str = ""


class Outcome(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """A request was decided: the number of the last fact after it, and why it was refused.

    `not_recording` is why its facts cannot be written; `repeated` is set if it had been decided before.
    """

    id: str
    number: int
    refusal: Refusal | None = None
    repeated: bool = False
    not_recording: str = ""


class Farewell(msgspec.Struct, frozen=True, tag=True):
    """The driver's last message, and why."""

    why: str


FromSeat = Hello | Ask | Leave
FromDriver = Rejected | Welcome | Piece | Beat | Outcome | Farewell

_encoder = msgspec.msgpack.Encoder()
from_seat = msgspec.msgpack.Decoder(FromSeat)
from_driver = msgspec.msgpack.Decoder(FromDriver)


def framed(message: FromSeat | FromDriver) -> bytes:
    """Return a message as a frame."""
    return frame(_encoder.encode(message))
