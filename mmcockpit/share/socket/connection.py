"""The driver's end of one connection: who is there, what they have, what they ask."""

import asyncio
import socket
from typing import Protocol, cast

from mmcockpit.core.model.seat import Seat
from mmcockpit.core.text import plain
from mmcockpit.share.socket.frames import LARGEST_REQUEST, FrameReader, OversizedFrame
from mmcockpit.share.socket.messages import (
    PROTOCOL,
    Ask,
    Farewell,
    FromDriver,
    FromSeat,
    Hello,
    Leave,
    Rejected,
    Welcome,
    framed,
    from_seat,
)
from mmcockpit.share.socket.peer import Peer, peer_of

HELLO_S = 5.0
"""Longest wait for the kernel's word on a peer and for its first message, in seconds."""

STUCK_S = 20.0
"""A seat that takes no bytes for this long is disconnected; once it is back it reads on by number."""

BUFFER = 512 * 1024
"""Bytes that wait for a seat at most; meanwhile no further lines are read for it."""

REQUESTS_A_SECOND = 20
"""Requests of one connection that are decided in a second."""


class Host(Protocol):
    """The server, as a connection knows it."""

    def opened(self, connection: "SeatConnection") -> bool:
        """Take note of a connection; return whether there is room for it."""
        ...

    def welcome(self, connection: "SeatConnection", peer: Peer, hello: Hello) -> Welcome | Rejected:
        """Return the seat of a peer, or why it is not accepted."""
        ...

    def receive(self, seat: Seat, request: bytes) -> FromDriver:
        """Decide a request of a seat; return its outcome."""
        ...

    def more(self, connection: "SeatConnection") -> None:
        """Send the lines that a connection does not have yet, if it can take them."""
        ...

    def gone(self, connection: "SeatConnection") -> None:
        """Take note that a connection was closed."""
        ...


class SeatConnection(asyncio.Protocol):
    """One connection; nothing that it sends is handled until the kernel has identified its peer.

    `number` is the last fact that was sent; `follows` whether it gets facts; `paused` whether too many bytes wait for
    it; `left` whether the seat left by itself.
    """

    def __init__(self, host: Host) -> None:
        self.peer: Peer | None = None
        self.seat: Seat | None = None
        self.number = 0
        self.follows = self.paused = self.left = False
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader(LARGEST_REQUEST)
        self._transport: asyncio.Transport | None = None
        self._identifying: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._second, self._requests = 0.0, 0
        self._counted = False
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the kernel who the peer is, before anything is read from it."""
        self._transport = cast(asyncio.Transport, transport)
        self._counted = self._host.opened(self)
        if not self._counted:
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(BUFFER)
        self._transport.pause_reading()
        self._deadline = self._loop.call_later(HELLO_S, self.cut)
        self._identifying = self._loop.create_task(self._identify(self._transport))

    async def _identify(self, transport: asyncio.Transport) -> None:
        connection = cast(socket.socket, transport.get_extra_info("socket"))
        try:
            # In a thread: the user database may be a server.
            self.peer = await self._loop.run_in_executor(None, peer_of, connection)
        except OSError:
            self.cut()
            return
        if not transport.is_closing():
            early, self._early = self._early, b""
            self.data_received(early)
        if not transport.is_closing():
            transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Handle the messages that are complete now, once the peer is known."""
        if self.peer is None:
            # In Python 3.11.2 a transport reads, although it was paused while its connection was made.
            self._early += data
            if len(self._early) > LARGEST_REQUEST:
                self.cut()
            return
        try:
            for payload in self._frames.take(data):
                message = _decoded(payload)
                if message is None:
                    self.finish(Rejected("not a message of mmcockpit, or one of another version"))
                else:
                    self._take(message)
                if self._transport is None or self._transport.is_closing():
                    return
        except OversizedFrame as error:
            self.finish(Rejected(str(error)))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the server."""
        self._stop_waiting()
        if self._identifying is not None:
            self._identifying.cancel()
        self._transport = None
        if self._counted:
            self._host.gone(self)

    def pause_writing(self) -> None:
        """Stop sending lines; disconnect unless the seat takes some soon."""
        self.paused = True
        self._stop_waiting()
        self._deadline = self._loop.call_later(STUCK_S, self.cut)

    def resume_writing(self) -> None:
        """Send the lines that came meanwhile."""
        self.paused = False
        self._stop_waiting()
        self._host.more(self)

    def write(self, frames: bytes) -> None:
        """Send frames."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames)

    def finish(self, message: Farewell | Rejected) -> None:
        """Send a last message, and close once it was taken."""
        self.write(framed(message))
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Close at once; what was not taken yet is dropped."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, message: FromSeat) -> None:
        match message:
            case Hello() if self.seat is None:
                self._greet(message)
            case Ask(request=request) if self.seat is not None:
                self.write(framed(self._answer(self.seat, request)))
            case Leave() if self.seat is not None:
                self.left = True
                self.cut()
            case _:
                self.finish(Rejected("Hello must be the first message, once"))

    def _greet(self, hello: Hello) -> None:
        assert self.peer is not None, "nothing is read before the peer is known"
        if hello.protocol != PROTOCOL:
            theirs = f"mmcockpit {plain(hello.app, 40)}, protocol {hello.protocol}"
            self.finish(Rejected(f"another version of the program ({theirs}); the driver has protocol {PROTOCOL}"))
            return
        welcome = self._host.welcome(self, self.peer, hello)
        if isinstance(welcome, Rejected):
            self.finish(welcome)
            return
        self._stop_waiting()
        self.seat, self.number, self.follows = welcome.seat, hello.number, not hello.brief
        self.write(framed(welcome))
        self._host.more(self)

    def _answer(self, seat: Seat, request: bytes) -> FromDriver:
        second = self._loop.time() // 1
        self._second, self._requests = second, self._requests + 1 if second == self._second else 1
        if self._requests > REQUESTS_A_SECOND:
            return Rejected(f"more than {REQUESTS_A_SECOND} commands in a second")
        return self._host.receive(seat, request)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _decoded(payload: bytes) -> FromSeat | None:
    try:
        message: FromSeat = from_seat.decode(payload)
    except (ValueError, RecursionError):
        return None
    return message
