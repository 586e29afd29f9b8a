"""The shop's site: pages, a health page, and test orders."""

import asyncio

from aiohttp import web

from mmcockpit.simulator.noise import uniform
from mmcockpit.simulator.production import SLOTS, World
from mmcockpit.simulator.prometheus.exposition import text_page
from mmcockpit.simulator.prometheus.series import page_of

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class ShopSite:
    """One slot of the shop, or the service in front of all slots if slot is None."""

    def __init__(self, world: World, slot: int | None = None) -> None:
        self._world, self._slot = world, slot
        self._orders = 0

    def application(self) -> web.Application:
        """Return the site as an aiohttp application."""
        application = web.Application()
        application.router.add_get("/", self._front)
        application.router.add_get("/health", self._health)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_post("/checkout", self._checkout)
        return application

    async def _front(self, request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Shop</title><h1>Shop</h1>\n", content_type="text/html")

    async def _health(self, request: web.Request) -> web.Response:
        up = any(self._world.live(slot, self._now()) for slot in range(SLOTS))
        return web.json_response({"status": "ok" if up else "starting"}, status=200 if up else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        page = page_of("shop", self._world, self._slot or 0, self._now())
        if page is None:
            return web.Response(status=503, text="starting\n")
        return web.Response(body=text_page(page).encode(), headers={"Content-Type": TEXT_FORMAT})

    async def _checkout(self, request: web.Request) -> web.Response:
        """Take a test order; it fails as often as other orders do."""
        self._orders += 1
        await asyncio.sleep(0.05)
        now = self._now()
        if uniform(self._world.seed, "order", self._orders) < self._world.conditions.error_share(now):
            return web.json_response({"error": "payment service failed"}, status=500)
        return web.json_response({"order": f"test-{self._orders:04d}", "state": "accepted"}, status=201)

    def _now(self) -> float:
        return self._world.clock.now()
