"""Controls the running step from another thread, for a cockpit that has lost its operator."""

from collections.abc import Callable

from mmcockpit.engine.steps import Steps

HANG_UP_S = 2.0
"""Longest wait, in seconds, until the engine reacts to a lost terminal."""


class StepControl:
    """Passes orders to the engine's thread; `call` runs a function there."""

    def __init__(self, steps: Steps, call: Callable[..., None]) -> None:
        self._steps = steps
        self._call = call

    def hang_up(self, because: str) -> None:
        """Start no more steps, as the terminal is gone; a running one continues. Returns once that is in effect."""
        self._call(self._steps.hang_up, because)
        self._steps.hung_up.wait(HANG_UP_S)

    def interrupt(self, because: str) -> None:
        """End the running step because the cockpit ends."""
        self._call(self._steps.interrupt, because)

    def wait(self, within_s: float) -> bool:
        """Wait until no step's command runs; return whether that is so."""
        return self._steps.idle.wait(within_s)
