"""Threads for sources whose client library has no asyncio support; at exit the program does not wait for them."""

import asyncio
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")

IDLE_S = 20.0
"""Seconds after which a thread without a job ends."""


class _Jobs:
    """What the threads of one object do next, in order (None ends one of them), and how many threads wait for it."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._free = 0

    def put(self, job: Callable[[], object]) -> bool:
        """Add a job; return whether it needs another thread."""
        self.queue.put(job)
        with self._lock:
            if not self._free:
                return True
            self._free -= 1
            return False

    def done(self) -> None:
        """Note that a thread has ended its job."""
        with self._lock:
            self._free += 1

    def leave(self) -> bool:
        """Return whether a thread that has waited for long may end; else a job is on its way to it."""
        with self._lock:
            if not self._free:
                return False
            self._free -= 1
            return True

    def end(self, threads: int) -> None:
        """End all threads."""
        for _ in range(threads):
            self.queue.put(None)


class Workers:
    """Runs blocking calls, at most `size` at once, in daemon threads that wait for the next one for a while.

    Not a ThreadPoolExecutor: the interpreter joins its threads at exit, and one may hang on a name server that does not
    respond. The threads end with the object.
    """

    def __init__(self, name: str, size: int = 8) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(size)
        self._jobs = _Jobs()
        weakref.finalize(self, self._jobs.end, size).atexit = False

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
        jobs = self._jobs

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
            jobs.done()
            # The loop may have closed meanwhile: then nothing waits for the result.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, failed)

        context = copy_context()
        if jobs.put(lambda: context.run(work)):
            threading.Thread(target=_serve, args=(jobs,), name=self._name, daemon=True).start()
        return done


def _serve(jobs: _Jobs) -> None:
    while True:
        try:
            job = jobs.queue.get(timeout=IDLE_S)
        except Empty:
            if jobs.leave():
                return
            continue
        if job is None:
            return
        job()
        # A job that was kept until the next one would keep its caller.
        del job


async def in_thread(job: Callable[[], Result]) -> Result:
    """Run one blocking call in a daemon thread of its own; return what it returns or raise what it raises."""
    return await Workers("blocking", 1).run(job)
