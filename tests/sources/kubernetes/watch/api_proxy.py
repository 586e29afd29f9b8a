"""A proxy in front of a Kubernetes API server that counts requests, and fails as networks and API servers do."""

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml
from aiohttp import web

from mmcockpit.simulator.servers.process import HOST, free_port
from tests.servers.wait import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]

    @property
    def watch(self) -> bool:
        return "watch" in self.query


Answer = tuple[int, bytes]


class ApiProxy:
    """Forwards plain HTTP on loopback to the API server of a kubeconfig.

    `answer` may answer a request instead of the API server. While `frozen`, nothing is forwarded and connections stay
    open. `held_back` sends a watch only when it has ended; `cut_after_s` cuts every response that lasts so long.
    """

    def __init__(self, kubeconfig: Path, folder: Path, context: str = "") -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        (self._cluster,) = (each["cluster"] for each in config["clusters"])
        self.port = free_port()
        config["clusters"][0]["cluster"] = {"server": self.url}
        config["current-context"] = context or config["current-context"]
        self.kubeconfig = folder / f"kubeconfig-{self.port}"
        self.kubeconfig.write_text(json.dumps(config))
        self.lead_to()
        self.requests: list[Asked] = []
        self.answer: Callable[[Asked], Answer | None] = lambda asked: None
        self.held_back = False
        self.cut_after_s: float | None = None
        self.frozen = False
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def watches(self) -> list[Asked]:
        return [asked for asked in self.requests if asked.watch]

    def lists(self, path: str) -> int:
        """Return how often a list was read."""
        return sum(asked.path == path and not asked.watch for asked in self.requests)

    def lead_to(self, url: str = "", token: str = "") -> None:
        """Forward to another API server, with its own token; without an address to the first one again."""
        self._target, self._token = url or self._cluster["server"], token

    def cut(self) -> None:
        """Cut every open connection."""
        self._loop.call_soon_threadsafe(self._cut)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._server = web.Server(self._serve)
        runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        trust = ssl.create_default_context(
            cafile=self._cluster.get("certificate-authority"), cadata=_data(self._cluster)
        )
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust, limit=0), auto_decompress=False
        ) as self._client:
            await runner.setup()
            await web.TCPSite(runner, HOST, self.port).start()
            self._started.set()
            await self._stopping.wait()
            self._cut()
            await runner.cleanup()

    def _cut(self) -> None:
        for connection in list(self._server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = Asked(request.method, request.path, dict(request.query))
        self.requests.append(asked)
        await self._thaw()
        answer = self.answer(asked)
        if answer is not None:
            return web.Response(status=answer[0], body=answer[1], content_type="application/json")
        return await self._forward(request)

    async def _forward(self, request: web.BaseRequest) -> web.StreamResponse:
        url = f"{self._target}{request.path_qs}"
        headers = {name: text for name, text in request.headers.items() if name not in ("Host", "Accept-Encoding")}
        # Only the first server's certificate is known.
        trust: Any = {"ssl": False} if self._token else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            asked = self._client.request(request.method, url, headers=headers, data=await request.read(), **trust)
            async with asked as theirs:
                kept = {name: theirs.headers[name] for name in ("Content-Type", "Date") if name in theirs.headers}
                ours = web.StreamResponse(status=theirs.status, headers=kept)
                return await self._pass_on(request, theirs, ours)
        except (aiohttp.ClientError, ConnectionError):
            _abort(request)
            return web.Response()

    async def _pass_on(
        self, request: web.BaseRequest, theirs: aiohttp.ClientResponse, ours: web.StreamResponse
    ) -> web.StreamResponse:
        held: list[bytes] = []
        await ours.prepare(request)
        try:
            async with asyncio.timeout(self.cut_after_s):
                async for part in theirs.content.iter_any():
                    await self._thaw()
                    if self.held_back and "watch" in request.query:
                        held.append(part)
                    else:
                        await ours.write(part)
        except TimeoutError:
            _abort(request)
            return ours
        await self._thaw()
        for part in held:
            await ours.write(part)
        await ours.write_eof()
        return ours

    async def _thaw(self) -> None:
        while True:
            if not self.frozen:
                return
            await asyncio.sleep(0.02)


def _abort(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()


def _data(cluster: dict[str, Any]) -> str | None:
    data = cluster.get("certificate-authority-data")
    return base64.b64decode(data).decode() if data else None


def status(code: int, reason: str, message: str = "") -> Answer:
    """Return an error of the API."""
    body = {"kind": "Status", "apiVersion": "v1", "message": message or reason, "reason": reason, "code": code}
    return code, json.dumps(body).encode()
