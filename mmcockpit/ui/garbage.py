"""Garbage collection of the screen's process: off while the session starts, and full only while no key is pressed."""

import asyncio
import gc
from collections.abc import Callable

STARTING_S = 5.0
"""How long after the first frame nothing is collected: the first polls import their clients meanwhile."""

FULL_S = 15.0
"""Seconds between full collections, if enough was created meanwhile."""

LATEST = 1
"""A full collection that is this often put off by keys is made all the same: it bounds the memory."""

NEVER = 1 << 30
"""More young collections than a session ever has: the interpreter makes no full one by itself."""


class Garbage:
    """Collects garbage in the loop that runs.

    A full collection looks at every object that was not frozen, and stops all threads for 10 to 30 ms meanwhile: longer
    than a key may wait. So it is made while `idle`, not whenever an object too many is created.
    """

    def __init__(self, idle: Callable[[], bool]) -> None:
        self._idle = idle
        self._usual = gc.get_threshold()
        self._timer: asyncio.TimerHandle | None = None
        self._put_off = 0

    def start(self) -> None:
        """Freeze all objects, and collect once the session has started."""
        # Frozen, so that full collections skip what lives until the end. To collect first would block the first keys
        # for longer than a frame, and frees little.
        gc.freeze()
        self._timer = asyncio.get_running_loop().call_later(STARTING_S, self._begin)

    def stop(self) -> None:
        """Leave full collections to the interpreter again."""
        if self._timer is not None:
            self._timer.cancel()
        gc.set_threshold(*self._usual)

    def _begin(self) -> None:
        gc.freeze()
        gc.set_threshold(*self._usual[:2], NEVER)
        gc.enable()
        self._plan()

    def _plan(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(FULL_S, self._full)

    def _full(self) -> None:
        if gc.get_count()[2] > self._usual[2]:
            self._put_off += 1
            if self._idle() or self._put_off > LATEST:
                self._put_off = 0
                gc.collect()
        self._plan()
