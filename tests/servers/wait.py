"""Waiting for a state instead of sleeping."""

import time
from collections.abc import Callable

PATIENCE_S = 120.0
"""How long a state is waited for: no measure of anything, only the end of a test that would hang."""


PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5


def wait_until(reached: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
    """Return as soon as the state is reached; an AssertionError names what did not come in time."""
    deadline = time.monotonic() + within_s
    while True:
        began = time.monotonic()
        if reached():
            return
        now = time.monotonic()
        assert now < deadline, f"not in {within_s:g} s: {what}"
        # A slow check is repeated less often.
        time.sleep(min(max(PAUSE_S, 2 * (now - began)), LONGEST_PAUSE_S))
