"""The limits of one discovery: requests and seconds, for all sources together."""

import asyncio
from collections.abc import Awaitable
from threading import Lock
from time import monotonic
from typing import TypeVar

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import duration

MOST_REQUESTS = 100
LONGEST_S = 60.0
Result = TypeVar("Result")


class BudgetUsed(ProbeError):
    """Raised instead of a request that the budget does not allow."""

    def __init__(self, what: str) -> None:
        super().__init__(FaultKind.RATE_LIMITED, f"budget used: {what}")


class Budget:
    """Counts every request of every source while it is set by `limited`; any thread may take one."""

    def __init__(self, requests: int = MOST_REQUESTS, seconds: float = LONGEST_S) -> None:
        self._requests, self._seconds = requests, seconds
        self._end = monotonic() + seconds
        self._lock = Lock()
        self.used = 0

    @property
    def is_used(self) -> bool:
        """Whether no request is left."""
        return self.used >= self._requests

    def take(self) -> None:
        """Count one request that is about to be sent; BudgetUsed if there are no more, or no time is left."""
        self.left_s()
        with self._lock:
            if self.is_used:
                raise BudgetUsed(f"{self._requests} requests sent")
            self.used += 1

    def left_s(self) -> float:
        """Return the seconds that are left; BudgetUsed if there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise self._late()
        return left

    async def ask(self, result: Awaitable[Result]) -> Result:
        """Return the result if it comes in the time that is left, else BudgetUsed."""
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(self._end - monotonic(), 0.0)):
                return await result
        except TimeoutError:
            raise self._late() from None

    def _late(self) -> BudgetUsed:
        return BudgetUsed(f"{duration(self._seconds)} are over")
