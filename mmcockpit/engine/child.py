"""A command as a process group of its own, without input: what it prints as it comes, and how it ended."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

GRACE_S = 5.0
"""Seconds between asking a group to end (SIGTERM) and killing it; again before a killed one is given up."""

LINGER_S = 0.5
"""How long what a command left running in the background may keep its output open."""

LARGE = 32 * 1024
PAUSE_S = 0.002
"""A command that prints as fast as it can is read in turns: a pause after every large piece."""


class Ended(NamedTuple):
    """How a command ended: `exit` is minus the signal's number where one ended it, None where nothing ran.

    `because` says why it is no ordinary end: never started, timed out, ended by somebody. `left` says that something
    it had left running was killed.
    """

    exit: int | None
    because: str = ""
    left: bool = False


class Child(asyncio.SubprocessProtocol):
    """One command, run once; what it prints goes to `wrote(bytes, whether it is an error)`."""

    def __init__(self, wrote: Callable[[bytes, bool], None]) -> None:
        self._wrote = wrote
        self._transport: asyncio.SubprocessTransport | None = None
        self._exited = asyncio.Event()
        self._closed = asyncio.Event()
        self._over = asyncio.Event()
        self._grace_s = GRACE_S
        self._stopped = ""

    def stop(self, because: str, grace_s: float = GRACE_S) -> None:
        """End the command; it may take `grace_s` seconds to comply."""
        self._stopped, self._grace_s = self._stopped or because, grace_s
        self._over.set()

    async def run(self, argv: tuple[str, ...], folder: Path, env: dict[str, str], timeout: float) -> Ended:
        """Run it to its end, which is its own, or comes by the timeout (seconds) or by `stop`."""
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.subprocess_exec(
                lambda: self,
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=folder,
                env=env,
                # Neither our terminal nor our Ctrl+C, and a group to end as a whole.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return Ended(None, _never_started(argv[0], folder, error))
        because = await self._until_over(timeout)
        if because:
            await self._end()
        left = await self._let_go()
        if not self._exited.is_set():
            because += f", and its process {self._transport.get_pid()} cannot be killed"
        return Ended(self._transport.get_returncode(), because, left)

    async def _until_over(self, timeout: float) -> str:
        """Wait, and return why it has to be ended; nothing where it has ended."""
        try:
            async with asyncio.timeout(timeout):
                await self._over.wait()
        except TimeoutError:
            return "" if self._exited.is_set() else f"timed out after {timeout:g} s"
        return "" if self._exited.is_set() else self._stopped

    async def _end(self) -> None:
        for number, within_s in ((signal.SIGTERM, self._grace_s), (signal.SIGKILL, GRACE_S)):
            self._signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._exited.wait()
                    return

    async def _let_go(self) -> bool:
        """Take the last of the output; kill what holds it open, and return whether there was something."""
        assert self._transport is not None, "only what has started is let go of"
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await self._closed.wait()
        left = not self._closed.is_set()
        if left:
            self._signal(signal.SIGKILL)
        self._transport.close()
        return left

    def _signal(self, number: signal.Signals) -> None:
        assert self._transport is not None, "only what has started gets signals"
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._transport.get_pid(), number)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._wrote(data, fd == 2)
        pipe = self._transport.get_pipe_transport(fd) if self._transport else None
        if len(data) >= LARGE and isinstance(pipe, asyncio.ReadTransport) and pipe.is_reading():
            pipe.pause_reading()
            asyncio.get_running_loop().call_later(PAUSE_S, pipe.resume_reading)

    def process_exited(self) -> None:
        self._exited.set()
        self._over.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._closed.set()


def _never_started(program: str, folder: Path, error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError() if not folder.is_dir():
            return f"its folder {folder} is not there"
        case FileNotFoundError():
            return f"{program}: there is no such program; is it installed?"
        case PermissionError():
            return f"{program}: you may not execute it"
        case OSError():
            return f"{program}: cannot be started: {error.strerror}"
    return f"{program}: cannot be started: {error}"
