"""Shows the progress of a long read in one line of the terminal."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mmcockpit.journal.reader import Progress, no_progress

AFTER_S = 1.0
"""Seconds before progress is shown."""

EVERY_S = 0.2


@contextmanager
def progress_line(what: str) -> Iterator[Progress]:
    """Return a function that shows the progress of `what`; the line is removed at the end.

    Nothing is shown if standard error is not a terminal. After `splash`, the line replaces the last line of its frame.
    """
    last = began = time.monotonic()

    def tell(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= (AFTER_S if last == began else EVERY_S):
            last = now
            os.write(2, f"\r {what} … {share:.0%}\x1b[K".encode())

    try:
        yield tell if os.isatty(2) else no_progress
    finally:
        if last != began:
            os.write(2, b"\r\x1b[K")
