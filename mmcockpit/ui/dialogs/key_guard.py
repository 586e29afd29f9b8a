"""What was opened just now: keys of the burst that opened it were typed before anybody saw it."""

from collections.abc import Callable

DEAF_S = 0.5
"""Seconds after a question was put in which no key answers it."""


class Unseen:
    """True until somebody can have read what was put on the screen; `clock` gives session seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = 0.0
        self.begin()

    def begin(self) -> None:
        """Count from here: there is something else to be read."""
        self._until = self._clock() + DEAF_S

    def __bool__(self) -> bool:
        return self._clock() < self._until
