"""Cancels a call at each of its steps, as an engine that ends and a time limit do."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Any


async def cancelled_at_each_step(
    call: Callable[[], Awaitable[object]], fails: type[Exception], next_one: Callable[[], Awaitable[None]]
) -> int:
    """Cancel a call at each step of the loop, with the response to that step there, and make the next one each time.

    Errors of the call are of the type `fails`. Returns how many steps it has; fails if an error of it was never seen.
    """
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    for steps in count():
        calling = asyncio.ensure_future(call())
        for _ in range(steps):
            await asyncio.sleep(0)
            time.sleep(0.01)  # noqa: ASYNC251 - the loop must not run meanwhile
        ended = calling.done()
        calling.cancel()
        with suppress(asyncio.CancelledError, fails):
            await calling
        await next_one()
        if ended:
            break
    del calling
    gc.collect()
    assert unseen == []
    return steps
