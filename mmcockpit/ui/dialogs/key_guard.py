"""Ignores keys right after a dialog opens: they were typed before the operator saw it."""

from collections.abc import Callable

DEAF_S = 0.5
"""Seconds after opening in which keys are ignored."""


class Unseen:
    """True until the operator can have read what was opened; `clock` gives seconds in real time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = 0.0
        self.begin()

    def begin(self) -> None:
        """Start the time again: the text has changed."""
        self._until = self._clock() + DEAF_S

    def __bool__(self) -> bool:
        return self._clock() < self._until
