"""ModelMuxer's own HTTP endpoints, with the responses of the application."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from mmcockpit.simulator.conditions import PROVIDERS
from mmcockpit.simulator.keys import API_KEY, BURST_KEY
from mmcockpit.simulator.noise import uniform
from mmcockpit.simulator.production import SLOTS, World
from mmcockpit.simulator.prometheus.api import rfc3339
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.exposition import text_page
from mmcockpit.simulator.prometheus.metrics import application as metrics_of
from mmcockpit.simulator.refusals import AuthFailure, error, refusal

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
PER_MINUTE, PER_HOUR = 60, 1000
MAX_BODY = 10 * 1024 * 1024
PROBES = ("/health/ready", "/health/live", "/health/startup")
Json = Mapping[str, Any]
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ModelMuxer:
    """The application: one slot of the deployment, or the service in front of all slots if slot is None.

    `probes`: serve the probe paths that the upstream application does not have. `keys`: the accepted API keys.
    `providers`: those with a configured key; a chat for another one silently uses the first.
    """

    def __init__(
        self,
        world: World,
        slot: int | None = None,
        *,
        probes: bool = True,
        keys: Iterable[str] = (API_KEY, BURST_KEY),
        providers: Iterable[str] = PROVIDERS,
    ) -> None:
        self.world, self.slot = world, slot
        self._providers = tuple(providers)
        self._probes, self._keys = probes, frozenset(keys)
        self._calls: dict[str, deque[float]] = {}
        self._turn = 0

    def application(self) -> web.Application:
        """Return the endpoints as an aiohttp application."""
        application = web.Application(middlewares=[self._errors], client_max_size=2 * MAX_BODY)
        get = application.router.add_get
        get("/health", self._health, allow_head=False)
        get("/metrics/prometheus", self._metrics)
        get("/metrics", self._keyed(self._quoted_metrics))
        for path in PROBES if self._probes else ():
            get(path, self._probe)
        for path in ("/providers", "/v1/providers"):
            get(path, self._keyed(self._listed))
        get("/v1/models", self._keyed(self._models))
        for path in ("/user/stats", "/v1/analytics/costs", "/v1/analytics/routing", "/v1/analytics/budgets"):
            get(path, self._keyed(self._statistics))
        for path in ("/dashboard/", "/docs"):
            get(path, self._page)
        get("/openapi.json", self._openapi)
        application.router.add_post("/v1/chat/completions", self._keyed(self._chat))
        for path in ("/v1/messages", "/messages"):
            application.router.add_post(path, self._keyed(self._messages))
        return application

    @web.middleware
    async def _errors(self, request: web.Request, handler: Respond) -> web.StreamResponse:
        if self.slot is not None and self.world.live(self.slot, self._now()) is None:
            return web.Response(status=503, text="starting\n")
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.json_response({"detail": "Not Found"}, status=404)
        except web.HTTPMethodNotAllowed as refusal:
            return web.json_response(
                {"detail": "Method Not Allowed"}, status=405, headers={"Allow": refusal.headers["Allow"]}
            )

    def _now(self) -> float:
        return self.world.clock.now()

    def _any_slot(self) -> int:
        """Return the slot that the service picks for a request."""
        if self.slot is not None:
            return self.slot
        self._turn += 1
        up = [slot for slot in range(SLOTS) if self.world.live(slot, self._now())]
        return up[self._turn % len(up)] if up else 0

    def _keyed(self, respond: Respond) -> Respond:
        """Require an API key and apply its rate limits; every refusal is a 401, also that of a rate limit."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not key:
                return refusal(AuthFailure.MISSING)
            if key not in self._keys:
                return refusal(AuthFailure.INVALID)
            now = asyncio.get_running_loop().time()
            calls = self._calls.setdefault(key, deque(maxlen=PER_HOUR))
            minute = calls[-PER_MINUTE] if len(calls) >= PER_MINUTE else now - 60.0
            hour = calls[0] if len(calls) == PER_HOUR else now - 3600.0
            if now - minute < 60.0:
                return refusal(AuthFailure.MINUTE)
            if now - hour < 3600.0:
                return refusal(AuthFailure.HOUR)
            calls.append(now)
            return await respond(request)

        return guarded

    async def _health(self, request: web.Request) -> web.Response:
        """Always healthy, regardless of the state; the version is a constant of the application."""
        return web.json_response({"status": "healthy", "version": "1.0.0", "timestamp": self._stamp()})

    async def _probe(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ready", "timestamp": self._stamp()})

    async def _metrics(self, request: web.Request) -> web.Response:
        families = metrics_of(self.world, self._any_slot(), self._now())
        if families is None:
            return web.Response(status=503, text="starting\n")
        return web.Response(body=text_page(families).encode(), headers={"Content-Type": TEXT_FORMAT})

    async def _quoted_metrics(self, request: web.Request) -> web.Response:
        page = text_page(metrics_of(self.world, self._any_slot(), self._now()) or ())
        return web.Response(text=json.dumps(page))

    async def _listed(self, request: web.Request) -> web.Response:
        providers = {
            name: {"name": name, "models": [PROVIDERS[name].model], "status": "available"} for name in self._providers
        }
        return web.json_response({"providers": providers})

    async def _models(self, request: web.Request) -> web.Response:
        names = {"router": "modelmuxer", "auto": "modelmuxer"}
        names |= {each.model: name for name, each in PROVIDERS.items()}
        created = int(self.world.clock.started)
        pricing = {"input": 0.0005, "output": 0.0015, "unit": "per_1k_tokens"}
        data = [
            {"id": name, "object": "model", "created": created, "owned_by": by, "provider": by, "model": name}
            | {"pricing": pricing}
            for name, by in names.items()
        ]
        return web.json_response({"object": "list", "data": data})

    async def _statistics(self, request: web.Request) -> web.Response:
        return web.json_response({"period": "day", "requests": 0, "cost_usd": 0.0})

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>ModelMuxer</title>", content_type="text/html")

    async def _openapi(self, request: web.Request) -> web.Response:
        return web.json_response({"openapi": "3.1.0", "info": {"title": "ModelMuxer", "version": "1.0.0"}, "paths": {}})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        if isinstance(asked, web.Response):
            return asked
        failed = await self._work()
        stamp = int(self.world.clock.wall(self._now()))
        provider, model = self._routed(asked.get("model"))
        base = {"id": f"chatcmpl-{self._turn:08d}", "created": stamp, "model": model}
        if asked.get("stream") is True:
            return await _stream(request, base, failed)
        if failed:
            return error(502, "All providers failed", "provider_error", "bad_gateway")
        choice = {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
        routed = {"selected_provider": provider, "selected_model": model, "estimated_cost": 0.00001}
        body = {**base, "object": "chat.completion", "choices": [choice], "usage": usage, "router_metadata": routed}
        return web.json_response(body)

    def _routed(self, model: object) -> tuple[str, str]:
        """Return the provider and model for a chat: those requested, or the first provider if that one has no key."""
        provider, _, name = str(model).partition("/")
        if name and provider in self._providers:
            return provider, name
        return self._providers[0], PROVIDERS[self._providers[0]].model

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        if isinstance(asked, web.Response):
            return asked
        if await self._work():
            return error(502, "All providers failed", "provider_error", "bad_gateway")
        return web.json_response(
            {
                "id": f"msg_{self._turn:08d}",
                "type": "message",
                "role": "assistant",
                "model": PROVIDERS["anthropic"].model,
                "content": [{"type": "text", "text": "ok"}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 5, "output_tokens": 1},
            }
        )

    async def _work(self) -> bool:
        """Wait for the latency of a response; return True if the providers fail."""
        slot, now = self._any_slot(), self._now()
        await asyncio.sleep(min(2.0, self.world.conditions.median_ms(slot, now) / 1000.0))
        return uniform(self.world.seed, "chat", self._turn) < self.world.conditions.error_share(now)

    def _stamp(self) -> str:
        return rfc3339(self.world.clock.wall(self._now()))


async def _asked(request: web.Request) -> dict[str, Any] | web.Response:
    """Return the request's body, or the error response for one that is not a chat."""
    raw = await request.read()
    if len(raw) > MAX_BODY:
        return web.Response(status=500, text="Internal Server Error")
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list) or not body["messages"]:
        return error(400, "messages: a non-empty list is required", "invalid_request_error", "bad_request")
    return body


async def _stream(request: web.Request, base: Json, failed: bool) -> web.StreamResponse:
    """Send chunks as server-sent events; a failure is one error chunk with status 200, without the end mark."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    if failed:
        failure = {"error": {"message": "All providers failed", "type": "provider_error", "code": "bad_gateway"}}
        await response.write(f"data: {json.dumps(failure)}\n\n".encode())
        return response
    for delta, finish in (({"role": "assistant", "content": "o"}, None), ({"content": "k"}, None), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {**base, "object": "chat.completion.chunk", "choices": [choice]}
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response


PAGER = "pager"
"""Where the demo's Alertmanager sends notifications: no person is notified."""


def exporter_pages(world: World) -> web.Application:
    """Return the application with the pages of all exporters, each at /<job>, and the pager."""
    application = web.Application()

    async def page(request: web.Request) -> web.Response:
        make = EXPORTERS.get(request.match_info["job"])
        if make is None:
            raise web.HTTPNotFound
        families = make(world, world.clock.now())
        return web.Response(body=text_page(families).encode(), headers={"Content-Type": TEXT_FORMAT})

    async def notified(request: web.Request) -> web.Response:
        return web.Response()

    application.router.add_get("/{job}", page)
    application.router.add_post(f"/{PAGER}", notified)
    return application
