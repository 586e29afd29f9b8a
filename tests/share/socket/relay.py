"""A relay in front of a driver's socket: passes requests on, and can hold replies back or cut every connection."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmcockpit.share.socket.address import Listening, connected


class Relay:
    """Relays between `address` and a driver; `requests` are all bytes that came from seats."""

    def __init__(self, address: Path, driver: Path) -> None:
        self.address, self._driver = address, driver
        self.requests = b""
        self.holds_replies = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listening = Listening(address)
        self._listening.accepting.setblocking(True)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut every connection."""
        pairs, self._pairs = self._pairs, []
        for each in (each for pair in pairs for each in pair):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        """Stop."""
        with contextlib.suppress(OSError):
            self._listening.accepting.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                seat, _ = self._listening.accepting.accept()
                try:
                    driver = connected(self._driver)
                except OSError:
                    seat.close()
                    continue
                driver.setblocking(True)
                self._pairs.append((seat, driver))
                threading.Thread(target=self._pass, args=(seat, driver, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(driver, seat, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, from_seat: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if from_seat:
                    self.requests += data
                elif self.holds_replies:
                    continue
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(folder: Path, driver: Path) -> Iterator[Relay]:
    """Run a relay to a driver's socket."""
    relay = Relay(folder / f"relay-{os.getpid()}.sock", driver)
    try:
        yield relay
    finally:
        relay.close()
