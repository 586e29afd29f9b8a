"""The engine as the driver of a shared session: who caused a fact, who is here, what runs beside it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import msgspec

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.request import WITHOUT_ID, Request, decide_request, repeats, request_refused, signed
from mmcockpit.core.driver import Receipt, SharingService
from mmcockpit.core.facts.event import AnyBody, Event, Refused, SeatJoined, SeatLeft
from mmcockpit.core.model.clock import Clock
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Seat, Sharing
from mmcockpit.core.state.session import Session
from mmcockpit.engine.cleaned import trouble
from mmcockpit.engine.record import Record

MOST_REFUSALS = 60
"""Refused requests of one identity that are recorded in REFUSALS_S seconds; further ones are only answered."""
REFUSALS_S = 60.0


class RequestSender(NamedTuple):
    """A request, and the seat that it came from."""

    request: Request
    seat: Seat


Obey = Callable[[AnyCommand, RequestSender | None], list[AnyBody]]
"""Carries out a command, of a sender or of the only operator of a session that is not shared; returns its facts."""


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
        self.pulse = clock.now()
        self.stop: Callable[[], None] = lambda: None
        self._attended = True
        self._record, self._publish, self._obey = record, publish, obey
        self._waiting: set[asyncio.Future[None]] = set()
        self._recorded: list[AnyBody] | None = None
        self._looking_up: set[str] = set()
        self._refused: dict[str, deque[float]] = {}

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
        """Decide a request of a seat, and record its facts; a repeated one changes nothing."""
        if self.fenced:
            return Receipt(self.session.seq, Refusal(Code.FENCED, by=self.fenced))
        if repeats(self.session, request, seat):
            known = self.session.command_ids[request.id]
            return Receipt(known.seq, known.refusal, repeated=True)
        if request.id in self._looking_up:
            return Receipt(self.session.seq, repeated=True)
        command, sender = signed(self.session, request.command, seat), RequestSender(request, seat)
        if refusal := request_refused(self.session, request, seat):
            if self._may_record(seat):
                self.record(self.decide(command, sender), sender)
            return Receipt(self.session.seq, refusal)
        bodies = self._obey(command, sender)
        if not bodies and not repeats(self.session, request, seat):
            # The sources are polled for the values of a baseline; its facts follow.
            self._looking_up.add(request.id)
        return Receipt(self.session.seq, refusal_of(bodies))

    def submitted(self, command: AnyCommand, saw: int) -> None:
        """Carry out a command of the driver's own screen, which had shown fact `saw`."""
        if self.seat is None:
            self._obey(command, None)
        else:
            self.receive(Request(uuid4().hex, command, saw), self.seat)

    def decide(self, command: AnyCommand, sender: RequestSender | None) -> list[AnyBody]:
        """Return the facts of a command."""
        now = self.clock.now()
        if sender is None:
            return decide(self.session, command, now)
        request = msgspec.structs.replace(sender.request, command=command)
        self._looking_up.discard(request.id)
        return decide_request(self.session, request, sender.seat, now)

    def record(self, bodies: Sequence[AnyBody], sender: RequestSender | None) -> list[AnyBody]:
        """Record the facts of a command with the identity and the command that they result from.

        Return what was recorded: a refusal instead of a fact that cannot be written.
        """
        before, recorded = self.origin, list[AnyBody]()
        self._recorded = recorded
        if sender is not None:
            refusal = refusal_of(bodies)
            named = refusal is None or refusal.code not in WITHOUT_ID
            command_id = sender.request.id if named else ""
            self.origin = msgspec.structs.replace(before, identity=sender.seat.identity, command_id=command_id)
        try:
            for body in bodies:
                self._publish(body)
            return recorded
        finally:
            self.origin, self._recorded = before, None

    def _may_record(self, seat: Seat) -> bool:
        """Return whether one more refusal of an identity is recorded: no seat can fill the journal with them."""
        now = self.clock.now().at
        times = self._refused.setdefault(seat.identity, deque(maxlen=MOST_REFUSALS))
        if len(times) == MOST_REFUSALS and now - times[0] < REFUSALS_S:
            return False
        times.append(now)
        return True

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

    def share(self, behind: int = 0, away: str = "", epoch: int = 0, refused: bool = False) -> None:
        """Set what the shared store has not acknowledged, why it is away or refuses, and the driver's term."""
        assert self.sharing is not None, "a service runs in a shared session"
        self.sharing = msgspec.structs.replace(self.sharing, behind=behind, away=away, refused=refused)
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
        if self._recorded is not None:
            self._recorded.append(event.body)
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


def refusal_of(bodies: Sequence[AnyBody]) -> Refusal | None:
    """Return why a command was refused, from its facts."""
    return next((body.refusal for body in bodies if isinstance(body, Refused)), None)
