"""The simulated ModelMuxer behind a door that can be shut, frozen, broken or slowed down."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from enum import StrEnum

from aiohttp import web

from mmcockpit.simulator.listening import Site
from mmcockpit.simulator.modelmuxer import ModelMuxer
from mmcockpit.simulator.production import World
from tests.items.loop import Loop

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
NEVER_S = 600.0


class Mood(StrEnum):
    """What the application does with a request."""

    GOOD = "answers"
    HUNG = "takes the connection and says nothing"
    HALF = "sends its headers and nothing more"
    ERRORS = "answers 500"
    SLOW = "answers after 6 s"


class Application:
    """One address of the simulated application; `mood` may change at any time."""

    def __init__(
        self,
        loop: Loop,
        world: World,
        keys: tuple[str, ...],
        tls: ssl.SSLContext | None = None,
        slot: int | None = None,
    ) -> None:
        self._loop, self._tls = loop, tls
        self._site = Site("https" if tls else "http")
        self._made = ModelMuxer(world, slot, keys=keys)
        self.mood = Mood.GOOD
        self.cache_header = False

    @property
    def port(self) -> int:
        return self._site.port

    @property
    def url(self) -> str:
        return self._site.url

    def start(self) -> None:
        """Listen, on the same port as ever."""
        application = self._made.application()
        application.middlewares.insert(0, self._moody)
        self._loop.do(self._site.start(application, self._tls))

    def stop(self) -> None:
        """Refuse connections."""
        self._loop.do(self._site.stop())

    @web.middleware
    async def _moody(self, request: web.Request, handler: Respond) -> web.StreamResponse:
        mood = self.mood
        if mood is Mood.ERRORS:
            return web.Response(status=500, text="Internal Server Error")
        if mood is Mood.HUNG:
            await asyncio.sleep(NEVER_S)
        if mood is Mood.HALF:
            half = web.StreamResponse(headers={"Content-Length": "100"})
            await half.prepare(request)
            await asyncio.sleep(NEVER_S)
        if mood is Mood.SLOW:
            await asyncio.sleep(6.0)
        return await handler(request)
