"""An asyncio loop in a thread, for servers that are written for one."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
START_WITHIN_S = 60.0


class Loop:
    """Runs coroutines: `do` waits for the result, `begin` leaves them running until the end."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="servers", daemon=True)
        self._tasks: list[asyncio.Task[Any]] = []

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of a coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_WITHIN_S)

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run."""

        async def begin() -> None:
            self._tasks.append(asyncio.ensure_future(work))

        self.do(begin())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # Connections whose other end is still open: no test waits for a last word.
            for transport in list(self._loop._transports.values()):  # type: ignore[attr-defined]
                transport.abort()
            await asyncio.sleep(0.1)

        self.do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
