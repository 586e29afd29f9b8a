"""A loop whose clock jumps from one timer to the next, so that hours of polling take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs timers in order without waiting for them; nothing in it may wait for a socket."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Return the seconds since the loop was made."""
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("nothing is left to wait for")
        self._loop.now += max(timeout, 0.0)
        return super().select(0)


VIRTUAL_TIME: tuple[str, dict[str, object]] = ("asyncio", {"loop_factory": VirtualLoop})
"""The backend of the tests of a module with the mark `virtual_time`."""


def run_virtually(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)
