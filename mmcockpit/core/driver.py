"""The interface between the engine and what runs beside it, such as the server of a socket or a publisher."""

from pathlib import Path
from typing import Protocol

import msgspec

from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.state.session import Session


class Receipt(msgspec.Struct, frozen=True):
    """What became of a request: the number of the last fact after it, and why it was refused, if it was.

    `repeated` is set if a request with this id had been decided before.
    """

    seq: int
    refusal: Refusal | None = None
    repeated: bool = False


class Driver(Protocol):
    """The engine, as a service knows it; every call comes from the engine's own loop."""

    clock: Clock

    @property
    def session(self) -> Session:
        """The session; only to be read."""
        ...

    @property
    def journal(self) -> Path:
        """The file that is being written."""
        ...

    @property
    def seat(self) -> Seat | None:
        """The driver's own seat; None in a session that is not shared."""
        ...

    @property
    def pulse(self) -> Stamp:
        """The last heartbeat of the engine: old if the engine has stopped by a bug."""
        ...

    @property
    def not_recording(self) -> str:
        """Why facts cannot be written to the journal; empty while they can."""
        ...

    def attend(self, seat: Seat) -> None:
        """Share the session from the driver's own seat, which joins it; nothing if the session is shared already."""
        ...

    def receive(self, request: Request, seat: Seat) -> Receipt:
        """Decide a request of a seat, and record its facts."""
        ...

    def joined(self, seat: Seat) -> None:
        """Record that a seat joined."""
        ...

    def left(self, seat: str, because: str = "") -> None:
        """Record that a seat left."""
        ...

    def share(self, behind: int = 0, away: str = "", epoch: int = 0, refused: bool = False) -> None:
        """Set what the shared store has not acknowledged, why it is away, and the driver's term."""
        ...

    def fence(self, by: str) -> None:
        """Stop polling and writing: another driver, `by`, has taken the session over."""
        ...

    async def facts(self, after: int) -> int:
        """Wait until a fact with a number above `after` is in the journal; return the number of the last one."""
        ...


class SharingService(Protocol):
    """Runs beside the engine until the session ends."""

    async def run(self, driver: Driver) -> None:
        """Run until cancelled; an expected failure is handled inside."""
        ...
