"""A lookup in the background, at intervals: it does not delay polls."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any


class Lookup:
    """Starts a lookup when it is due and none is running."""

    def __init__(self) -> None:
        self._due = 0.0
        self._running: asyncio.Task[None] | None = None

    def start(self, look: Callable[[], Coroutine[Any, Any, None]], every_s: float) -> None:
        """Start the lookup if it is due; the next one is due after `every_s`."""
        if monotonic() >= self._due and (self._running is None or self._running.done()):
            self._due = monotonic() + every_s
            self._running = asyncio.create_task(look())

    def hurry(self, within_s: float = 0.0) -> None:
        """Make the next lookup due within this time, unless they have ended."""
        if self._due < inf:
            self._due = min(self._due, monotonic() + within_s)

    def end(self) -> None:
        """Start no further lookup."""
        self._due = inf

    async def close(self) -> None:
        """Cancel the running lookup."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
