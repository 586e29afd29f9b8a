"""Blocking calls in threads: those that a cancelled task waits for, and computations, one after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_COMPUTER = ThreadPoolExecutor(1, "computer")


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


async def computed(call: Callable[..., Any], *given: Any) -> Any:
    """Return the result of a computation, which runs in a thread while the event loop serves others."""
    return await asyncio.get_running_loop().run_in_executor(_COMPUTER, lambda: call(*given))
