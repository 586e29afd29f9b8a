"""How long one turn of the event loop takes while a probe reads."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

BLOCKED_S = 0.05
"""Processor time that one turn of the loop may take."""


TRIES = 4
"""A collection of garbage, or work of another thread, may come in between: one answer without it is enough."""


async def least_blocked(ask: Callable[[], Awaitable[Any]], check: Callable[[Any], None]) -> float:
    """Return the longest turn of the try with the shortest one; `check` judges the result of each."""
    turns: list[float] = []
    while len(turns) < TRIES and min(turns, default=BLOCKED_S) >= BLOCKED_S:
        asking = asyncio.ensure_future(ask())
        turns.append(await longest_turn(asking))
        check(asking.result())
    return min(turns)


async def longest_turn(asking: "asyncio.Future[Any]") -> float:
    """Return the most processor time that this thread spent in one turn of its loop until the task was done."""
    longest, before = 0.0, time.thread_time()
    while not asking.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, before = max(longest, now - before), now
    return longest
