"""Reads the end of a log on request, and follows it for a minute; what has not changed is not recorded again."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from mmcockpit.core.facts.event import AnyBody, LogRead
from mmcockpit.core.model.reading import Probe, ProbeError
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.text import plain
from mmcockpit.engine.cleaned import trouble
from mmcockpit.sources.common.redaction import strike_tokens
from mmcockpit.sources.common.secrets import Secrets

EVERY_S = 5.0
"""Seconds between two reads."""
READS = 12
"""Reads after one request."""
LINE_LIMIT = 400
"""Characters kept of a line."""
SEARCHED = 16 * 1024
"""Characters of a line that are searched for credentials: all that is shown, and the rest of one that begins in it."""


class LogReader:
    """Reads one log at a time; another request replaces the one before."""

    def __init__(
        self, probe: Callable[[Signal], Awaitable[Probe]], publish: Callable[[AnyBody], None], secrets: Secrets
    ) -> None:
        self._probe, self._publish, self._secrets = probe, publish, secrets
        self._following: asyncio.Task[None] | None = None
        self._latest: LogRead | None = None
        self._read_at = -EVERY_S

    def read(self, signal: Signal, entry: str) -> None:
        """Read the log of an entry of a signal's value, at the earliest EVERY_S after its last read, and follow it."""
        same = self._latest is not None and (self._latest.signal, self._latest.entry) == (signal.name, entry)
        loop = asyncio.get_running_loop()
        wait_s = max(0.0, self._read_at + EVERY_S - loop.time()) if same else 0.0
        if not same:
            self._latest = None
        self.stop()
        self._following = asyncio.create_task(self._follow(signal, entry, wait_s), name="log")
        self._following.add_done_callback(partial(self._ended, signal.name, entry))

    def stop(self) -> None:
        """Stop following."""
        if self._following is not None:
            self._following.cancel()

    async def close(self) -> None:
        """Stop following, and wait for the end of a read."""
        self.stop()
        if self._following is not None:
            await asyncio.gather(self._following, return_exceptions=True)

    def _ended(self, signal: str, entry: str, task: "asyncio.Task[None]") -> None:
        """Record a bug, and that there is no log: the panel waits for it."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._publish(trouble(f"log of {signal}", error))
            self._publish(LogRead(signal, entry, failed=f"internal error: {type(error).__name__}"))

    async def _follow(self, signal: Signal, entry: str, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        for number in range(READS):
            self._read_at = asyncio.get_running_loop().time()
            read = await self._once(signal, entry)
            # What was requested is recorded even if it has not changed: the screen shows its age.
            if number == 0 or read != self._latest:
                self._latest = read
                self._publish(read)
            await asyncio.sleep(EVERY_S)

    async def _once(self, signal: Signal, entry: str) -> LogRead:
        # Imported with the first log: the models of arguments must not delay the first frame.
        from mmcockpit.sources.common.contract import HasLogs

        try:
            async with asyncio.timeout(signal.timeout + 1.0):
                probe = await self._probe(signal)
                if not isinstance(probe, HasLogs):
                    return LogRead(signal.name, entry, failed=f"{signal.source}.{signal.probe} has no logs")
                tail = await probe.log(entry)
        except ProbeError as error:
            return LogRead(signal.name, entry, failed=plain(self._secrets.redact(error.message), LINE_LIMIT))
        except TimeoutError:
            return LogRead(signal.name, entry, failed=f"no response within {signal.timeout:g}s")
        lines = tuple(self._cleaned(line) for line in tail.lines)
        return LogRead(signal.name, entry, plain(tail.container, 253), lines, tail.previous)

    def _cleaned(self, line: str) -> str:
        # Redact before cutting: a cut could leave a part of a secret.
        return plain(strike_tokens(self._secrets.redact(line[:SEARCHED])), LINE_LIMIT)
