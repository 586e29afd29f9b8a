"""Waiting for a state instead of sleeping."""

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""How long a state is waited for: no measure of anything, only the end of a test that would hang."""


def wait_until(reached: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
    """Return as soon as the state is reached; an AssertionError names what did not come in time."""
    deadline = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline, f"not in {within_s:g} s: {what}"
        time.sleep(0.02)
