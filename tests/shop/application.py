"""The shop: a catalog, carts in Valkey, orders in PostgreSQL, and metrics by prometheus_client.

Run as `python -m tests.shop.application PORT`, with SHOP_CARTS (a Redis URL) and SHOP_ORDERS (a DSN) in the
environment. POST /faults sets what goes wrong: {"errors": share of requests that fail, "delay_s": seconds added}.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import redis.asyncio as redis
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

HOST = "127.0.0.1"
PRODUCTS = {"tea": 7, "cup": 12, "kettle": 49}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
UNMEASURED = ("/metrics", "/faults")
TABLE = "create table if not exists orders (id bigserial primary key, customer text, total integer)"

REQUESTS = Counter("http_requests", "Requests by route and status", ["method", "route", "status"])
DURATIONS = Histogram("http_request_duration_seconds", "Duration of requests", ["method", "route"], buckets=BUCKETS)
ORDERS = Counter("shop_orders", "Orders by result", ["result"])

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Orders:
    """One connection to the database, opened again once it is lost."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def add(self, customer: str, total: int) -> None:
        """Store an order."""
        async with self._lock:
            connection = await self._open()
            await connection.execute("insert into orders (customer, total) values (%s, %s)", (customer, total))

    async def ping(self) -> None:
        """Return if the database answers."""
        async with self._lock:
            await (await self._open()).execute("select 1")

    async def _open(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.broken or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, connect_timeout=2, application_name="shop"
            )
            await self._connection.execute(TABLE)
        return self._connection


class Shop:
    """The handlers of the shop, and the faults that a test set."""

    def __init__(self, carts: str, orders: str) -> None:
        self._carts: Any = redis.Redis.from_url(carts, decode_responses=True, socket_timeout=2)
        self._orders = Orders(orders)
        self._errors, self._delay_s = 0.0, 0.0

    def application(self) -> web.Application:
        """Return the shop as an aiohttp application."""
        application = web.Application(middlewares=[self._measured])
        application.router.add_get("/catalog", self._catalog)
        application.router.add_get("/cart/{customer}", self._cart)
        application.router.add_post("/cart/{customer}", self._fill)
        application.router.add_post("/checkout/{customer}", self._checkout)
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_post("/faults", self._set_faults)
        return application

    @web.middleware
    async def _measured(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in UNMEASURED:
            return await handler(request)
        route = getattr(request.match_info.route.resource, "canonical", "unknown")
        began = time.perf_counter()
        response = await self._answered(request, handler)
        DURATIONS.labels(request.method, route).observe(time.perf_counter() - began)
        REQUESTS.labels(request.method, route, str(response.status)).inc()
        return response

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(self._delay_s)
        try:
            if random.random() < self._errors:
                return web.json_response({"error": "a fault of the test"}, status=500)
            return await handler(request)
        except web.HTTPException as error:
            return web.json_response({"error": error.reason}, status=error.status)
        except (psycopg.Error, redis.RedisError, OSError) as error:
            return web.json_response({"error": type(error).__name__}, status=500)

    async def _catalog(self, request: web.Request) -> web.Response:
        return web.json_response(PRODUCTS)

    async def _cart(self, request: web.Request) -> web.Response:
        return web.json_response(await self._carts.hgetall(_cart_of(request)))

    async def _fill(self, request: web.Request) -> web.Response:
        product = random.choice(list(PRODUCTS))
        await self._carts.hincrby(_cart_of(request), product, 1)
        return web.json_response({"added": product}, status=201)

    async def _checkout(self, request: web.Request) -> web.Response:
        cart = await self._carts.hgetall(_cart_of(request))
        total = sum(PRODUCTS[product] * int(count) for product, count in cart.items())
        try:
            await self._orders.add(request.match_info["customer"], total)
        except (psycopg.Error, OSError):
            ORDERS.labels("failed").inc()
            raise
        await self._carts.delete(_cart_of(request))
        ORDERS.labels("ok").inc()
        return web.json_response({"total": total}, status=201)

    async def _health(self, request: web.Request) -> web.Response:
        await self._carts.ping()
        await self._orders.ping()
        return web.json_response({"status": "ok"})

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _set_faults(self, request: web.Request) -> web.Response:
        faults = await request.json()
        self._errors, self._delay_s = float(faults.get("errors", 0)), float(faults.get("delay_s", 0))
        return web.json_response(faults)


def _cart_of(request: web.Request) -> str:
    return f"cart:{request.match_info['customer']}"


if __name__ == "__main__":
    shop = Shop(os.environ["SHOP_CARTS"], os.environ["SHOP_ORDERS"])
    web.run_app(shop.application(), host=HOST, port=int(sys.argv[1]), print=None, access_log=None)
