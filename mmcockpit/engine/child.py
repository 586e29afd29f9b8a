"""A child process without input: streams its output and reports how it ended and whether it left processes running."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mmcockpit.sources.common.supervised import Supervised

GRACE_S = 5.0
"""Seconds between SIGTERM to a process group and SIGKILL; the same wait again before a killed one is given up."""

LINGER_S = 0.5
"""Seconds for which background processes of a command may keep its output open."""

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

    def stop(self, because: str, grace_s: float = GRACE_S) -> None:
        """End the command; it gets `grace_s` seconds after SIGTERM."""
        self._stopped, self._grace_s = self._stopped or because, grace_s
        self._over.set()

    async def run(self, argv: tuple[str, ...], folder: Path, env: dict[str, str], timeout: float) -> Ended:
        """Run it until it exits, until the timeout (seconds), or until `stop`."""
        process = self._process
        try:
            await process.start(argv, str(folder), env, survives=True)
        except (OSError, ValueError) as error:
            process.release()
            return Ended(None, _never_started(argv[0], folder, error))
        self._began(process.pid, process.started)
        because = await self._until_over(timeout)
        if because:
            await self._end()
        await self._let_go()
        if process.status is None:
            because += f", and its process {process.pid} cannot be killed"
        return Ended(process.status, because, process.left > 0)

    async def _until_over(self, timeout: float) -> str:
        """Wait; return why it has to be ended, or an empty text if it ended on its own."""
        exited = asyncio.ensure_future(self._process.exited.wait())
        stopped = asyncio.ensure_future(self._over.wait())
        await asyncio.wait({exited, stopped}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for waiting in (exited, stopped):
            waiting.cancel()
        if self._process.exited.is_set():
            return ""
        return self._stopped or f"timed out after {timeout:g} s"

    async def _end(self) -> None:
        for order, within_s in ((self._process.terminate, self._grace_s), (self._process.kill, GRACE_S)):
            order()
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._process.exited.wait()
                    return

    async def _let_go(self) -> None:
        """Read the rest of the output; the supervisor kills what the command left running."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await self._process.closed.wait()
        await self._process.end()

    def _printed(self, fd: int, data: bytes) -> None:
        self._wrote(data, fd == 2)
        transport = self._process.transport
        pipe = transport.get_pipe_transport(fd) if transport else None
        if len(data) >= LARGE and isinstance(pipe, asyncio.ReadTransport) and pipe.is_reading():
            pipe.pause_reading()
            asyncio.get_running_loop().call_later(PAUSE_S, pipe.resume_reading)


def _never_started(program: str, folder: Path, error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError() if not folder.is_dir():
            return f"the folder {folder} does not exist"
        case FileNotFoundError():
            return f"{program}: program not found; install it or check PATH"
        case PermissionError():
            return f"{program}: permission denied: not executable"
        case OSError():
            return f"{program}: cannot be started: {error.strerror}"
    return f"{program}: cannot be started: {error}"
