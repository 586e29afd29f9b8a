"""Garbage collection of the screen's process: off while the session starts, as nearly all objects of that time stay."""

import asyncio
import gc

STARTING_S = 5.0
"""How long after the first frame nothing is collected: the first polls import their clients meanwhile."""


def collect_later() -> None:
    """Freeze all objects, and collect garbage once the session has started; in the loop that runs."""
    # Frozen, so that full collections skip what lives until the end. To collect first would block the first keys for
    # longer than a frame, and frees little.
    gc.freeze()
    asyncio.get_running_loop().call_later(STARTING_S, _collect)


def _collect() -> None:
    gc.freeze()
    gc.enable()
