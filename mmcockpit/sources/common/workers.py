"""Threads for sources whose client library has no asyncio support; at exit the program does not wait for them."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


class Workers:
    """Runs blocking calls, at most `size` at once, each in a daemon thread.

    Not a ThreadPoolExecutor: the interpreter joins its threads at exit, and one may hang on a name server that does not
    respond.
    """

    def __init__(self, name: str, size: int = 8) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(size)

    async def run(self, job: Callable[[], Result]) -> Result:
        """Wait for a free slot, then return what the job returns or raise what it raises."""
        await self.slot()
        return await self.start(job)

    async def slot(self) -> None:
        """Wait for a free slot, which the next `start` uses."""
        await self._slots.acquire()

    def start(self, job: Callable[[], Result]) -> asyncio.Future[Result]:
        """Run the job in a thread of its own, in the slot waited for; the slot is free again when the thread ends.

        A caller that is cancelled leaves its thread running.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()

        def settle(result: Result | None, error: BaseException | None) -> None:
            self._slots.release()
            if done.cancelled():
                return
            if error is None:
                done.set_result(result)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

        def work() -> None:
            result, failed = None, None
            try:
                result = job()
            # The caller gets every exception.
            except BaseException as error:  # noqa: BLE001
                failed = error
            # The loop may have closed meanwhile: then nothing waits for the result.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, failed)

        threading.Thread(target=copy_context().run, args=(work,), name=self._name, daemon=True).start()
        return done
