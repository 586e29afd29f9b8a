"""A seat's connection to the driver by way of the store: reads lines by number, and puts commands into the inbox."""

import asyncio
import os
import queue
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

import msgspec

from mmcockpit import __version__
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import Opened
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.seat import Right, Seat, Sharing, Via
from mmcockpit.journal.codec import ROOT, UnreadableLine, base_of, decode
from mmcockpit.share.lines import Lines
from mmcockpit.share.local_copy import before
from mmcockpit.share.postgres.chain import StoredChain
from mmcockpit.share.postgres.driver_time import DriverTime
from mmcockpit.share.postgres.identity import VIEWER_PROGRAM, seat_of
from mmcockpit.share.postgres.records import StoreAway, StoredSession, StoreError, StoreLogin, StoreRefused
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.requests import encode
from mmcockpit.share.seat_link import Settled, Sign

POLL_S = 1.0
"""Seconds between two looks at the store, where no notification arrives."""

TOUCH_S = 3.0
"""Seconds between two signs of life of this seat."""

RETRY_S = 1.0
"""Seconds until the next attempt after the store could not be reached."""

CLOSE_S = 3.0
"""Seconds that the store has to take note that this seat leaves."""

MOST_WAITING = 8
"""Deliveries that wait to be taken; then no more are read."""


