"""The driver's server for the seats of its machine: facts out, requests in; a service of the engine."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import NamedTuple

from mmcockpit.core.decide.command import LeaveSession
from mmcockpit.core.driver import Driver
from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError
from mmcockpit.share.identity import Known, known_by_login
from mmcockpit.share.lines import JournalLines
from mmcockpit.share.requests import UnreadableRequest, decode
from mmcockpit.share.socket.address import Listening
from mmcockpit.share.socket.connection import SeatConnection
from mmcockpit.share.socket.messages import Beat, Farewell, FromDriver, Hello, Outcome, Piece, Rejected, Welcome, framed
from mmcockpit.share.socket.peer import Peer

MOST_SEATS = 128
"""Connections at once; those above are closed unread."""

MOST_OF_A_USER = 32
"""Connections of one other user, who so cannot keep the others out."""

BEAT_S = 1.0
"""Seconds between two signs of life."""

BACK_S = 3.0
"""Seconds within which a process whose connection broke is back without having left."""

END_S = 1.0
"""Longest wait until seats have taken the last facts, in seconds."""

_FIRST_S, _EACH_S, _MOST_S = 0.01, 0.001, 0.05
"""Seconds between two deliveries: they grow with the number of seats, so that many cost no more than few."""


class SeatServer:
    """Serves the seats of this machine on these sockets; `own` is the driver's own seat.

    A session whose cockpit file has no `share:` becomes a shared one when the first seat joins.
    """

    def __init__(self, listening: Sequence[Listening], own: Seat) -> None:
        self._listening, self._own = listening, own
        self._connections: set[SeatConnection] = set()
        self._members: dict[str, _Member] = {}
        self._ahead: tuple[int, int, bytes] | None = None
        self._ending = False
        self._open = 0
        self._all_gone, self._any_there = asyncio.Event(), asyncio.Event()

    async def run(self, driver: Driver) -> None:
        """Serve until cancelled; then send the last facts, and remove the sockets."""
        self._driver = driver
        self._loop = loop = asyncio.get_running_loop()
        servers = [
            await loop.create_unix_server(lambda: SeatConnection(self), sock=each.accepting) for each in self._listening
        ]
        with closing(JournalLines(lambda: driver.journal)) as self._lines:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._deliver())
                    tasks.create_task(self._beat())
            finally:
                for server in servers:
                    server.close()
                for each in self._listening:
                    each.close()
                await self._end()

    def opened(self, connection: SeatConnection) -> bool:
        """Take note of a connection; return whether there is room for it."""
        if self._open >= MOST_SEATS:
            return False
        self._open += 1
        return True

    def welcome(self, connection: SeatConnection, peer: Peer, hello: Hello) -> Welcome | Rejected:
        """Return the seat of a peer, or why it is not accepted; one that is back has its earlier seat."""
        mine = peer.uid == os.geteuid()
        theirs = sum(other.peer is not None and other.peer.uid == peer.uid for other in self._connections)
        if not mine and theirs >= MOST_OF_A_USER:
            return Rejected(f"{peer.login} has {MOST_OF_A_USER} seats in this session already; leave one first")
        seat = self._seat(peer, mine, hello.view)
        if not hello.brief:
            if self._driver.seat is None:
                self._driver.attend(self._own)
            seat = self._join(hello.seat, seat, peer.uid, connection)
        self._connections.add(connection)
        self._all_gone.clear()
        self._any_there.set()
        session = self._driver.session
        return Welcome(session.opened.session if session.opened else "", seat, session.seq, mine)

    def receive(self, seat: Seat, request: bytes) -> FromDriver:
        """Decide a request of a seat."""
        try:
            asked = decode(request)
        except UnreadableRequest as error:
            return Rejected(str(error))
        if isinstance(asked.command, LeaveSession):
            return Rejected("only the driver leaves the session; a seat closes its connection", id=asked.id)
        if self._driver.seat is None:
            self._driver.attend(self._own)
        receipt = self._driver.receive(asked, seat)
        return Outcome(asked.id, receipt.seq, receipt.refusal, receipt.repeated, self._driver.not_recording)

    def more(self, connection: SeatConnection) -> None:
        """Send the next lines, unless too many bytes wait for the seat."""
        if not connection.follows or connection.paused:
            return
        try:
            piece = self._piece(connection.number)
        except (OSError, SessionError) as error:
            connection.finish(Farewell(f"the driver cannot read its journal: {plain(str(error), 200)}"))
            return
        if piece is None:
            return
        connection.number, frames = piece
        connection.write(frames)
        if connection.number < self._driver.session.seq:
            self._loop.call_soon(self.more, connection)

    def gone(self, connection: SeatConnection) -> None:
        """Let a seat leave that asked to; one whose connection broke may come back."""
        self._open -= 1
        self._connections.discard(connection)
        if not self._connections:
            self._all_gone.set()
            self._any_there.clear()
        member = self._members.get(connection.seat.id) if connection.seat is not None else None
        if member is not None and member.connection is connection and not self._ending:
            wait_s = 0.0 if connection.left else BACK_S
            leaving = self._loop.call_later(wait_s, self._leave, member.seat.id)
            self._members[member.seat.id] = member._replace(connection=None, leaving=leaving)

    def _seat(self, peer: Peer, mine: bool, view: bool) -> Seat:
        own = self._own
        known = Known(own.person, own.role, Right.OPERATOR) if mine else known_by_login(peer.login, self._people())
        right = Right.VIEWER if view else known.right
        identity = own.identity if mine else peer.identity
        host, number = own.host, secrets.token_hex(6)
        return Seat(number, identity, known.person, known.role, right, Via.SOCKET, host, peer.pid)

    def _people(self) -> tuple[Person, ...]:
        opened = self._driver.session.opened
        return self._driver.session.cockpit.people if opened is not None else ()

    def _join(self, earlier: str, seat: Seat, uid: int, connection: SeatConnection) -> Seat:
        member = self._members.get(earlier)
        if member is None or (member.uid, member.seat.right) != (uid, seat.right):
            self._driver.joined(seat)
            self._members[seat.id] = _Member(seat, uid, connection)
            return seat
        if member.leaving is not None:
            member.leaving.cancel()
        self._members[earlier] = _Member(member.seat, uid, connection)
        if member.connection is not None:
            member.connection.cut()
        return member.seat

    def _leave(self, seat: str) -> None:
        del self._members[seat]
        self._driver.left(seat)

    def _piece(self, number: int) -> tuple[int, bytes] | None:
        """Return the number of the last of the next lines after a fact, and their frame."""
        if self._ahead is not None and self._ahead[0] == number:
            return self._ahead[1:]
        lines = self._lines.after(number) if number else self._lines.opening()
        if lines is None:
            return None
        self._ahead = number, lines.last, framed(Piece(lines.data))
        return self._ahead[1:]

    async def _deliver(self) -> None:
        seen = 0
        while True:
            # Most sessions have no seats: no fact wakes this task in them.
            await self._any_there.wait()
            seen = await self._driver.facts(seen)
            for connection in tuple(self._connections):
                self.more(connection)
            await asyncio.sleep(min(_FIRST_S + _EACH_S * len(self._connections), _MOST_S))

    async def _beat(self) -> None:
        while True:
            await self._any_there.wait()
            await asyncio.sleep(BEAT_S)
            driver = self._driver
            beat = framed(Beat(driver.clock.now(), driver.pulse, driver.session.seq, driver.not_recording))
            for connection in tuple(self._connections):
                if not connection.paused:
                    connection.write(beat)

    async def _end(self) -> None:
        """Send the last facts and close the connections; waits for slow seats only for a moment."""
        self._ending = True
        why = "the session ended" if self._driver.session.closed is not None else "the driver left the session"
        ending = self._loop.time() + END_S
        while self._loop.time() < ending and any(map(self._behind, self._connections)):
            for connection in tuple(self._connections):
                self.more(connection)
            await asyncio.sleep(_FIRST_S)
        for connection in tuple(self._connections):
            connection.finish(Farewell(why))
        if self._connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), END_S)

    def _behind(self, connection: SeatConnection) -> bool:
        with suppress(OSError, SessionError):
            return connection.follows and (connection.paused or self._piece(connection.number) is not None)
        return False


class _Member(NamedTuple):
    """A seat, the user it belongs to, its connection, and when it has left unless it is back."""

    seat: Seat
    uid: int
    connection: SeatConnection | None
    leaving: asyncio.TimerHandle | None = None
