"""Threads for sources whose client library has no asyncio support; at exit the program does not wait for them."""

import asyncio
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
Jobs = SimpleQueue[Callable[[], object] | None]
"""What the threads do next, in order; None ends one of them."""


class Workers:
    """Runs blocking calls, at most `size` at once, in daemon threads that wait for the next one.

    Not a ThreadPoolExecutor: the interpreter joins its threads at exit, and one may hang on a name server that does not
    respond. The threads end with the object.
    """

    def __init__(self, name: str, size: int = 8) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(size)
        self._jobs: Jobs = SimpleQueue()
        self._free = 0
        weakref.finalize(self, _end, self._jobs, size).atexit = False

    async def run(self, job: Callable[[], Result]) -> Result:
        """Wait for a free slot, then return what the job returns or raise what it raises."""
        await self.slot()
        return await self.start(job)

    async def slot(self) -> None:
        """Wait for a free slot, which the next `start` uses."""
        await self._slots.acquire()

    def start(self, job: Callable[[], Result]) -> asyncio.Future[Result]:
        """Run the job in a thread, in the slot waited for; the slot is free again when the job ends.

        A caller that is cancelled leaves the job running.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()

        def settle(result: Result | None, error: BaseException | None) -> None:
            self._free += 1
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

        context = copy_context()
        self._jobs.put(lambda: context.run(work))
        if self._free:
            self._free -= 1
        else:
            threading.Thread(target=_serve, args=(self._jobs,), name=self._name, daemon=True).start()
        return done


def _serve(jobs: Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
        # A job that was kept until the next one would keep its caller.
        del job


def _end(jobs: Jobs, threads: int) -> None:
    for _ in range(threads):
        jobs.put(None)
