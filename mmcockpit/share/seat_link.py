"""What the feed of a seat needs of its connection to the driver, whatever the connection is: a socket, a database."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.seat import Sharing
from mmcockpit.share.lines import Lines


class Sign(NamedTuple):
    """The driver's last sign of life: its time, and the seat's own time when it was received.

    `not_recording` is why the driver cannot write facts; empty while it can. `pulse` is the last heartbeat of its
    engine, where the sign is not that itself.
    """

    now: Stamp
    received: Stamp
    not_recording: str = ""
    pulse: Stamp | None = None


class Settled(NamedTuple):
    """What became of a request, as far as it is not a recorded fact: `notice` is a line for the person, or empty.

    `refusal` is why it was refused, where the facts that say so cannot be written.
    """

    id: str
    notice: str = ""
    refusal: Refusal | None = None


class SeatLink(Protocol):
    """A connection to the driver of a session; called from one thread only. No call blocks, but for `take` to wait."""

    @property
    def sharing(self) -> Sharing:
        """This seat, and how the session is shared, for the screen."""
        ...

    @property
    def sign(self) -> Sign | None:
        """The driver's last sign of life; None before the first."""
        ...

    @property
    def gone(self) -> Stamp | None:
        """Since when (in the seat's own time) there is no driver; None while there is one, even a silent one."""
        ...

    @property
    def latest(self) -> int:
        """The number of the last fact that the driver is known to have."""
        ...

    @property
    def restarts(self) -> int:
        """How often the driver's record was replaced by another one: the lines begin again from the first."""
        ...

    @property
    def lost(self) -> str:
        """Why this seat gets no more facts, for good; empty otherwise."""
        ...

    @property
    def connection(self) -> int:
        """The number of the connection: on another one, requests without an outcome are submitted again. 0: none."""
        ...

    def take(self, wait_s: float = 0.0) -> Sequence[Lines]:
        """Return the lines that were received since the last call, in order; wait up to `wait_s` for the first."""
        ...

    def submit(self, request: Request) -> None:
        """Send a request over the present connection; one that is sent twice is decided once."""
        ...

    def settled(self) -> Sequence[Settled]:
        """Return the requests whose outcome is known since the last call."""
        ...

    def close(self) -> None:
        """Leave the session."""
        ...
