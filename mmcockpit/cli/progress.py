"""How far a long reading is, told in one line of the terminal."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mmcockpit.journal.reader import Progress, untold

AFTER_S = 1.0
"""What takes less is not told of."""

EVERY_S = 0.2


@contextmanager
def told(what: str) -> Iterator[Progress]:
    """Give the function that is to hear how far `what` is; the line is gone again at the end.

    Nothing is told where standard error is no terminal. In the frame of `splash` it takes the place of the last line.
    """
    last = began = time.monotonic()

    def tell(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= (AFTER_S if last == began else EVERY_S):
            last = now
            os.write(2, f"\r {what} … {share:.0%}\x1b[K".encode())

    try:
        yield tell if os.isatty(2) else untold
    finally:
        if last != began:
            os.write(2, b"\r\x1b[K")
