"""TCP links on loopback that can be delayed, frozen and cut: an asyncio proxy in a thread of its own.

Each `Link` forwards its own port to a `target` port, which may change while it is open. All links of one `Links` share
one thread. Every method of a link may be called from any thread, and has taken effect when it returns.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from mmcockpit.simulator.servers.process import HOST, free_port

CHUNK = 65_536
CALL_S = 30.0
"""Longest wait for the thread of the links."""


class Links:
    """Links that share one thread; a context."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="links", daemon=True)
        self._links: list[Link] = []

    def link(self, target: int) -> "Link":
        """Open a link to a port of this machine."""
        link = Link(target, self.call)
        self.call(link.listen())
        self._links.append(link)
        return link

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the thread of the links, and wait for its end."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for link in self._links:
            link.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        rest = asyncio.all_tasks(self._loop)
        for task in rest:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        self._loop.close()


class Link:
    """One port that leads to another; `connections` counts those that were accepted.

    While frozen, connections stay open and new ones are accepted, but no byte arrives. While cut, there is no
    connection, and none is accepted.
    """

    def __init__(self, target: int, call: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self.port, self.target = free_port(), target
        self.connections = 0
        self._call = call
        self._delay_s = 0.0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._requests, self._replies = asyncio.Event(), asyncio.Event()

    def delay(self, seconds: float) -> None:
        """Deliver every chunk later by some seconds, in both directions."""
        self._delay_s = seconds

    def freeze(self, *, requests: bool = True, replies: bool = True) -> None:
        """Deliver nothing from now on: to the server (`requests`), to the client (`replies`), or to both."""
        self._call(self._flow(not requests, not replies))

    def cut(self) -> None:
        """Reset all connections and refuse new ones."""
        self._call(self._cut())

    def mend(self) -> None:
        """Deliver everything at once again, and accept connections."""
        self._delay_s = 0.0
        self._call(self._mend())

    def lead_to(self, target: int) -> None:
        """Lead new connections to another port, and reset those to the earlier one."""
        self.target = target
        self._call(self._reset())

    async def listen(self) -> None:
        """Accept connections; called by `Links`."""
        self._requests.set()
        self._replies.set()
        listener = socket.create_server((HOST, self.port))
        self._server = await asyncio.start_server(self._accepted, sock=listener)

    async def _flow(self, requests: bool, replies: bool) -> None:
        for event, flows in ((self._requests, requests), (self._replies, replies)):
            (event.set if flows else event.clear)()

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset()

    async def _mend(self) -> None:
        await self._flow(True, True)
        if self._server is None:
            await self.listen()

    async def _reset(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self._requests.wait()
            with contextlib.suppress(OSError):
                far_reader, far = await asyncio.open_connection(HOST, self.target)
                self._open.add(far)
                try:
                    await self._exchange((reader, far), (far_reader, writer))
                finally:
                    self._open.discard(far)
                    far.transport.abort()
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _exchange(
        self,
        up: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        down: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        pumps = [
            asyncio.create_task(self._pump(*up, self._requests)),
            asyncio.create_task(self._pump(*down, self._replies)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, flows: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                await flows.wait()
                target.write(data)
                await target.drain()
        # The end of a connection does not arrive either while the link is frozen.
        await flows.wait()
