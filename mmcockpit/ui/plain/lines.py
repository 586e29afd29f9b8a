"""Lines typed into a terminal or a pipe, read without blocking."""

import os
import select
from collections import deque

MOST = 64 * 1024
"""Bytes of a line; a longer one is cut."""


class TypedLines:
    """Reads lines from a file descriptor."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._partial = b""
        self._lines: deque[str] = deque()
        self._closed = False

    @property
    def ended(self) -> bool:
        """Whether no further line can come."""
        return self._closed and not self._lines

    def next(self, within_s: float) -> str | None:
        """Return the next line; None if none came within this time."""
        if not self._lines:
            self._read(within_s)
        return self._lines.popleft() if self._lines else None

    def drop(self) -> list[str]:
        """Return the lines that have come already, and forget them."""
        self._read(0.0)
        dropped = [*self._lines]
        self._lines.clear()
        return dropped

    def _read(self, within_s: float) -> None:
        if self._closed:
            return
        ready, _, _ = select.select([self._descriptor], [], [], within_s)
        if not ready:
            return
        try:
            data = os.read(self._descriptor, MOST)
        except OSError:
            data = b""
        self._closed = not data
        *lines, self._partial = (self._partial + data).split(b"\n")
        self._partial = self._partial[:MOST]
        if self._closed and self._partial:
            lines.append(self._partial)
        self._lines.extend(line.decode("utf-8", "replace") for line in lines)
