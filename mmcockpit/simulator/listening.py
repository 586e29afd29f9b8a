"""HTTP applications on loopback ports that are reserved before anything listens on them."""

import socket
import ssl
from typing import TYPE_CHECKING

from mmcockpit.simulator.ports import HOST as HOST
from mmcockpit.simulator.ports import bound

if TYPE_CHECKING:
    from aiohttp import web


class Site:
    """An HTTP application on a port that is bound from the start; can stop and start again."""

    def __init__(self, scheme: str = "http", host: str = HOST, *, early: bool = False) -> None:
        """Take a port; `early` connections are accepted at once and wait until an application serves them."""
        self._socket: socket.socket | None = bound()
        if early:
            self._socket.listen()
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{scheme}://{host}:{self.port}"
        self._runner: web.AppRunner | None = None

    def release(self) -> int:
        """Release the port for a server of another process."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        return self.port

    async def start(self, application: "web.Application", tls: ssl.SSLContext | None = None) -> None:
        """Listen and serve."""
        from aiohttp import web

        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        listening = self._socket or bound(self.port)
        self._socket = None
        await web.SockSite(self._runner, listening, ssl_context=tls).start()

    async def stop(self) -> None:
        """Refuse new connections and close the open ones."""
        self.release()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
