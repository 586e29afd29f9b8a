"""Frames of a stream: four bytes with the length (big-endian), then that many bytes."""

from collections.abc import Iterator

LARGEST_REQUEST = 256 * 1024
"""Largest frame that a driver accepts, in bytes."""

LARGEST_ANSWER = 17 * 1024 * 1024
"""Largest frame that a seat accepts, in bytes: one line of a journal may have 16 MiB."""

_LENGTH = 4


class OversizedFrame(ValueError):
    """Raised for a frame that is longer than the limit: the stream cannot be read any further."""


def frame(payload: bytes) -> bytes:
    """Return a payload as a frame."""
    return len(payload).to_bytes(_LENGTH, "big") + payload


class FrameReader:
    """Cuts received bytes into payloads; keeps at most one incomplete frame of `largest` bytes."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._received = bytearray()

    def take(self, received: bytes) -> Iterator[bytes]:
        """Yield the payloads that are complete now; raises OversizedFrame."""
        self._received += received
        while len(self._received) >= _LENGTH:
            length = int.from_bytes(self._received[:_LENGTH], "big")
            if length > self._largest:
                raise OversizedFrame(f"a frame of {length} bytes; at most {self._largest} are allowed")
            end = _LENGTH + length
            if len(self._received) < end:
                return
            payload = bytes(self._received[_LENGTH:end])
            del self._received[:end]
            yield payload
