"""ModelMuxer's own endpoints answer as the application does."""

import json
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from mmcockpit.simulator.certificates import server_context
from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.keys import API_KEY, TEST_KEYS
from mmcockpit.simulator.listening import Site
from mmcockpit.simulator.modelmuxer import PER_MINUTE, ModelMuxer, exporter_pages
from mmcockpit.simulator.production import World

pytestmark = pytest.mark.anyio
KEY = {"Authorization": f"Bearer {API_KEY}"}
CHAT = {"model": "auto", "messages": [{"role": "user", "content": "say ok"}]}


class StoppedClock(WorldClock):
    """A clock that is stopped at ten minutes, in the incident."""

    __slots__ = ()

    def now(self) -> float:
        return 600.0


@asynccontextmanager
async def serving(
    scenario: str = "quiet", slot: int | None = None, probes: bool = True, keys: Iterable[str] = (API_KEY,)
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    world = World(1, scenario, StoppedClock(1_800_000_000.0))
    application = ModelMuxer(world, slot, probes=probes, keys=keys).application()
    async with TestClient(TestServer(application)) as client:
        yield client


async def test_health_is_a_constant_and_refuses_head() -> None:
    async with serving() as client:
        body = await (await client.get("/health")).json()
        assert (body["status"], body["version"]) == ("healthy", "1.0.0")
        assert (await client.head("/health")).status == 405


@pytest.mark.parametrize(("probes", "status"), [(True, 200), (False, 404)])
async def test_probe_paths_exist_only_in_the_repaired_production(probes: bool, status: int) -> None:
    async with serving(probes=probes) as client:
        response = await client.get("/health/ready")
        assert response.status == status
        if status == 404:
            assert await response.json() == {"detail": "Not Found"}


async def test_metrics_are_at_the_prometheus_path_only() -> None:
    async with serving() as client:
        page = await client.get("/metrics/prometheus")
        assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "http_requests_total{" in await page.text()
        assert (await client.get("/metrics")).status == 401
        quoted = await (await client.get("/metrics", headers=KEY)).text()
        assert isinstance(json.loads(quoted), str)


@pytest.mark.parametrize("key", ["", *TEST_KEYS])
async def test_keys_that_are_not_ours_are_refused(key: str) -> None:
    async with serving() as client:
        assert (await client.get("/v1/models", headers={"Authorization": f"Bearer {key}"})).status == 401
        assert (await client.get("/v1/models", headers={"X-API-Key": key})).status == 401


async def test_models_and_providers_have_their_shapes() -> None:
    async with serving() as client:
        models = await (await client.get("/v1/models", headers=KEY)).json()
        assert {"router", "auto"} <= {each["id"] for each in models["data"]}
        providers = await (await client.get("/providers", headers=KEY)).json()
        assert {each["status"] for each in providers["providers"].values()} == {"available"}


async def test_the_sixty_first_call_of_a_minute_is_a_401() -> None:
    async with serving() as client:
        statuses = [(await client.get("/user/stats", headers=KEY)).status for _ in range(PER_MINUTE + 1)]
        assert statuses == [200] * PER_MINUTE + [401]
        assert (await client.get("/health")).status == 200


async def test_a_chat_answers_in_the_shape_of_openai() -> None:
    async with serving() as client:
        response = await client.post("/v1/chat/completions", json=CHAT, headers=KEY)
        body = await response.json()
        assert (response.status, body["object"]) == (200, "chat.completion")
        assert body["choices"][0]["message"]["content"] == "ok"
        assert "router_metadata" in body
        message = await (await client.post("/v1/messages", json=CHAT, headers=KEY)).json()
        assert message["type"] == "message"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"messages": []}', b"{"])
async def test_a_body_that_is_no_chat_is_a_400(body: bytes) -> None:
    async with serving() as client:
        response = await client.post("/v1/chat/completions", data=body, headers=KEY)
        assert response.status == 400
        assert "message" in (await response.json())["error"]


async def test_a_body_over_ten_megabytes_is_a_plain_500() -> None:
    async with serving() as client:
        response = await client.post("/v1/chat/completions", data=BytesIO(b" " * (10 * 1024 * 1024 + 1)), headers=KEY)
        assert (response.status, await response.text()) == (500, "Internal Server Error")


async def test_a_stream_ends_in_done() -> None:
    async with serving() as client:
        response = await client.post("/v1/chat/completions", json={**CHAT, "stream": True}, headers=KEY)
        assert response.headers["Content-Type"] == "text/event-stream"
        assert (await response.text()).endswith("data: [DONE]\n\n")


async def test_a_pod_without_a_process_answers_503() -> None:
    class Down(World):
        def live(self, slot: int, at: float) -> None:
            return None

    application = ModelMuxer(Down(1), 0).application()
    async with TestClient(TestServer(application)) as client:
        assert (await client.get("/metrics/prometheus")).status == 503


async def test_exporters_have_a_page_each() -> None:
    async with TestClient(TestServer(exporter_pages(World(1)))) as client:
        assert "pg_up 1.0" in await (await client.get("/postgresql")).text()
        assert (await client.get("/nothing")).status == 404


async def test_https_is_vouched_for_by_the_authority_it_wrote(tmp_path: Path) -> None:
    site = Site("https", "localhost")
    await site.start(ModelMuxer(World(1)).application(), server_context(tmp_path / "ca.pem"))
    try:
        trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        async with ClientSession() as session, session.get(f"{site.url}/health", ssl=trust) as response:
            assert response.status == 200
    finally:
        await site.stop()


async def test_a_site_can_stop_and_start_again_on_its_port() -> None:
    site = Site()
    url = f"{site.url}/health"
    async with ClientSession() as session:
        for _ in range(2):
            with pytest.raises(OSError):
                await session.get(url)
            await site.start(ModelMuxer(World(1)).application())
            async with session.get(url) as response:
                assert response.status == 200
            await site.stop()
