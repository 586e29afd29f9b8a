"""A seat's end of the socket: connects, is identified by the kernel, receives lines, sends requests, connects again.

It has no thread: whoever shows the seat calls `take` often, and no call waits unless it is asked to.
"""

import os
import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mmcockpit import __version__
from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.seat import Seat, Sharing
from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError
from mmcockpit.share.lines import Lines, lines_of
from mmcockpit.share.requests import encode
from mmcockpit.share.seat_link import Settled, Sign
from mmcockpit.share.socket.address import connected
from mmcockpit.share.socket.frames import LARGEST_ANSWER, FrameReader, OversizedFrame
from mmcockpit.share.socket.messages import (
    PROTOCOL,
    Ask,
    Beat,
    Farewell,
    FromDriver,
    FromSeat,
    Hello,
    Leave,
    Outcome,
    Piece,
    Rejected,
    Welcome,
    framed,
    from_driver,
)
from mmcockpit.share.socket.peer import Peer, login_of, peer_of

WELCOME_S = 6.0
"""Longest wait for the driver's welcome, in seconds."""

AGAIN_S = 0.5
"""Seconds between two attempts to connect again."""

MOST_AT_ONCE = 1024 * 1024
"""Bytes that one `take` reads: a frame of the screen stays short while a seat catches up."""

_BLOCK = 128 * 1024
_MOST_UNSENT = 1024 * 1024


class JoinError(SessionError):
    """Why a seat cannot join: what, where, and what to do, in one line; `no_driver` is set if nothing listens."""

    def __init__(self, message: str, no_driver: bool = False) -> None:
        super().__init__(message)
        self.no_driver = no_driver


