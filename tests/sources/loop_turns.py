"""How long one turn of the event loop takes while a probe reads."""

import asyncio
import time
from typing import Any

BLOCKED_S = 0.05
"""Processor time that one turn of the loop may take."""


async def longest_turn(asking: "asyncio.Task[Any]") -> float:
    """Return the most processor time that this thread spent in one turn of its loop until the task was done."""
    longest, before = 0.0, time.thread_time()
    while not asking.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, before = max(longest, now - before), now
    return longest
