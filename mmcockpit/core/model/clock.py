"""When a fact happened, and who may say so."""

from typing import Protocol

import msgspec


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """A moment: `at` orders, paces and ages (session seconds); `wall` is only shown (Unix seconds, UTC).

    `at` is monotonic, counts the time a suspended machine slept and goes on over a resume. Both are rounded to
    milliseconds, so that they survive the journal unchanged.
    """

    at: float
    wall: float


class Clock(Protocol):
    """The one source of stamps of a session."""

    def now(self) -> Stamp:
        """Return this moment."""
        ...
