"""How long this process could not run on a busy machine, which no limit of the product is about."""

import threading
import time
from types import TracebackType
from typing import Self

TICK_S = 0.02


class StoodStill:
    """Measures while it is entered; `seconds` is how much later than intended its thread woke up, in sum."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="stood still", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            self._over.wait(TICK_S)
            self.seconds += max(0.0, time.monotonic() - began - 2 * TICK_S)
