"""A client that sends any bytes of a test, without the program's own manners."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from mmcockpit.core.decide.request import Request
from mmcockpit.share.requests import encode
from mmcockpit.share.socket.address import connected
from mmcockpit.share.socket.frames import LARGEST_ANSWER, FrameReader, frame
from mmcockpit.share.socket.messages import PROTOCOL, Ask, FromDriver, FromSeat, Hello, framed, from_driver
from tests.servers.wait import PATIENCE_S, wait_until


class RawSeat:
    """A connection of this process to a driver; `closed` once the driver has closed it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.connection.settimeout(PATIENCE_S / 3)
        self.closed = False
        self._frames = FrameReader(LARGEST_ANSWER)

    def send(self, message: FromSeat) -> None:
        """Send a message."""
        self.connection.sendall(framed(message))

    def send_fields(self, fields: object) -> None:
        """Send any value as a message."""
        self.connection.sendall(frame(msgspec.msgpack.encode(fields)))

    def hello(self, number: int = 0, brief: bool = False) -> None:
        """Send the first message."""
        self.send(Hello(PROTOCOL, "test", number, brief=brief))

    def ask(self, *requests: Request) -> None:
        """Send requests together."""
        self.connection.sendall(b"".join(framed(Ask(encode(request))) for request in requests))

    def first(self, kind: type[FromDriver]) -> FromDriver:
        """Return the next message of a kind; the others before it are dropped."""
        return next(message for message in self.messages() if isinstance(message, kind))

    def messages(self) -> Iterator[FromDriver]:
        """Yield messages until the driver closes the connection."""
        while data := self._received():
            for payload in self._frames.take(data):
                yield from_driver.decode(payload)
        self.closed = True

    def _received(self) -> bytes:
        try:
            return self.connection.recv(65_536)
        except ConnectionResetError:
            return b""


@contextmanager
def raw_seat(address: Path) -> Iterator[RawSeat]:
    """Connect to a driver."""
    found: list[socket.socket] = []

    def accepted() -> bool:
        # The queue of a driver is full until it has accepted the connections in it.
        with suppress(BlockingIOError):
            found.append(connected(address))
        return bool(found)

    wait_until(accepted, "there is room in the driver's queue")
    with found[0] as connection:
        yield RawSeat(connection)