class SocketLink:
    """A connection to the driver that listens at `address`; raises JoinError.

    `viewer` is this process's own clock. A `view` only reads; a `brief` link only sends requests and gets no facts.
    `driver` is the driver's process as the kernel knows it, `same` whether this seat has the driver's identity.
    """

    def __init__(self, address: Path, viewer: Clock, view: bool = False, brief: bool = False) -> None:
        self.gone: Stamp | None = None
        self.lost = ""
        self.connection = self.restarts = 0
        self.sign: Sign | None = None
        self.latest = 0
        self.same = False
        self.session = ""
        self.outcomes: list[Outcome | Rejected] = []
        self._address, self._viewer, self._view, self._brief = address, viewer, view, brief
        self._socket: socket.socket | None = None
        self._frames = FrameReader(LARGEST_ANSWER)
        self._unsent = bytearray()
        self._number = self._attempts = 0
        self._tried_at = viewer.now().at
        self._seat: Seat | None = None
        self._lines: list[Lines] = []
        self.driver = self._first_connection()
        self._await_welcome()

    @property
    def sharing(self) -> Sharing:
        """This seat, for the screen."""
        assert self._seat is not None, "a link is made once it is welcome"
        return Sharing(self._seat, driver="" if self.driver.uid == os.geteuid() else self.driver.login)

    def take(self, wait_s: float = 0.0) -> Sequence[Lines]:
        """Return the lines that were received; wait up to `wait_s` for some. Connects again where it has to."""
        if self._socket is None:
            self._connect_again()
        if self._socket is not None:
            self._flush()
            if wait_s > 0 and self._socket is not None:
                _wait(self._socket, wait_s)
            self._receive()
        lines, self._lines = self._lines, []
        return lines

    def submit(self, request: Request) -> None:
        """Send a request over the present connection."""
        self._send(Ask(encode(request)))

    def settled(self) -> Sequence[Settled]:
        """Return the outcomes that were received since the last call."""
        outcomes, self.outcomes = self.outcomes, []
        return [_settled(outcome) for outcome in outcomes]

    def close(self) -> None:
        """Leave the session."""
        if self._socket is not None:
            self._send(Leave())
            self._socket.close()
            self._socket = None

    def _first_connection(self) -> Peer:
        try:
            self._socket = connected(self._address)
            return peer_of(self._socket)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            message = f"{self._address}: no driver listens here; `mmcockpit sessions` lists sessions"
            raise JoinError(message, no_driver=True) from None
        except PermissionError:
            mine = login_of(os.geteuid())
            why = f"{mine} may not connect; the session's `share.group` must be a group of {mine}"
            raise JoinError(f"{self._address}: {why}") from None
        except OSError as error:
            raise JoinError(f"{self._address}: cannot connect: {(error.strerror or str(error)).lower()}") from error

    def _await_welcome(self) -> None:
        self._send(self._hello())
        deadline = self._viewer.now().at + WELCOME_S
        while self._seat is None:
            if self._socket is not None:
                _wait(self._socket, WELCOME_S / 10)
                self._receive()
            if self.lost:
                self._drop()
                raise JoinError(f"{self._address}: {self.lost}")
            if self._seat is None and (self._socket is None or self._viewer.now().at > deadline):
                self._drop()
                why = f"the driver did not answer within {WELCOME_S:g} s; try again"
                raise JoinError(f"{self._address}: {why}", no_driver=True)

    def _hello(self) -> Hello:
        seat = self._seat.id if self._seat is not None else ""
        return Hello(PROTOCOL, __version__, self._number, seat, self._view, self._brief)

    def _connect_again(self) -> None:
        now = self._viewer.now()
        if self.lost or now.at - self._tried_at < AGAIN_S:
            return
        self._tried_at = now.at
        try:
            self._socket = connected(self._address)
            peer = peer_of(self._socket)
        except OSError:
            self._drop()
            return
        if peer.uid != self.driver.uid:
            self._drop()
            self.lost = (
                f"another user, {peer.login}, listens at {self._address} now; the driver was {self.driver.login}"
            )
            return
        self.driver = peer
        self._frames = FrameReader(LARGEST_ANSWER)
        self._unsent.clear()
        self._send(self._hello())

    def _drop(self) -> None:
        """Close the connection; without it there is no driver until the next one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.gone = self.gone or self._viewer.now()
        self.connection = 0

    def _send(self, message: FromSeat) -> None:
        if len(self._unsent) < _MOST_UNSENT:
            self._unsent += framed(message)
        self._flush()

    def _flush(self) -> None:
        if self._socket is None or not self._unsent:
            return
        try:
            sent = self._socket.send(self._unsent)
            del self._unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            # What the driver sent before it closed, such as why, is still to be read.
            self._unsent.clear()

    def _receive(self) -> None:
        """Read what has arrived, up to a limit."""
        read = 0
        while self._socket is not None and read < MOST_AT_ONCE:
            try:
                data = self._socket.recv(_BLOCK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._drop()
                return
            read += len(data)
            for message in self._messages(data):
                self._handle(message)

    def _messages(self, data: bytes) -> Iterator[FromDriver]:
        try:
            for payload in self._frames.take(data):
                yield from_driver.decode(payload)
        except (OversizedFrame, ValueError, RecursionError) as error:
            self.lost = f"the driver sent something unreadable: {plain(str(error), 200)}"
            self._drop()

    def _handle(self, message: FromDriver) -> None:
        match message:
            case Welcome():
                self._seat, self.session, self.same = message.seat, plain(message.session, 80), message.same
                self.latest, self.gone = message.number, None
                self._attempts += 1
                self.connection = self._attempts
            case Piece(lines=data):
                with suppress(ValueError):
                    lines = lines_of(data)
                    self._number = max(self._number, lines.last)
                    self._lines.append(lines)
            case Beat(now=now, pulse=pulse, number=number, not_recording=why):
                self.sign, self.latest = Sign(now, self._viewer.now(), why, pulse), number
            case Outcome():
                self.outcomes.append(message)
            case Rejected(id="", why=why) if self.connection == 0:
                self.lost = plain(why, 300)
                self._drop()
            case Rejected():
                self.outcomes.append(message)
            case Farewell():
                self._drop()


def _settled(outcome: Outcome | Rejected) -> Settled:
    if isinstance(outcome, Rejected):
        return Settled(outcome.id, f"not accepted: {plain(outcome.why, 300)}")
    return Settled(outcome.id, refusal=outcome.refusal if outcome.not_recording else None)


def _wait(connection: socket.socket, wait_s: float) -> None:
    """Wait until something has arrived."""
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    waiting.poll(round(wait_s * 1000))
