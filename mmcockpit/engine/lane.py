"""One source's share of the schedule."""

import asyncio
from collections import deque

from mmcockpit.core.model.cockpit import SourceSpec

GRACE_S = 1.0
"""Seconds beyond the signal's timeout: probes keep the timeout themselves; this stops one that does not."""
FIRST_GRACE_S = 10.0
"""The same while a source has its first polls: its client is imported meanwhile, which is no time of the server."""


class Lane:
    """One source's share of the schedule: concurrency, polls per second, and its failing signals.

    `failing` is set when the scout fails, and cleared by any reading of the source; `faulted` are the signals whose
    last result was a fault, without active ones. `polled` is set after the first poll.
    """

    def __init__(self, spec: SourceSpec, at_once: int) -> None:
        self.slots = asyncio.Semaphore(at_once)
        self.failing = self.polled = False
        self.faulted: set[str] = set()
        together = max(1, min(at_once, int(spec.budget)))
        self._window_s = together / spec.budget
        self._turns: deque[float] = deque(maxlen=together)
        """When the latest polls began, or will."""

    @property
    def grace_s(self) -> float:
        """How many seconds beyond its signal's timeout a poll may take that begins now."""
        return GRACE_S if self.polled else FIRST_GRACE_S

    async def turn(self) -> None:
        """Wait until the budget allows one more poll; polls that are due together begin together."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = now
        if len(self._turns) == self._turns.maxlen:
            due = max(self._turns[0] + self._window_s, now)
        self._turns.append(due)
        if due > now:
            await asyncio.sleep(due - now)
