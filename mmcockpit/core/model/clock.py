"""Stamps, and the clock that makes them."""

from typing import Protocol

import msgspec


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """A point in time: `at` (session seconds) for order, pace and ages; `wall` (Unix seconds, UTC) for display only.

    `at` is monotonic, includes time in which the machine was suspended, and continues after a resume. Both are rounded
    to milliseconds, so that the journal keeps them unchanged.
    """

    at: float
    wall: float


class Clock(Protocol):
    """The only source of stamps of a session."""

    def now(self) -> Stamp:
        """Return the present stamp."""
        ...
