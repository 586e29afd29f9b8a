"""One source's share of the schedule."""

import asyncio

from mmcockpit.core.model.cockpit import SourceSpec


class Lane:
    """One source's share of the schedule: concurrency, polls per second, and its failing signals.

    `failing` is set when the scout fails, and cleared by any reading of the source; `faulted` are the signals whose
    last result was a fault, without active ones. `polled` is set after the first poll.
    """

    def __init__(self, spec: SourceSpec, at_once: int) -> None:
        self.slots = asyncio.Semaphore(at_once)
        self.failing = self.polled = False
        self.faulted: set[str] = set()
        self._spacing = 1.0 / spec.budget
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the budget allows one more poll."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = max(self._next, now)
        self._next = due + self._spacing
        if due > now:
            await asyncio.sleep(due - now)
