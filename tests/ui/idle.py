"""When the application has done all that a key or a message leads to."""

import asyncio
from time import monotonic

QUIET_TURNS = 2
"""Turns of the loop in which nothing was due, one after the other."""


async def until_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait until nothing but a timer or another thread can wake the loop; a second at the most.

    Textual's own wait takes the process for idle once it used less than a millisecond of the processor in 20 ms of
    sleep: that is 40 ms for each key at least, and on a busy machine a process that is kept waiting looks idle, too.
    """
    loop = asyncio.get_running_loop()
    end = monotonic() + max_sleep
    quiet = 0
    while quiet < QUIET_TURNS and monotonic() < end:
        await asyncio.sleep(0)
        # What is due now or was made due in this turn of the loop, beside this task.
        quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]
