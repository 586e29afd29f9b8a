"""The engine as the driver of a shared session: who caused a fact, who is here, what runs beside it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.request import Request, decide_request
from mmcockpit.core.driver import Receipt, SharingService
from mmcockpit.core.facts.event import AnyBody, Event, Refused, SeatJoined, SeatLeft
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.seat import Seat, Sharing
from mmcockpit.core.state.session import Session
from mmcockpit.engine.cleaned import trouble
from mmcockpit.engine.record import Record

Decide = Callable[[Session, AnyCommand, Stamp], list[AnyBody]]
Obey = Callable[[AnyCommand, Decide], list[AnyBody]]
"""Carries out a command as it is decided; returns its facts."""


class Origin(msgspec.Struct, frozen=True):
    """What the facts that are being recorded result from: an identity and its command, in a term of the driver."""

    identity: str = ""
    command_id: str = ""
    epoch: int = 0


class SessionDriver:
    """Drives a session for its services; every method but `start_as` is called in the engine's loop.

    `seat` is the driver's own seat, None as long as the session is not shared; `services` run beside the engine.
    """

    def __init__(
        self,
        session: Session,
        clock: Clock,
        record: Record,
        publish: Callable[[AnyBody], None],
        obey: Obey,
    ) -> None:
        self.session, self.clock = session, clock
        self.seat: Seat | None = None
        self.services: Sequence[SharingService] = ()
        self.origin = Origin()
        self.sharing: Sharing | None = None
        self.fenced = ""
        self.stop: Callable[[], None] = lambda: None
        self._attended = True
        self._record, self._publish, self._obey = record, publish, obey
        self._waiting: set[asyncio.Future[None]] = set()

    def start_as(
        self, seat: Seat | None, services: Sequence[SharingService], attended: bool = True, epoch: int = 0
    ) -> None:
        """Share the session from this seat through these services; called before the engine starts.

        Without a seat the session is shared once a service lets the first one join. The seat of a driver that is not
        `attended` joins never: there is no person. `epoch` is the driver's term, 0 outside of a store.
        """
        self.origin = Origin(epoch=epoch)
        self._attended = attended
        self.seat, self.services, self.sharing = seat, services, Sharing(seat) if seat is not None else None

    @property
    def journal(self) -> Path:
        """The file that is being written."""
        return self._record.path

    @property
    def not_recording(self) -> str:
        """Why facts cannot be written to the journal; empty while they can."""
        return self._record.failing

    def attend(self, seat: Seat) -> None:
        """Share the session from the driver's own seat, which joins it; nothing if the session is shared already."""
        if self.seat is None:
            self.seat, self.sharing = seat, Sharing(seat)
            self._join(seat)

    def receive(self, request: Request, seat: Seat) -> Receipt:
        """Decide a request of a seat, and record its facts."""
        if request.id in self.session.command_ids:
            return Receipt(self.session.command_ids[request.id], repeated=True)
        before = self.origin

        def decided(session: Session, _: AnyCommand, now: Stamp) -> list[AnyBody]:
            # Only now: what time alone changed before does not result from the request.
            self.origin = msgspec.structs.replace(before, identity=seat.identity, command_id=request.id)
            return decide_request(session, request, seat, now)

        try:
            bodies = self._obey(msgspec.structs.replace(request.command, by=seat.person), decided)
        finally:
            self.origin = msgspec.structs.replace(before, epoch=self.origin.epoch)
        return Receipt(self.session.seq, _refusal(bodies))

    def submitted(self, command: AnyCommand) -> None:
        """Carry out a command of the driver's own screen."""
        if self.seat is None:
            self._obey(command, decide)
        else:
            self.receive(Request(uuid4().hex, command, self.session.seq), self.seat)

    async def serve(self) -> None:
        """Join from the driver's own seat, and run all services; one that breaks is recorded, the others continue."""
        if self.seat is not None:
            self._join(self.seat)
        # With exceptions as results, a cancelled one waits until all have finished.
        await asyncio.gather(*map(self._serve, self.services), return_exceptions=True)

    async def _serve(self, service: SharingService) -> None:
        # A bug in a service must not stop the session.
        try:
            await service.run(self)
        except Exception as error:  # noqa: BLE001
            self._publish(trouble("sharing", error))

    def _join(self, seat: Seat) -> None:
        if self._attended:
            self.joined(seat)

    def joined(self, seat: Seat) -> None:
        """Record that a seat joined."""
        self._publish(SeatJoined(seat))

    def left(self, seat: str, because: str = "") -> None:
        """Record that a seat left."""
        if seat in self.session.seats:
            self._publish(SeatLeft(seat, because, self.session.seats[seat].person))

    def share(self, behind: int = 0, away: str = "", epoch: int = 0) -> None:
        """Set what the shared store has not acknowledged, why it is away, and the driver's term."""
        assert self.sharing is not None, "a service runs in a shared session"
        self.sharing = msgspec.structs.replace(self.sharing, behind=behind, away=away)
        if epoch != self.origin.epoch:
            self.origin = msgspec.structs.replace(self.origin, epoch=epoch)

    def fence(self, by: str) -> None:
        """Stop polling and writing: another driver, `by`, has taken the session over."""
        assert self.sharing is not None, "a service runs in a shared session"
        self.fenced = by
        self.sharing = msgspec.structs.replace(self.sharing, fenced=by)
        self.stop()

    def recorded(self, event: Event) -> None:
        """Wake what waits for facts."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def facts(self, after: int) -> int:
        """Wait until a fact with a number above `after` is in the journal; return the number of the last one."""
        while self.session.seq <= after:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await waiting
            finally:
                self._waiting.discard(waiting)
        return self.session.seq


def _refusal(bodies: Sequence[AnyBody]) -> Refusal | None:
    return next((body.refusal for body in bodies if isinstance(body, Refused)), None)
