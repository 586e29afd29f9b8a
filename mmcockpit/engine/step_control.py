"""What another thread may do with the running step when the cockpit is left without its operator."""

from collections.abc import Callable

from mmcockpit.engine.steps import Steps

HANG_UP_S = 2.0
"""Longest wait for the engine to take notice of a terminal that is gone."""


class StepControl:
    """Hands orders to the engine's thread; `call` runs a function there."""

    def __init__(self, steps: Steps, call: Callable[..., None]) -> None:
        self._steps = steps
        self._call = call

    def hang_up(self, because: str) -> None:
        """Start no step any more, as nobody sees it; a running one goes on. Returns once that holds."""
        self._call(self._steps.hang_up, because)
        self._steps.hung_up.wait(HANG_UP_S)

    def interrupt(self, because: str) -> None:
        """End the running step with the cockpit."""
        self._call(self._steps.interrupt, because)

    def wait(self, within_s: float) -> bool:
        """Wait until no command of a step runs; return whether that is so."""
        return self._steps.idle.wait(within_s)