class StoreLink:
    """The link of a seat elsewhere; a thread of its own talks to the store. Close it after use.

    `cannot` is why this machine could not take the session over, empty if it could; `view` joins as a viewer. A store
    that went back in a failover is waited for; if it then has other facts than this seat has shown, `restarts` counts
    that, and its lines begin again.
    """

    def __init__(
        self, store: Callable[[], SharedStore], id: str, viewer: Clock, view: bool = False,
        cannot: Callable[[Opened], str] = lambda opened: "",
    ) -> None:  # fmt: skip
        self.id = id
        self._sharing = Sharing(Seat(f"db:{id}", "", "", via=Via.DATABASE), takeover="not checked yet")
        self._time = DriverTime(viewer)
        self.gone: Stamp | None = None
        self.latest = 1
        self.restarts = 0
        self.lost = ""
        self.connection = 0
        self._open, self._viewer, self._view, self._cannot = store, viewer, view, cannot
        self._seat = uuid4().hex[:12]
        self._lines: queue.Queue[Lines] = queue.Queue(MOST_WAITING)
        self._requests: deque[Request] = deque()
        self._unsettled: dict[str, Request] = {}
        self._settled: deque[Settled] = deque()
        self._number, self._head = 0, ROOT
        self._base: int | None = None
        self._left = self._back = self._looked = False
        self._connections = 0
        self._touched_at = self._looked_at = float("-inf")
        self._loop = asyncio.new_event_loop()
        self._stirred = asyncio.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="shared session", daemon=True)
        self._thread.start()

    @property
    def sharing(self) -> Sharing:
        """How this seat takes part in the session."""
        return msgspec.structs.replace(self._sharing, silent_s=self._time.silent_s)

    @property
    def sign(self) -> Sign | None:
        """The driver's present time; None before the first fact."""
        return self._time.sign

    def take(self, wait_s: float = 0.0) -> Sequence[Lines]:
        """Return the lines that were received since the last call, in order; wait up to `wait_s` for the first."""
        taken: list[Lines] = []
        waits = self._lines.full()
        with suppress(queue.Empty):
            taken.append(self._lines.get(wait_s > 0, wait_s or None))
            while True:
                taken.append(self._lines.get_nowait())
        if waits:
            self._stir()
        return taken

    def submit(self, request: Request) -> None:
        """Put a request into the inbox; one that is sent twice is decided once."""
        self._requests.append(request)
        self._stir()

    def settled(self) -> Sequence[Settled]:
        """Return the requests whose outcome is known since the last call."""
        done = []
        while self._settled:
            done.append(self._settled.popleft())
        return done

    def close(self) -> None:
        """Leave the session."""
        self._closing = True
        self._stir()
        self._thread.join(CLOSE_S)

    def _stir(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stirred.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._attend())
        finally:
            self._loop.close()

    async def _attend(self) -> None:
        self._store = self._open()
        self._chain = StoredChain(self._store, self.id)
        self._checking: asyncio.Task[None] | None = None
        while not (self._closing or self.lost):
            try:
                await self._serve()
            except StoreError as error:
                self._away(error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), RETRY_S)
        with suppress(StoreError, TimeoutError):
            await asyncio.wait_for(self._store.remove_seat(self.id, self._seat), CLOSE_S)
        await self._store.close()
        if self._checking is not None:
            self._checking.cancel()

    async def _check(self, opened: Opened) -> None:
        self._share(takeover=await asyncio.to_thread(self._cannot, opened))

    def _away(self, error: StoreError) -> None:
        self.connection = 0
        self._touched_at = float("-inf")
        if isinstance(error, StoreAway) or self._number:
            self._share(away=str(error))
        else:
            self.lost = str(error)

    async def _serve(self) -> None:
        login = await self._store.login()
        if self._sharing.seat.identity == "":
            self._introduce(login, None)
        self._connections += 1
        self.connection = self._connections
        # What was sent over the connection before may not have arrived: the feed submits it again.
        self._unsettled.clear()
        news: asyncio.Task[None] | None = None
        try:
            while not (self._closing or self.lost):
                news = news or asyncio.create_task(self._store.news(self.id, POLL_S))
                await self._turn(login)
                stirred = asyncio.create_task(self._stirred.wait())
                await asyncio.wait({news, stirred}, return_when=asyncio.FIRST_COMPLETED)
                stirred.cancel()
                self._stirred.clear()
                news = None if news.done() else news
        finally:
            if news is not None:
                news.cancel()

    async def _turn(self, login: StoreLogin) -> None:
        """Send, read and look once."""
        await self._send()
        await self._read(login)
        now = self._now()
        if now - self._looked_at >= POLL_S * 0.8:
            stored = await self._store.session(self.id)
            if stored is None:
                raise StoreRefused(f"the store has no session {self.id}; `mmcockpit sessions --shared` lists them")
            self._look(stored)
            self._looked_at = now
            await self._ask()
        if now - self._touched_at >= TOUCH_S:
            program = VIEWER_PROGRAM if self._view else f"mmcockpit {__version__}"
            who = (socket.gethostname(), str(os.getpid()), program, self._sharing.takeover)
            await self._store.put_seat(self.id, self._seat, *who)
            self._touched_at = now
        self._share(away=self._behind)

    async def _send(self) -> None:
        while self._requests:
            request = self._requests[0]
            try:
                await self._store.put_command(self.id, request.id, encode(request, self._store.redact).decode(), "")
                self._unsettled[request.id] = request
            except StoreRefused as error:
                self._settled.append(Settled(request.id, f"not sent: {error}"))
            self._requests.popleft()

    async def _ask(self) -> None:
        """Find out which requests were decided without a fact."""
        for id in list(self._unsettled):
            command = await self._store.command(self.id, id)
            if command is not None and command.decided_seq is not None and command.decided_seq <= self._number:
                self._settled.append(Settled(id, command.answer))
                del self._unsettled[id]

    async def _read(self, login: StoreLogin) -> None:
        """Queue what the store has more than this seat; a chain that does not continue ends the link."""
        while not self._lines.full() and (lines := await self._chain.after(self._number)) is not None:
            if self._number and before(lines) != self._head:
                return self._restart()
            if lines.opens:
                self._opening(lines, login)
            self._mark(lines)
            self._lines.put(lines)
            self._number, self._head = lines.last, lines.head
            # Not complete before the lease was read: until then it is not known what more there is, and who drives.
            self.latest = max(self.latest, lines.last + (0 if self._looked else 1))

    def _restart(self) -> None:
        """Begin again from the first line: the store has other facts than those that this seat has shown."""
        with suppress(queue.Empty):
            while True:
                self._lines.get_nowait()
        self._chain = StoredChain(self._store, self.id)
        self._number, self._head = 0, ROOT
        self.restarts += 1
        self._stirred.set()

    def _opening(self, lines: Lines, login: StoreLogin) -> None:
        """Learn from the first line who this seat is, and how fast the session's time passes."""
        try:
            event = decode(lines.data.partition(b"\n")[0])
        except UnreadableLine:
            return
        self._base = base_of(event.stamp)
        if isinstance(event.body, Opened):
            self._time.speed = event.body.speed
            self._introduce(login, event.body)
            if self._checking is None and self._sharing.seat.right is Right.DRIVER:
                self._checking = asyncio.create_task(self._check(event.body))

    def _introduce(self, login: StoreLogin, opened: Opened | None) -> None:
        right = Right.VIEWER.value if self._view else login.right
        people = opened.cockpit.people if opened is not None else ()
        seat = seat_of(login.user, right, self._seat, people, socket.gethostname(), str(os.getpid()))
        if seat.right is Right.DRIVER:
            return self._share(seat=seat)
        chosen = self._view and login.right == Right.DRIVER.value
        viewer = "this seat is a viewer: `mmcockpit join --shared` takes one that can"
        self._share(seat=seat, takeover=viewer if chosen else "your login may not drive this session")

    def _mark(self, lines: Lines) -> None:
        """Take the time of the last line as that of the driver, and whether it left."""
        end = lines.data.rstrip(b"\n").rpartition(b"\n")[2]
        left, came = (lines.data.rfind(b',"%b",' % tag) for tag in (b"OperatorLeft", b"Resumed"))
        with suppress(UnreadableLine):
            stamp = decode(end, self._base).stamp if not lines.opens or b"\n" in lines.data[:-1] else None
            if stamp is not None:
                self._time.received(stamp, another=came >= 0)
        if left >= 0 or came >= 0:
            self._left = left > came

    def _look(self, stored: StoredSession) -> None:
        """Take the lease as the driver's sign of life, and notice a store that went back."""
        self._looked = True
        self.latest = max(stored.last_seq, 1)
        self._back = stored.last_seq < self._number
        if stored.last_seq == self._number and stored.head != self._head:
            self._restart()
        away = stored.left_s <= 0 and (self._left or stored.ended_at is not None)
        self.gone = (self.gone or self._viewer.now()) if away else None
        self._time.seen(None if away else stored.silent_s)

    @property
    def _behind(self) -> str:
        return "the store went back to an earlier state; waiting for its driver" if self._back else ""

    def _share(self, **changes: object) -> None:
        self._sharing = msgspec.structs.replace(self._sharing, **changes)

    def _now(self) -> float:
        return self._loop.time()
