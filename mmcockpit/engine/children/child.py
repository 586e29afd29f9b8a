"""A child process without input: streams its output and reports how it ended and whether it left processes running."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mmcockpit.sources.common.supervised import Supervised, first_of, start_failure

GRACE_S = 5.0
"""Seconds between SIGTERM to a process group and SIGKILL; the same wait again before a killed one is given up."""

LARGE = 32 * 1024
PAUSE_S = 0.002
"""Pause after every large piece of output, so that a command that prints without end does not block the loop."""


class Ended(NamedTuple):
    """How a command ended: `exit` is the negative signal number if a signal ended it, None if it never ran.

    `because` is the reason if it did not end on its own: never started, timed out, ended by an operator. `left` is
    whether processes that it had left running were killed.
    """

    exit: int | None
    because: str = ""
    left: bool = False


class Child:
    """One command, run once; its output goes to `wrote(bytes, whether it is stderr)`.

    `began` gets its process ID and its start time (clock ticks since the machine started).
    """

    def __init__(
        self, wrote: Callable[[bytes, bool], None], began: Callable[[int, int], None] = lambda pid, started: None
    ) -> None:
        self._wrote = wrote
        self._began = began
        self._process = Supervised(self._printed)
        self._over = asyncio.Event()
        self._grace_s = GRACE_S
        self._stopped = ""

    @property
    def stopped(self) -> bool:
        """Whether it was ended by `stop`."""
        return bool(self._stopped)

    def stop(self, because: str, grace_s: float = GRACE_S) -> None:
        """End the command; it gets `grace_s` seconds after SIGTERM."""
        self._stopped, self._grace_s = self._stopped or because, grace_s
        self._over.set()

    async def run(self, argv: tuple[str, ...], folder: Path, env: dict[str, str], timeout: float) -> Ended:
        """Run it until it exits, until the timeout (seconds), or until `stop`; not at all after it."""
        if self._stopped:
            return Ended(None, self._stopped)
        process = self._process
        try:
            await process.start(argv, str(folder), env, survives=True)
        except (OSError, ValueError) as error:
            await process.end()
            return Ended(None, f"{argv[0]}: {start_failure(error, str(folder))[1]}")
        self._began(process.pid, process.started)
        because = await self._until_over(timeout)
        if because:
            await self._end()
        await process.linger()
        await process.end()
        if process.status is None:
            because += f", and its process {process.pid} cannot be killed"
        return Ended(process.status, because, process.left > 0)

    async def _until_over(self, timeout: float) -> str:
        """Wait; return why it has to be ended, or an empty text if it ended on its own."""
        await first_of(self._process.exited, self._over, timeout=timeout)
        if self._process.exited.is_set():
            return ""
        return self._stopped or f"timed out after {timeout:g}s"

    async def _end(self) -> None:
        for order, within_s in ((self._process.terminate, self._grace_s), (self._process.kill, GRACE_S)):
            order()
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._process.exited.wait()
                    return

    def _printed(self, fd: int, data: bytes) -> None:
        self._wrote(data, fd == 2)
        transport = self._process.transport
        pipe = transport.get_pipe_transport(fd) if transport else None
        if len(data) >= LARGE and isinstance(pipe, asyncio.ReadTransport) and pipe.is_reading():
            pipe.pause_reading()
            asyncio.get_running_loop().call_later(PAUSE_S, pipe.resume_reading)
