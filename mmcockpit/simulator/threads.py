"""Blocking calls that a cancelled task waits for."""

import asyncio
from collections.abc import Callable


async def to_the_end(call: Callable[[], object]) -> None:
    """Run a blocking call in a thread; a cancellation takes effect only after the call has returned.

    So nothing is stopped while it is still starting.
    """
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
